using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Perennial.Sdks.Tests;

/// <summary>An event as its sender told it to the SDK.</summary>
sealed class Sent(JsonElement call)
{
    static readonly HashSet<string> Money = ["subtotal", "total", "revenue", "shipping", "tax", "discount", "price"];
    static readonly string[] Own = ["userId", "anonymousId", "event", "name", "category", "properties", "traits", "groupId", "previousId"];

    public string MessageId => Text("messageId");
    public string UserId => Text("userId");

    /// <summary>Whose it is by the strongest of its ids: the shop's own, the address that an identify tells, the visitor's.</summary>
    public string Customer => UserId.Length > 0 ? "user:" + UserId : Email is { } email ? "email:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToLowerInvariant()))) : "anon:" + Text("anonymousId");

    string? Email => Text("type") == "identify" && call.TryGetProperty("traits", out var traits) && traits.TryGetProperty("email", out var email) ? email.GetString() : null;

    /// <summary>When the caller said that it happened.</summary>
    public DateTimeOffset? Timestamp => Text("timestamp") is { Length: > 0 } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>All that must be found in the log again, in the words of the tracking protocol.</summary>
    /// <param name="library">What the SDK says of itself.</param>
    public JsonObject Expected(string library)
    {
        var type = Text("type");
        var expected = new JsonObject { ["type"] = type };
        foreach (var name in Own)
        {
            if (call.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null) expected[name] = JsonNode.Parse(value.GetRawText());
        }
        // A cancellation has no field for amounts: they are kept as they came.
        if (Text("event") != "Order Cancelled") Round(expected["properties"]);
        var context = call.TryGetProperty("context", out var own) ? JsonNode.Parse(own.GetRawText())!.AsObject() : [];
        if (library.Length > 0) context["library"] = library;
        if (Text("channel") is { Length: > 0 } channel) context["channel"] = channel;
        expected["context"] = context;
        return expected;
    }

    /// <summary>Money has nine digits: what JavaScript's sums have beyond (34.989999999999995) is no money.</summary>
    static void Round(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var element in list) Round(element);
        }
        if (node is not JsonObject properties) return;
        foreach (var (name, value) in properties.ToList())
        {
            if (Money.Contains(name)) properties[name] = decimal.Round(value!.GetValue<decimal>(), 9, MidpointRounding.ToEven);
            else Round(value);
        }
    }

    string Text(string name) => call.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
