using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Perennial.Gateway.Tracking;

/// <summary>JSON as google.protobuf.Struct. What a Struct cannot hold is kept as its JSON text: no event is worth losing for it.</summary>
internal static class Structs
{
    // A level of JSON is three of protobuf, whose parsers stop at a hundred: one event too deep would spoil its whole batch.
    internal const int DepthMax = 20;

    /// <summary>Empty where there is nothing.</summary>
    public static Struct Of(JsonElement? element, string path, Findings findings)
    {
        if (element is { ValueKind: JsonValueKind.Object } there) return Of(there, 1);
        if (element is not null) findings.Add(Reasons.WrongType, path, "must be an object");
        return new Struct();
    }

    public static Value ToValue(JsonElement element) => ToValue(element, 1);

    static Struct Of(JsonElement element, int depth)
    {
        var result = new Struct();
        foreach (var property in element.EnumerateObject()) result.Fields[property.Name] = ToValue(property.Value, depth);
        return result;
    }

    /// <param name="depth">Of the object or list that holds it.</param>
    static Value ToValue(JsonElement element, int depth) => element.ValueKind switch
    {
        JsonValueKind.String => Value.ForString(element.GetString()!),
        JsonValueKind.True => Value.ForBool(true),
        JsonValueKind.False => Value.ForBool(false),
        JsonValueKind.Null => Value.ForNull(),
        JsonValueKind.Number when element.TryGetDouble(out var number) && double.IsFinite(number) => Value.ForNumber(number),
        JsonValueKind.Object when depth < DepthMax => Value.ForStruct(Of(element, depth + 1)),
        JsonValueKind.Array when depth < DepthMax => Value.ForList([.. element.EnumerateArray().Select(e => ToValue(e, depth + 1))]),
        _ => Value.ForString(element.GetRawText()),
    };
}
