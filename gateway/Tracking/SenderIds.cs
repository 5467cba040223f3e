using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>
/// Who an event is of, beside userId and anonymousId: ids that other systems have for the customer (Segment writes them in
/// context.externalIds, RudderStack in context.externalId), and an e-mail address where there is nothing better.
/// </summary>
internal static class SenderIds
{
    internal static readonly string[] Lists = ["externalIds", "externalId"];

    const int IdsMax = 5;
    const int TypeLengthMax = 32;
    const int IdLengthMax = 160;

    public static void Fill(Event target, Members item, Members context, Properties properties)
    {
        foreach (var list in Lists) FillExternalIds(target, context, list);
        if (target.Email.Length == 0 && target.UserId.Length == 0 && target.AnonymousId.Length == 0 && !HasEmailTrait(target)) target.Email = Email(target, item, context, properties);
    }

    // Ingestion looks there itself.
    static bool HasEmailTrait(Event target) => target.TraitsChanged?.Traits.Fields.ContainsKey("email") == true;

    /// <summary>The address stays where it is too: it is what the sender said. That of a property is the customer's only in what became of a message to them.</summary>
    static string Email(Event target, Members item, Members context, Properties properties)
    {
        if (Address(context.Peek("traits").Get("email")) is { Length: > 0 } surrounding) return surrounding;
        if (target.MessageEngaged is not null && Address(properties.Peek("email")) is { Length: > 0 } own) return own;
        return Address(item.Peek("traits").Get("email"));
    }

    static string Address(JsonElement? value) => Address(value?.Text() ?? "");

    static string Address(string text) => text.Contains('@', StringComparison.Ordinal) ? text : "";

    /// <summary>Takes from the list what fits; entries that do not fit, or say more than a type and an id, stay.</summary>
    static void FillExternalIds(Event target, Members context, string list)
    {
        if (context.Peek(list) is not { ValueKind: JsonValueKind.Array } entries) return;
        var left = entries.EnumerateArray().Where(entry => !TryTake(target, entry)).Select(Structs.ToValue).ToArray();
        context.Keep(list, left.Length == 0 ? null : Value.ForList(left));
    }

    /// <summary>True when nothing of the entry is left.</summary>
    static bool TryTake(Event target, JsonElement entry)
    {
        if (Read(entry) is not { } id) return false;
        if (IsAddress(id))
        {
            if (target.Email.Length > 0 && target.Email != id.Id) return false;
            target.Email = id.Id;
        }
        else if (!target.ExternalIds.Contains(id))
        {
            if (target.ExternalIds.Count == IdsMax) return false;
            target.ExternalIds.Add(id);
        }
        return entry.GetPropertyCount() == 2;
    }

    /// <summary>An address in the list of external ids is the customer's address.</summary>
    internal static bool IsAddress(ExternalId id) => id.Type == "email" && Address(id.Id).Length > 0;

    /// <summary>An external id as an event can carry it, or null.</summary>
    internal static ExternalId? Read(JsonElement entry)
    {
        var (type, id) = (Fit(entry.Get("type")?.Text() ?? ""), entry.Get("id")?.Text() ?? "");
        var fits = type.Length > 0 && id.Length is > 0 and <= IdLengthMax && !char.IsWhiteSpace(id[0]) && !char.IsWhiteSpace(id[^1]) && !id.Any(char.IsControl);
        return fits ? new ExternalId { Type = type, Id = id } : null;
    }

    /// <summary>Lower case, other signs than a-z, 0-9, _ and - replaced, from the first letter on: <c>android.idfa</c> becomes <c>android_idfa</c>.</summary>
    static string Fit(string type)
    {
        var fit = string.Concat(type.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' ? c : '_').SkipWhile(c => !char.IsAsciiLetterLower(c)));
        return fit.Length > TypeLengthMax ? fit[..TypeLengthMax] : fit;
    }
}
