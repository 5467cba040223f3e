using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Yarp.ReverseProxy.Forwarder;

namespace Perennial.Gateway.Routes;

/// <summary>
/// gRPC of any kind, passed through to the house that serves it. YARP's forwarder alone: the routes are the contract's and fixed, and the
/// full proxy would write session keys to the disk of every container.
/// </summary>
internal sealed class Passthrough(IHttpForwarder forwarder, TenantTransformer tenant, Houses houses, Problems problems, ILogger<Passthrough> log) : IDisposable
{
    // A quiet stream is no dead one: the log's feed is silent for as long as nothing happens. HTTP/2 pings find dead houses.
    static readonly ForwarderRequestConfig Http2 = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = Timeout.InfiniteTimeSpan };

    readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        EnableMultipleHttp2Connections = true,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
    });

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var service in Houses.Services)
        {
            var address = houses.Address(service);
            routes.MapPost($"/{service.FullName}/{{method}}", context => ForwardAsync(context, address));
        }
    }

    public void Dispose() => _client.Dispose();

    async Task ForwardAsync(HttpContext context, string address)
    {
        if (!Problems.IsGrpc(context.Request)) throw Errors.Invalid([("content-type", "must be application/grpc; the same call as JSON is under /v1")]);
        Unbind(context);
        var error = await forwarder.SendAsync(context, address, _client, Http2, tenant);
        if (error == ForwarderError.None || context.RequestAborted.IsCancellationRequested) return;
        Log.PassthroughFailed(log, context.Request.Path, error.ToString(), context.Features.Get<IForwarderErrorFeature>()?.Exception);
        if (!context.Response.HasStarted) await problems.WriteAsync(context, Errors.Of(CommonErrorReason.Unavailable, "The service behind this route does not answer; retry with backoff."));
    }

    /// <summary>A stream of messages has no size and no pace; the houses bound each message.</summary>
    static void Unbind(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }
}

internal static class PassthroughHosting
{
    public static void AddPassthrough(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.AddSingleton<TenantTransformer>();
        services.AddSingleton<Passthrough>();
    }

    public static void MapPassthrough(this WebApplication app) => app.Services.GetRequiredService<Passthrough>().Map(app);
}
