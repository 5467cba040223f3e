using System.Text.Json;
using Perennial.Common.V1;

namespace Perennial.Gateway.Tracking;

/// <summary>Names a field of our event as the sender of a tracking call wrote it: <c>order_completed.amounts.total</c> is their <c>properties.total</c>.</summary>
internal static class SenderPaths
{
    static readonly HashSet<string> Payloads = [.. Event.Descriptor.Oneofs.Single(o => o.Name == "payload").Fields.Select(f => f.Name)];

    public static string Of(string field)
    {
        var dot = field.IndexOf('.', StringComparison.Ordinal);
        var (head, rest) = dot < 0 ? (field, "") : (field[..dot], field[(dot + 1)..]);
        return Payloads.Contains(head) ? OfPayload(head, rest) : Camel(head) + (rest.Length == 0 ? "" : "." + Camel(rest));
    }

    static string OfPayload(string payload, string rest) => (payload, rest) switch
    {
        ("custom", "name") => "event",
        ("custom", _) when rest.StartsWith("properties", StringComparison.Ordinal) => rest,
        ("customer_aliased", _) => rest.Length == 0 ? "previousId" : Camel(rest),
        ("traits_changed", _) => rest.Length == 0 ? "traits" : rest,
        (_, "") => "properties",
        _ when rest.EndsWith(".currency_code", StringComparison.Ordinal) => "properties.currency",
        _ => "properties." + Without(rest, "amounts."),
    };

    static string Without(string path, string prefix) => path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path;

    // message_id -> messageId
    static string Camel(string name) => string.Join('.', name.Split('.').Select(part => JsonNamingPolicy.CamelCase.ConvertName(string.Concat(part.Split('_').Select((word, i) => i == 0 || word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..])))));
}
