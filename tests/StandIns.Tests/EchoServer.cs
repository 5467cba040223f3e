using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Perennial.StandIns.Tests;

/// <summary>The true server over the stand-ins, on a port that the system chooses.</summary>
sealed class EchoServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly List<GrpcChannel> _channels = [];

    EchoServer(WebApplication app, X509Certificate2? certificate)
    {
        _app = app;
        Certificate = certificate;
        Uri = new Uri(app.Urls.Single());
    }

    internal Uri Uri { get; }
    internal X509Certificate2? Certificate { get; }
    internal Seen Seen => _app.Services.GetRequiredService<Seen>();
    internal Echo.EchoClient Client => new(Channel());

    internal static async Task<EchoServer> StartAsync(Action<GrpcServiceOptions>? grpc = null, bool tls = false)
    {
        var certificate = tls ? NewCertificate("localhost") : null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => Listen(endpoint, certificate)));
        if (tls) builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<Seen>();
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        var app = builder.Build();
        app.Use(RecordProtocolAsync);
        app.MapGrpcService<EchoService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new EchoServer(app, certificate);
    }

    internal GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Uri, options);
        _channels.Add(channel);
        return channel;
    }

    /// <summary>A certificate that nobody signed, for a day.</summary>
    internal static X509Certificate2 NewCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        await _app.DisposeAsync();
        Certificate?.Dispose();
    }

    static void Listen(ListenOptions endpoint, X509Certificate2? certificate)
    {
        endpoint.Protocols = HttpProtocols.Http2;
        if (certificate is null) return;
        endpoint.UseHttps(certificate, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        });
    }

    static Task RecordProtocolAsync(HttpContext context, Func<Task> next)
    {
        var protocol = context.Request.Headers.Where(header => header.Key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)).ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        context.RequestServices.GetRequiredService<Seen>().Protocol.Enqueue(protocol);
        // Before the answer leaves, so that a client that has it finds the record complete.
        context.Response.OnStarting(() =>
        {
            protocol["response grpc-encoding"] = context.Response.Headers["grpc-encoding"].ToString();
            return Task.CompletedTask;
        });
        return next();
    }
}
