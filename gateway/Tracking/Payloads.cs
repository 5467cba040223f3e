using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>What happened, by the type of the call.</summary>
internal static class Payloads
{
    /// <summary>Sets the payload. Answers the item's properties, less what the payload has a field for.</summary>
    public static Properties Fill(Event target, Members item, string type, Members context, Findings findings)
    {
        // Only these types have properties in the protocol; where another has some, they are kept and not judged.
        var judged = type is "track" or "page" or "screen" || item.Peek("properties") is { ValueKind: JsonValueKind.Object };
        var properties = Properties.Of(judged ? item.Take("properties") : null, "properties", findings);
        switch (type)
        {
            case "track":
                if (Item.Text(item, findings, "event") is { Length: > 0 } name) Vocabulary.Apply(name, properties, target);
                else findings.Add(Reasons.MissingField, "event", "is missing: the name of what happened");
                break;
            case "identify":
                target.TraitsChanged = new TraitsChanged { Traits = Traits(item, context, findings) };
                break;
            case "page" or "screen":
                target.PageViewed = Page(item, properties, context, type == "screen", findings);
                break;
            case "group":
                target.Custom = Group(item, findings);
                break;
            case "alias":
                target.CustomerAliased = new CustomerAliased { PreviousId = Item.Text(item, findings, "previousId", "previous_id") };
                if (target.CustomerAliased.PreviousId.Length == 0) findings.Add(Reasons.MissingField, "previousId", "is missing: the id that is the customer's too");
                break;
            default:
                findings.Add(Reasons.UnknownType, "type", $"must be track, identify, page, screen, group or alias, not '{type.Shown()}'");
                break;
        }
        return properties;
    }

    /// <summary>Some SDKs repeat the traits in the context: what it says of them twice is kept once.</summary>
    static Struct Traits(Members item, Members context, Findings findings)
    {
        var own = item.Take("traits");
        if (own is null) return Structs.Of(context.Take("traits"), "context.traits", findings);
        if (context.Peek("traits") is { } repeated && JsonElement.DeepEquals(own.Value, repeated)) context.Take("traits");
        return Structs.Of(own, "traits", findings);
    }

    static PageViewed Page(Members item, Properties p, Members context, bool screen, Findings findings)
    {
        var page = context.Inner("page");
        return new PageViewed
        {
            Name = Either(item, p, "name", findings),
            Category = Either(item, p, "category", findings),
            Url = p.Text("url") is { Length: > 0 } url ? url : page.PeekText("url"),
            Referrer = p.Text("referrer") is { Length: > 0 } referrer ? referrer : page.PeekText("referrer"),
            Title = p.Text("title") is { Length: > 0 } title ? title : page.TakeText("title") ?? "",
            Screen = screen,
        };
    }

    /// <summary>Of the item, else of its properties; Segment's SDKs say it in both.</summary>
    static string Either(Members item, Properties p, string name, Findings findings)
    {
        var own = Item.Text(item, findings, name);
        return own.Length == 0 || own == p.Peek(name) ? p.Text(name) : own;
    }

    /// <summary>A call that has no payload of its own yet is kept whole.</summary>
    static CustomEvent Group(Members item, Findings findings)
    {
        var properties = new Struct();
        if (Item.Text(item, findings, "groupId", "group_id") is { Length: > 0 } id) properties.Fields["groupId"] = Value.ForString(id);
        if (item.Take("traits") is { } traits) properties.Fields["traits"] = Value.ForStruct(Structs.Of(traits, "traits", findings));
        return new CustomEvent { Name = "group", Properties = properties };
    }
}
