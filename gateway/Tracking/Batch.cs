using System.Text.Json;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>The items of a tracking call and what its envelope says about all of them.</summary>
/// <param name="Type">The type of the one item, or <see cref="Many"/> where each item has its own.</param>
internal sealed record Batch(string Type, IReadOnlyList<JsonElement> Items, JsonElement Envelope)
{
    /// <summary>The type of a call that holds items of any type.</summary>
    public const string Many = "batch";

    public bool IsMany => Type == Many;

    /// <exception cref="RpcException">INVALID_ARGUMENT or BATCH_TOO_LARGE: the request as a whole is wrong.</exception>
    public static Batch Read(JsonElement root, string type, int eventsMax)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Errors.Invalid([("", "the body must be a JSON object")]);
        // The envelope of a single call is empty: all that it says is in the item.
        if (type != Many) return new Batch(type, [root], default);
        if (Events(root) is not { ValueKind: JsonValueKind.Array } batch) throw Errors.Invalid([("batch", "must be a list of events")]);
        var count = batch.GetArrayLength();
        if (count == 0) throw Errors.Invalid([("batch", "is empty; send at least one event")]);
        if (count > eventsMax)
            throw Errors.Of(IngestionErrorReason.BatchTooLarge, $"batch holds {count} events; send at most {eventsMax} in one call.", ("limit", "Gateway:BatchEventsMax"), ("events_max", eventsMax.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return new Batch(type, [.. batch.EnumerateArray()], root);
    }

    static JsonElement? Events(JsonElement root)
    {
        try
        {
            return root.Get("batch");
        }
        catch (InvalidOperationException)
        {
            throw Errors.Invalid([("", "the body holds text that is not valid Unicode")]);
        }
    }
}
