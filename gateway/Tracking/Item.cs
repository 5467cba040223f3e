using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>One item of the tracking protocol as an event of ours, or as what is wrong with it. A wrong item spoils no other.</summary>
/// <param name="MessageId">The sender's id, or the one it was given; empty when the item could not be read at all.</param>
/// <param name="Reason">What kind of fault, of <see cref="Reasons"/>; empty for an event.</param>
internal sealed record Item(string MessageId, Event? Event, string Reason, IReadOnlyList<(string Field, string Description)> Violations)
{
    /// <summary>What concerns the way of an item to us and nothing that happened; a key that came with it is kept nowhere.</summary>
    static readonly FrozenSet<string> Transport = FrozenSet.Create("type", "action", "integrations", "receivedAt", "received_at", "version", "writeKey", "_metadata");

    /// <param name="messageId">For an item that has none; a new one where this is null too.</param>
    public static Item Read(JsonElement item, Batch batch, string? messageId = null)
    {
        var findings = new Findings();
        var target = new Event();
        try
        {
            var bytes = (long)JsonMarshal.GetRawUtf8Value(item).Length + batch.SharedBytes;
            if (bytes > batch.ItemBytesMax) findings.Add(Reasons.TooLarge, "", string.Create(CultureInfo.InvariantCulture, $"the event has {bytes} bytes of JSON with what its batch says of it, at most {batch.ItemBytesMax} are taken"));
            else if (item.ValueKind != JsonValueKind.Object) findings.Add(Reasons.NotAnEvent, "", "an event must be a JSON object");
            else Fill(target, item, batch, messageId, findings);
        }
        catch (InvalidOperationException)
        {
            // The reader refuses text only when it is asked for it.
            findings.Add(Reasons.NotUnicode, "", "the event holds text that is not valid Unicode");
        }
        return new Item(target.MessageId, findings.Any ? null : target, findings.Reason, findings.All);
    }

    static void Fill(Event target, JsonElement json, Batch batch, string? messageId, Findings findings)
    {
        var item = Members.Of(json);
        var context = Members.Of(item.Peek("context"), batch.Context);
        if (item.Peek("context") is null or { ValueKind: JsonValueKind.Object }) item.Take("context");
        target.MessageId = Text(item, findings, "messageId", "message_id") is { Length: > 0 } id ? id : messageId ?? Guid.NewGuid().ToString();
        target.UserId = Text(item, findings, "userId", "user_id");
        target.AnonymousId = Text(item, findings, "anonymousId", "anonymous_id");
        FillTimes(target, item, batch.Envelope, findings);
        target.Context = Surroundings.Read(context, item.TakeText("channel") ?? batch.Envelope.Get("channel")?.Text() ?? "");
        target.Backfill = IsTrue(item, "backfill") | IsTrue(context, "backfill") | batch.Envelope.Get("backfill").IsTrue();
        var type = batch.IsMany ? Text(item, findings, "type", "action") : batch.Type;
        var properties = Payloads.Fill(target, item, type, context, findings);
        SenderIds.Fill(target, item, context, properties);
        target.Context = target.Context.WithRest(context);
        target.Properties = Rest(properties, item);
    }

    /// <summary>What is left of the properties, and beside it what is left of the item.</summary>
    static Struct? Rest(Properties properties, Members item)
    {
        var (rest, beside) = (properties.Rest(), item.Rest(but: Transport));
        if (rest is null || beside is null) return rest ?? beside;
        foreach (var (name, value) in beside.Fields) rest.Fields.TryAdd(name, value);
        return rest;
    }

    /// <summary>All times go on as they were sent; ingestion makes the event time of them.</summary>
    static void FillTimes(Event target, Members item, JsonElement envelope, Findings findings)
    {
        target.Timestamp = Instant(item.Take("timestamp"), "timestamp", findings);
        target.OriginalTimestamp = Instant(item.Take("originalTimestamp") ?? item.Take("original_timestamp"), "originalTimestamp", findings);
        target.SentAt = Instant(item.Take("sentAt") ?? item.Take("sent_at") ?? envelope.Get("sentAt"), "sentAt", findings);
        // The envelope's time is that of the request: it dates only what has no time of its own.
        if (target.Timestamp is null && target.OriginalTimestamp is null) target.Timestamp = Instant(envelope.Get("timestamp"), "timestamp", findings);
    }

    internal static string Text(Members item, Findings findings, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (item.TakeText(name) is { } text) return text;
            if (item.Peek(name) is not null) findings.Add(Reasons.WrongType, name, "must be text");
        }
        return "";
    }

    static bool IsTrue(Members members, string name)
    {
        if (members.Peek(name) is not { ValueKind: JsonValueKind.True or JsonValueKind.False } value) return false;
        members.Take(name);
        return value.ValueKind == JsonValueKind.True;
    }

    static Timestamp? Instant(JsonElement? told, string name, Findings findings)
    {
        if (told is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String && TryInstant(value.GetString()!, out var instant)) return Timestamp.FromDateTimeOffset(instant);
        findings.Add(Reasons.BadTimestamp, name, $"must be an ISO 8601 instant such as 2026-03-01T12:00:00.000Z, not {value.Shown()}");
        return null;
    }

    /// <summary>ISO 8601 only: year first, so that no day is taken for a month. Without an offset it is UTC.</summary>
    static bool TryInstant(string text, out DateTimeOffset instant)
    {
        instant = default;
        return text.Length >= 10 && char.IsAsciiDigit(text[0]) && text[4] == '-' && text[7] == '-'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
    }
}
