using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;

namespace Perennial.StandIns.Tests;

public sealed class CredentialsTests : IAsyncLifetime
{
    EchoServer _plain = null!;
    EchoServer _tls = null!;

    public static TheoryData<MethodType> Kinds => EchoCalls.Kinds;

    public async ValueTask InitializeAsync()
    {
        _plain = await EchoServer.StartAsync();
        _tls = await EchoServer.StartAsync(tls: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _tls.DisposeAsync();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Credentials_of_a_channel_go_with_every_call(MethodType kind)
    {
        var client = Secure(ChannelCredentials.Create(ChannelCredentials.SecureSsl, Adds("trail-token", "channel")));

        Assert.Equal("channel", (await client.RunAsync(kind, Options())).Trailers.GetValue("trail-token"));
    }

    [Fact]
    public async Task Credentials_of_a_call_go_with_that_call()
    {
        var client = Secure(ChannelCredentials.SecureSsl);

        Assert.Equal("call", (await client.RunAsync(MethodType.Unary, Options().WithCredentials(Adds("trail-token", "call")))).Trailers.GetValue("trail-token"));
        Assert.Null((await client.RunAsync(MethodType.Unary, Options())).Trailers.Get("trail-token"));
    }

    [Fact]
    public async Task Credentials_can_be_composed_and_keep_their_order()
    {
        var all = CallCredentials.Compose(Adds("trail-first-bin", [1]), CallCredentials.Compose(Adds("trail-second", "2"), Adds("trail-third", "3")));
        var client = Secure(ChannelCredentials.Create(ChannelCredentials.SecureSsl, all));

        var trailers = (await client.RunAsync(MethodType.Unary, Options())).Trailers;

        Assert.Equal(["trail-first-bin", "trail-second", "trail-third"], trailers.Select(entry => entry.Key));
        Assert.Equal([1], trailers.GetValueBytes("trail-first-bin"));
    }

    [Fact]
    public async Task Credentials_know_what_is_called()
    {
        AuthInterceptorContext? asked = null;
        var client = Secure(ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor((context, _) =>
        {
            asked = context;
            return Task.CompletedTask;
        })));

        await client.RunAsync(MethodType.Unary, Options());

        Assert.Equal("Unary", asked!.MethodName);
        Assert.Equal($"https://{_tls.Uri.Authority}/perennial.standins.v1.Echo", asked.ServiceUrl);
    }

    [Fact]
    public async Task Without_tls_credentials_are_sent_only_by_those_who_insist()
    {
        var credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, Adds("trail-token", "clear"));

        Assert.Throws<InvalidOperationException>(() => _plain.Channel(channel => channel.Credentials = credentials));
        var client = new Echo.EchoClient(_plain.Channel(channel => (channel.Credentials, channel.UnsafeUseInsecureChannelCallCredentials) = (credentials, true)));
        Assert.Equal("clear", (await client.RunAsync(MethodType.Unary, Options())).Trailers.GetValue("trail-token"));
    }

    [Fact]
    public async Task Credentials_that_fail_fail_the_call()
    {
        var client = Secure(ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token today"))));

        var error = await Assert.ThrowsAsync<RpcException>(() => client.RunAsync(MethodType.Unary, Options()));

        Assert.Contains("no token today", error.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(_tls.Seen.Calls);
    }

    [Fact]
    public async Task A_server_knows_the_certificate_of_its_caller()
    {
        using var certificate = EchoServer.NewCertificate("till-7");
        var client = Secure(ChannelCredentials.SecureSsl, certificate);

        await client.RunAsync(MethodType.Unary, Options());

        var peer = _tls.Seen.Calls.Single().Peer;
        Assert.True(peer.IsPeerAuthenticated);
        Assert.Equal("x509_common_name", peer.PeerIdentityPropertyName);
        Assert.Equal("till-7", Assert.Single(peer.PeerIdentity).Value);
        Assert.Equal("till-7", Assert.Single(peer.FindPropertiesByName("x509_common_name")).Value);
        Assert.Empty(peer.FindPropertiesByName("nothing"));
    }

    Echo.EchoClient Secure(ChannelCredentials credentials, X509Certificate2? certificate = null) => new(_tls.Channel(channel =>
    {
        channel.Credentials = credentials;
        channel.HttpHandler = new SocketsHttpHandler { SslOptions = Trusting(certificate) };
        channel.DisposeHttpClient = true;
    }));

    // Nobody signed the server's certificate: the test knows it.
    SslClientAuthenticationOptions Trusting(X509Certificate2? own) => new()
    {
        RemoteCertificateValidationCallback = (_, shown, _, _) => _tls.Certificate!.Equals(shown),
        ClientCertificates = own is null ? [] : [own],
    };

    static CallCredentials Adds(string key, string value) => CallCredentials.FromInterceptor((_, metadata) =>
    {
        metadata.Add(key, value);
        return Task.CompletedTask;
    });

    static CallCredentials Adds(string key, byte[] value) => CallCredentials.FromInterceptor(async (_, metadata) =>
    {
        await Task.Yield();
        metadata.Add(key, value);
    });

    static CallOptions Options() => new(cancellationToken: TestContext.Current.CancellationToken);
}
