using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Perennial.Common.V1;
using Perennial.Gateway.Tracking;

namespace Perennial.AllInOne.Import;

/// <summary>
/// A line of an NDJSON file as an event: an item of the Segment protocol where it has a <c>type</c>, else ProtoJSON of
/// perennial.common.v1.Event. A line without a message id gets one of its content, so that the same line is recorded once.
/// </summary>
internal static class EventLine
{
    static readonly JsonParser Parser = new(JsonParser.Settings.Default);
    static readonly Batch Items = new(Batch.Many, [], default);

    /// <summary>The event, or in words what is wrong with the line.</summary>
    public static (Event? Event, string Fault) Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return (null, "must be a JSON object");
            return root.Get("type") is not null ? ReadItem(root, line.Span) : (Finish(Parser.Parse<Event>(Encoding.UTF8.GetString(line.Span)), line.Span), "");
        }
        catch (JsonException e)
        {
            return (null, $"is not JSON: {e.Message}");
        }
        catch (InvalidProtocolBufferException e)
        {
            return (null, $"is neither an item of the tracking protocol, which has a \"type\", nor an event: {e.Message}");
        }
    }

    static (Event?, string) ReadItem(JsonElement root, ReadOnlySpan<byte> line)
    {
        var item = Item.Read(root, Items);
        if (item.Event is not { } e) return (null, string.Join("; ", item.Violations.Select(v => $"{v.Field} {v.Description}".TrimStart())));
        // The reader made one up where the sender gave none.
        if (root.Get("messageId") is null && root.Get("message_id") is null) e.MessageId = "";
        return (Finish(e, line), "");
    }

    /// <summary>Times are taken as they stand: a clock that was wrong cannot be set right by the time of the import.</summary>
    static Event Finish(Event e, ReadOnlySpan<byte> line)
    {
        if (e.MessageId.Length == 0) e.MessageId = $"import:{Convert.ToHexStringLower(SHA256.HashData(line).AsSpan(0, 16))}";
        e.Timestamp ??= e.OriginalTimestamp;
        e.OriginalTimestamp ??= e.Timestamp;
        return e;
    }
}
