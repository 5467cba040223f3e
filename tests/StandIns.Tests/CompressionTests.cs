using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Perennial.StandIns.Tests;

public sealed class CompressionTests : IAsyncLifetime
{
    /// <summary>By this header a caller asks the client to compress; it is never sent.</summary>
    const string AskClient = "grpc-internal-encoding-request";

    static readonly string Long = new('x', 10_000);

    EchoServer _plain = null!;
    EchoServer _gzip = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _plain = await EchoServer.StartAsync();
        _gzip = await EchoServer.StartAsync(grpc => (grpc.ResponseCompressionAlgorithm, grpc.ResponseCompressionLevel) = ("gzip", CompressionLevel.Fastest));
    }

    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _gzip.DisposeAsync();
    }

    [Fact]
    public async Task A_request_is_compressed_where_the_caller_asks()
    {
        var (client, tap) = Tapped(_plain);

        var answer = await client.UnaryAsync(new EchoRequest { Text = Long }, Asking("gzip"));

        Assert.Equal(Long, answer.Text);
        Assert.Equal(["gzip"], tap.RequestHeaders.GetValues("grpc-encoding"));
        Assert.True(tap.Requests.Single() is { Compressed: true, Length: < 1000 });
        Assert.False(tap.Responses.Single().Compressed);
        Assert.Equal("gzip", _plain.Seen.Protocol.Single()["grpc-encoding"]);
        Assert.DoesNotContain(AskClient, _plain.Seen.Protocol.Single().Keys);
    }

    [Fact]
    public async Task A_response_is_compressed_where_the_server_is_told_to()
    {
        var (client, tap) = Tapped(_gzip);
        using var call = client.UnaryAsync(new EchoRequest { Text = Long }, cancellationToken: Cancellation);

        Assert.Equal(Long, (await call).Text);
        Assert.Equal(["gzip"], tap.ResponseHeaders.GetValues("grpc-encoding"));
        Assert.True(tap.Responses.Single() is { Compressed: true, Length: < 1000 });
        Assert.False(tap.Requests.Single().Compressed);
        // The header of the protocol is the client's own business.
        Assert.Null((await call.ResponseHeadersAsync).Get("grpc-encoding"));
    }

    [Fact]
    public async Task A_client_that_knows_no_compression_gets_none()
    {
        var tap = new WireTap();
        var client = new Echo.EchoClient(_gzip.Channel(channel => (channel.HttpHandler, channel.CompressionProviders) = (tap, [])));

        Assert.Equal(Long, (await client.UnaryAsync(new EchoRequest { Text = Long }, cancellationToken: Cancellation)).Text);
        Assert.False(tap.Responses.Single().Compressed);
    }

    [Fact]
    public async Task Deflate_works_too()
    {
        var tap = new WireTap();
        var client = new Echo.EchoClient(_plain.Channel(channel => (channel.HttpHandler, channel.CompressionProviders) = (tap, [new DeflateCompressionProvider(CompressionLevel.Fastest)])));

        Assert.Equal(Long, (await client.UnaryAsync(new EchoRequest { Text = Long }, Asking("deflate"))).Text);
        Assert.Equal("deflate", _plain.Seen.Protocol.Single()["grpc-encoding"]);
    }

    [Fact]
    public async Task A_server_says_which_compression_it_lacks()
    {
        await using var bare = await EchoServer.StartAsync(grpc => grpc.CompressionProviders = [new GzipCompressionProvider(CompressionLevel.Fastest)]);
        var client = new Echo.EchoClient(bare.Channel(channel => channel.CompressionProviders = [new Shouting()]));

        var error = await Assert.ThrowsAsync<RpcException>(() => client.UnaryAsync(new EchoRequest { Text = Long }, Asking("shouting")).ResponseAsync);

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
        Assert.Contains("shouting", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_may_leave_its_answer_as_it_is()
    {
        _gzip.Seen.Answers = new WriteOptions(WriteFlags.NoCompress);
        var (client, tap) = Tapped(_gzip);

        Assert.Equal(Long, (await client.UnaryAsync(new EchoRequest { Text = Long }, cancellationToken: Cancellation)).Text);
        Assert.False(tap.Responses.Single().Compressed);
    }

    [Fact]
    public async Task A_server_may_leave_single_messages_of_a_stream_as_they_are()
    {
        _gzip.Seen.Answers = new WriteOptions(WriteFlags.NoCompress);
        var (client, tap) = Tapped(_gzip);
        using var call = client.ServerStream(new EchoRequest { Text = Long, Repeat = 4 }, cancellationToken: Cancellation);

        Assert.Equal(4, await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation));
        Assert.Equal([true, false, true, false], tap.Responses.Select(message => message.Compressed));
    }

    [Fact]
    public async Task A_client_may_leave_single_messages_of_a_stream_as_they_are()
    {
        var (client, tap) = Tapped(_plain);
        using var call = client.ClientStream(Asking("gzip"));

        await call.RequestStream.WriteAsync(new EchoRequest { Text = Long }, Cancellation);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = Long }, Cancellation);
        await call.RequestStream.CompleteAsync();

        Assert.Equal($"{Long},{Long}", (await call).Text);
        Assert.Equal([true, false], tap.Requests.Select(message => message.Compressed));
    }

    [Fact]
    public async Task A_client_may_leave_its_request_as_it_is()
    {
        var (client, tap) = Tapped(_plain);

        await client.UnaryAsync(new EchoRequest { Text = Long }, Asking("gzip").WithWriteOptions(new WriteOptions(WriteFlags.NoCompress)));

        Assert.False(tap.Requests.Single().Compressed);
    }

    [Fact]
    public async Task Messages_that_may_wait_arrive_in_the_end()
    {
        using var call = _plain.Client.Duplex(cancellationToken: Cancellation);
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);

        await call.RequestStream.WriteAsync(new EchoRequest { Text = "a" }, Cancellation);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "b" }, Cancellation);
        await call.RequestStream.CompleteAsync();

        Assert.Equal(["a", "b"], await call.ResponseStream.ReadAllAsync(Cancellation).Select(response => response.Text).ToListAsync(Cancellation));
    }

    static (Echo.EchoClient Client, WireTap Tap) Tapped(EchoServer server)
    {
        var tap = new WireTap();
        return (new Echo.EchoClient(server.Channel(channel => channel.HttpHandler = tap)), tap);
    }

    static CallOptions Asking(string encoding) => new(new Metadata { { AskClient, encoding } }, cancellationToken: Cancellation);

    /// <summary>An encoding that no server knows.</summary>
    sealed class Shouting : ICompressionProvider
    {
        public string EncodingName => "shouting";
        public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        public Stream CreateDecompressionStream(Stream stream) => throw new NotSupportedException();
    }
}
