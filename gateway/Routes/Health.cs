using System.Text.Json;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;

namespace Perennial.Gateway.Routes;

/// <summary>GET /healthz: 200 when this gateway serves, else 503; one line of JSON says why.</summary>
internal static class Health
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
        => routes.MapGet("/healthz", (HttpContext context, HealthState health) => AnswerAsync(context, health.Stopping ? "stopping" : health.Problem)).WithMetadata(new OpenToAll());

    static Task AnswerAsync(HttpContext context, string? problem)
    {
        context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(problem is null ? """{"status":"SERVING"}""" : $$"""{"status":"NOT_SERVING","problem":{{JsonSerializer.Serialize(problem)}}}""", context.RequestAborted);
    }
}
