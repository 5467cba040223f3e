using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;

namespace Perennial.Gateway.Routes;

/// <summary>GET /healthz: 200 when this gateway serves, else 503; one line of JSON says why.</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
        => routes.MapGet("/healthz", (HttpContext context, HealthState health, IServer server) =>
        {
            // RFC 7838: who knows this address only finds gRPC by it.
            if (GrpcPort(server) is { } port) context.Response.Headers.AltSvc = $"h2c=\":{port}\"";
            return AnswerAsync(context, health.Stopping ? "stopping" : health.Problem);
        }).WithMetadata(new OpenToAll());

    /// <summary>The second address that the gateway listens at; null where it has one for both, by TLS.</summary>
    static int? GrpcPort(IServer server)
        => server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 1 } addresses ? new Uri(addresses.Last()).Port : null;

    static Task AnswerAsync(HttpContext context, string? problem)
    {
        context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(problem is null ? """{"status":"SERVING"}""" : $$"""{"status":"NOT_SERVING","problem":{{JsonSerializer.Serialize(problem)}}}""", context.RequestAborted);
    }
}
