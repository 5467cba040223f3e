using System.Text.Json;

namespace Perennial.Gateway.Tracking;

internal static class Json
{
    const int ShownMax = 40;

    /// <summary>A property of an object; null when it is absent, JSON null, or this is no object.</summary>
    public static JsonElement? Get(this JsonElement element, string name)
        => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static JsonElement? Get(this JsonElement? element, string name) => element?.Get(name);

    /// <summary>Text of a string, number or boolean; null for anything else. Ids come as numbers from shops that number their customers.</summary>
    public static string? Text(this JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
        _ => null,
    };

    public static bool IsTrue(this JsonElement? element) => element?.ValueKind == JsonValueKind.True;

    /// <summary>An empty string is how forms say that there is nothing.</summary>
    public static bool IsEmpty(this JsonElement element) => element.ValueKind == JsonValueKind.String && element.ValueEquals("");

    /// <summary>The value as it was written, cut where it is long: for a sentence about what is wrong with it.</summary>
    public static string Shown(this JsonElement element) => element.GetRawText().Shown();

    public static string Shown(this string text) => text.Length > ShownMax ? text[..ShownMax] + "..." : text;
}
