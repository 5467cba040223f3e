using System.Globalization;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>One item of the tracking protocol as an event of ours, or as what is wrong with it. A wrong item spoils no other.</summary>
/// <param name="MessageId">The sender's id, or the one it was given; empty when the item could not be read at all.</param>
internal sealed record Item(string MessageId, Event? Event, IReadOnlyList<(string Field, string Description)> Violations)
{
    public static Item Read(JsonElement item, Batch batch)
    {
        var findings = new Findings();
        var target = new Event();
        try
        {
            if (item.ValueKind != JsonValueKind.Object) findings.Add("", "an event must be a JSON object");
            else Fill(target, item, batch, findings);
        }
        catch (InvalidOperationException)
        {
            // The reader refuses text only when it is asked for it.
            findings.Add("", "the event holds text that is not valid Unicode");
        }
        return new Item(target.MessageId, findings.Any ? null : target, findings.All);
    }

    static void Fill(Event target, JsonElement item, Batch batch, Findings findings)
    {
        var context = new Surroundings(item.Get("context"), batch.Envelope.Get("context"));
        target.MessageId = Text(item, findings, "messageId", "message_id") is { Length: > 0 } id ? id : Guid.NewGuid().ToString();
        target.UserId = Text(item, findings, "userId", "user_id");
        target.AnonymousId = Text(item, findings, "anonymousId", "anonymous_id");
        FillTimes(target, item, batch.Envelope, findings);
        target.Context = context.Read(item.Get("channel") ?? batch.Envelope.Get("channel"));
        target.Backfill = item.Get("backfill").IsTrue() || batch.Envelope.Get("backfill").IsTrue() || context.Get("backfill").IsTrue();
        FillPayload(target, item, batch.IsMany ? Text(item, findings, "type") : batch.Type, context, findings);
    }

    /// <summary>All times go on as they were sent; ingestion makes the event time of them.</summary>
    static void FillTimes(Event target, JsonElement item, JsonElement envelope, Findings findings)
    {
        target.Timestamp = Instant(item, "timestamp", findings);
        target.OriginalTimestamp = Instant(item, "originalTimestamp", findings);
        target.SentAt = Instant(item, "sentAt", findings) ?? Instant(envelope, "sentAt", findings);
        // The envelope's time is that of the request: it dates only what has no time of its own.
        if (target.Timestamp is null && target.OriginalTimestamp is null) target.Timestamp = Instant(envelope, "timestamp", findings);
    }

    static void FillPayload(Event target, JsonElement item, string type, Surroundings context, Findings findings)
    {
        switch (type)
        {
            case "track":
                if (Text(item, findings, "event") is { Length: > 0 } name) Vocabulary.Apply(name, new Properties(item.Get("properties"), "properties", findings), target);
                else findings.Add("event", "is missing: the name of what happened");
                break;
            case "identify":
                target.TraitsChanged = new TraitsChanged { Traits = item.Get("traits") is { } traits ? Structs.Of(traits, "traits", findings) : Structs.Of(context.Get("traits"), "context.traits", findings) };
                break;
            case "page" or "screen":
                target.PageViewed = Page(item, context, type == "screen", findings);
                break;
            case "group":
                target.Custom = Kept("group", findings, ("groupId", item.Get("groupId")), ("traits", item.Get("traits")));
                break;
            case "alias":
                target.Custom = Kept("alias", findings, ("previousId", item.Get("previousId")), ("userId", item.Get("userId")));
                break;
            default:
                findings.Add("type", $"must be track, identify, page, screen, group or alias, not '{type}'");
                break;
        }
    }

    static PageViewed Page(JsonElement item, Surroundings context, bool screen, Findings findings)
    {
        var p = new Properties(item.Get("properties"), "properties", findings);
        var page = context.Get("page");
        return new PageViewed
        {
            Name = Text(item, findings, "name") is { Length: > 0 } name ? name : p.Text("name"),
            Category = Text(item, findings, "category") is { Length: > 0 } category ? category : p.Text("category"),
            Url = p.Text("url") is { Length: > 0 } url ? url : page.Get("url")?.Text() ?? "",
            Referrer = p.Text("referrer") is { Length: > 0 } referrer ? referrer : page.Get("referrer")?.Text() ?? "",
            Title = p.Text("title") is { Length: > 0 } title ? title : page.Get("title")?.Text() ?? "",
            Screen = screen,
        };
    }

    /// <summary>Calls that have no payload of their own yet are kept whole.</summary>
    static CustomEvent Kept(string name, Findings findings, params ReadOnlySpan<(string Name, JsonElement? Value)> parts)
    {
        var properties = new Struct();
        foreach (var (part, value) in parts)
        {
            if (value is { ValueKind: JsonValueKind.Object }) properties.Fields[part] = Value.ForStruct(Structs.Of(value, part, findings));
            else if (value is { } scalar) properties.Fields[part] = Value.ForString(scalar.Text() ?? scalar.GetRawText());
        }
        return new CustomEvent { Name = name, Properties = properties };
    }

    static string Text(JsonElement item, Findings findings, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (item.Get(name) is not { } value) continue;
            if (value.Text() is { } text) return text;
            findings.Add(name, "must be text");
        }
        return "";
    }

    static Timestamp? Instant(JsonElement item, string name, Findings findings)
    {
        if (item.Get(name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String && TryInstant(value.GetString()!, out var instant)) return Timestamp.FromDateTimeOffset(instant);
        findings.Add(name, $"must be an ISO 8601 instant such as 2026-03-01T12:00:00.000Z, not {value.GetRawText()}");
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
