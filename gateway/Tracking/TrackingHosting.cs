using Microsoft.Net.Http.Headers;
using Perennial.Gateway.Access;

namespace Perennial.Gateway.Tracking;

/// <summary>The paths of the tracking protocol, as the SDKs of four vendors call them.</summary>
internal static class TrackingHosting
{
    const string Cors = "tracking";

    /// <summary>The type of a call by the last segment of its path; a batch holds items of any type.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Types = new Dictionary<string, string>
    {
        ["batch"] = Batch.Many,
        ["import"] = Batch.Many,
        ["b"] = Batch.Many,
        ["track"] = "track",
        ["t"] = "track",
        ["identify"] = "identify",
        ["i"] = "identify",
        ["page"] = "page",
        ["p"] = "page",
        ["screen"] = "screen",
        ["s"] = "screen",
        ["group"] = "group",
        ["g"] = "group",
        ["alias"] = "alias",
        ["a"] = "alias",
    };

    /// <summary>Segment and RudderStack; Jitsu from pages and from servers; Dittofeed.</summary>
    internal static readonly string[] Roots = ["/v1", "/api/s", "/api/s/s2s", "/api/public/apps"];

    public static void AddTracking(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton<TrackingDoor>();
        services.AddCors(cors => cors.AddPolicy(Cors, policy => policy
            .WithOrigins(options.CorsOrigins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .WithMethods(HttpMethods.Get, HttpMethods.Post)
            // Each SDK has headers of its own (X-IP-Policy, X-Enable-Debug, AnonymousId, X-Retry-Count); one that is not allowed costs every event of a page.
            .AllowAnyHeader()
            .WithExposedHeaders(HeaderNames.RetryAfter, Problems.RateLimitResetHeader)
            .SetPreflightMaxAge(TimeSpan.FromDays(1))));
    }

    public static void MapTracking(this WebApplication app)
    {
        var door = app.Services.GetRequiredService<TrackingDoor>();
        foreach (var root in Roots)
        {
            foreach (var (segment, type) in Types)
                app.MapPost($"{root}/{segment}", context => door.RecordAsync(context, type)).WithMetadata(new KeyInBody()).RequireCors(Cors);
        }
        // Segment's C# SDK asks for this at its start, and sends nothing until it is answered.
        app.MapGet("/v1/projects/{writeKey}/settings", Settings).WithMetadata(new KeyInPath()).RequireCors(Cors);
    }

    static IResult Settings(HttpContext context, string writeKey) => Results.Json(new
    {
        integrations = new Dictionary<string, object> { ["Segment.io"] = new { apiKey = writeKey, apiHost = context.Request.Host + "/v1" } },
        plan = new { },
        edgeFunction = new { },
    });
}
