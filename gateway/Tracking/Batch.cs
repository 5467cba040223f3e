using System.Runtime.InteropServices;
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

    IReadOnlyList<(string Name, JsonElement Value)>? _context;

    public bool IsMany => Type == Many;

    /// <summary>The context of the envelope.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Context => _context ??= Members.Listed(Envelope.Get("context"));

    /// <summary>Bytes that the envelope says for each item.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Largest item, with what the envelope says for it.</summary>
    public int ItemBytesMax { get; init; } = int.MaxValue;

    /// <summary>An item that stands for itself: one that was quarantined, with what its batch said.</summary>
    public static Batch Of(JsonElement item) => new(Many, [item], default);

    /// <exception cref="RpcException">INVALID_ARGUMENT or BATCH_TOO_LARGE: the request as a whole is wrong.</exception>
    public static Batch Read(JsonElement root, string type, GatewayOptions options)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Errors.Invalid([("", "the body must be a JSON object")]);
        // The envelope of a single call is empty: all that it says is in the item.
        if (type != Many) return new Batch(type, [root], default) { ItemBytesMax = options.ItemBytesMax };
        if (Events(root) is not { ValueKind: JsonValueKind.Array } batch) throw Errors.Invalid([("batch", "must be a list of events")]);
        var count = batch.GetArrayLength();
        if (count == 0) throw Errors.Invalid([("batch", "is empty; send at least one event")]);
        if (count > options.BatchEventsMax)
            throw Errors.Of(IngestionErrorReason.BatchTooLarge, $"batch holds {count} events; send at most {options.BatchEventsMax} in one call.", ("limit", "Gateway:BatchEventsMax"), ("events_max", options.BatchEventsMax.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return new Batch(type, [.. batch.EnumerateArray()], root) { SharedBytes = JsonMarshal.GetRawUtf8Value(root).Length - JsonMarshal.GetRawUtf8Value(batch).Length, ItemBytesMax = options.ItemBytesMax };
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
