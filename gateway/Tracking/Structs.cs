using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Perennial.Gateway.Tracking;

/// <summary>JSON as google.protobuf.Struct.</summary>
internal static class Structs
{
    // A level of JSON is three of protobuf, whose parsers stop at a hundred: one event too deep would spoil its whole batch.
    internal const int DepthMax = 20;

    public static Struct Of(JsonElement? element, string path, Findings findings)
    {
        var result = new Struct();
        if (element is { ValueKind: JsonValueKind.Object } properties) Fill(result, properties, path, 1, findings);
        else if (element is not null) findings.Add(path, "must be an object");
        return result;
    }

    static void Fill(Struct result, JsonElement element, string path, int depth, Findings findings)
    {
        foreach (var property in element.EnumerateObject())
            result.Fields[property.Name] = ToValue(property.Value, path, depth, findings);
    }

    static Value ToValue(JsonElement element, string path, int depth, Findings findings)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String: return Value.ForString(element.GetString()!);
            case JsonValueKind.True: return Value.ForBool(true);
            case JsonValueKind.False: return Value.ForBool(false);
            case JsonValueKind.Null: return Value.ForNull();
            case JsonValueKind.Number:
                if (element.TryGetDouble(out var number) && double.IsFinite(number)) return Value.ForNumber(number);
                findings.Add(path, $"holds a number out of range: {element.GetRawText()}");
                return Value.ForNull();
        }
        if (depth >= DepthMax)
        {
            findings.Add(path, $"is nested deeper than {DepthMax} levels");
            return Value.ForNull();
        }
        if (element.ValueKind == JsonValueKind.Array) return Value.ForList([.. element.EnumerateArray().Select(e => ToValue(e, path, depth + 1, findings))]);
        var inner = new Struct();
        Fill(inner, element, path, depth + 1, findings);
        return Value.ForStruct(inner);
    }
}
