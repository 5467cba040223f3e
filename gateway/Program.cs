using Microsoft.AspNetCore.Server.Kestrel.Core;
using Perennial.Foundation.Hosting;
using Perennial.Gateway.Access;
using Perennial.Gateway.Quarantine;
using Perennial.Gateway.Routes;
using Perennial.Gateway.Tracking;
using Perennial.Gateway.Transcoding;
using Perennial.Gateway.Webhooks;

namespace Perennial.Gateway;

/// <summary>
/// Everything HTTP: keys, limits, JSON, the tracking protocol, webhooks, and gRPC passed through. HTTP/1.1 on <c>Listen:Port</c> (8080),
/// gRPC on <c>Listen:GrpcPort</c> (8081).
/// </summary>
internal static class Program
{
    internal static readonly House House = new("gateway", 8080, typeof(Program).Assembly) { Protocols = HttpProtocols.Http1AndHttp2 };

    static Task<int> Main(string[] args) => KeyCommands.IsAsked(args) ? KeyCommands.RunAsync(args, Console.Out, Console.Error) : House.RunAsync(args, Build);

    internal static WebApplication Build(string[] args) => Build(args, Console.Out);

    /// <param name="console">Where the first key is printed, once.</param>
    internal static WebApplication Build(string[] args, TextWriter console)
    {
        var builder = House.CreateBuilder(args);
        var options = builder.Configuration.Checked<GatewayOptions>("Gateway");
        _ = builder.Configuration.Checked<ShopOptions>("Shop");
        _ = builder.Configuration.Checked<WebhookOptions>("Webhooks");
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = options.BodyBytesMax);
        builder.Services.AddCheckedOptions<GatewayOptions>("Gateway");
        builder.Services.AddCheckedOptions<ShopOptions>("Shop");
        builder.Services.AddSingleton(console);
        builder.Services.AddSingleton<Metrics>();
        builder.Services.AddSingleton<Problems>();
        builder.Services.AddSingleton<Bodies>();
        builder.Services.AddSingleton<Houses>();
        builder.Services.AddAccess(options);
        builder.Services.AddPassthrough();
        builder.Services.AddQuarantine();
        builder.Services.AddTracking(options);
        builder.Services.AddWebhooks();

        var app = builder.Build();
        app.UseMiddleware<Faults>();
        app.UseRouting();
        app.UseCors();
        app.UseAccess();
        app.MapHealth();
        app.MapPassthrough();
        app.MapJson();
        app.MapQuarantine();
        app.MapTracking();
        app.MapWebhooks();
        return app;
    }

    /// <summary>Where a started gateway listens: first for HTTP/1.1, second for gRPC.</summary>
    internal static (Uri Http, Uri Grpc) Addresses(WebApplication app) => (new Uri(app.Urls.First()), new Uri(app.Urls.Last()));
}
