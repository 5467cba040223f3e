using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Access;

/// <summary>Marks a route that anybody may call.</summary>
internal sealed record OpenToAll;

/// <summary>Marks a route whose body may carry the key as <c>writeKey</c>.</summary>
internal sealed record KeyInBody;

/// <summary>Marks a route whose path carries the key as <c>{writeKey}</c>.</summary>
internal sealed record KeyInPath;

/// <summary>A body that was read to find the key, for the route to go on with.</summary>
internal sealed record ReadBody(JsonElement Root);

/// <summary>Lets nobody pass without a key: the caller it belongs to becomes a feature of the request.</summary>
internal sealed class KeyAccess(RequestDelegate next, ApiKeys keys, Bodies bodies)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenToAll>() is null)
            context.Features.Set(await FindAsync(context) ?? throw Errors.Of(CommonErrorReason.Unauthenticated, "The API key is missing or wrong; send it as Authorization: Bearer KEY."));
        await next(context);
    }

    async Task<Caller?> FindAsync(HttpContext context)
    {
        foreach (var key in Credentials.Of(context.Request.Headers))
        {
            if (await keys.FindAsync(key, context.RequestAborted) is { } caller) return caller;
        }
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<KeyInPath>() is not null && context.Request.RouteValues["writeKey"] is string inPath) return await keys.FindAsync(inPath, context.RequestAborted);
        return metadata?.GetMetadata<KeyInBody>() is null ? null : await FindInBodyAsync(context);
    }

    async Task<Caller?> FindInBodyAsync(HttpContext context)
    {
        var root = await bodies.ReadJsonAsync(context);
        context.Features.Set(new ReadBody(root));
        return WriteKey(root) is { } key ? await keys.FindAsync(key, context.RequestAborted) : null;
    }

    static string? WriteKey(JsonElement root)
    {
        try
        {
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("writeKey", out var key) && key.ValueKind == JsonValueKind.String ? key.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Text that is not valid Unicode is no key.
            return null;
        }
    }
}

internal static class CallerOfRequest
{
    /// <summary>Who calls; on every route but those open to all.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();
}
