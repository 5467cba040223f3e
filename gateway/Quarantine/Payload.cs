using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Quarantine;

/// <summary>A tracking item as it is kept: as it came, standing for itself, with the ids that lead to it.</summary>
internal static class Payload
{
    const int IdsMax = 20;
    const int IdLengthMax = 200;

    /// <summary>The item with what its envelope says for it, so that it means the same when it is read alone. A key is kept nowhere.</summary>
    public static string Of(JsonElement item, Batch batch)
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object ? Whole(item, batch) : Raw(item);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Text that is not valid Unicode can be kept, but not written anew.
            return Raw(item);
        }
    }

    static string Raw(JsonElement item) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(item));

    static string Whole(JsonElement item, Batch batch)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Problem.Readable))
        {
            json.WriteStartObject();
            if (!batch.IsMany) json.WriteString("type", batch.Type);
            foreach (var property in item.EnumerateObject())
            {
                if (property.Name != "writeKey" && (property.Name != "type" || batch.IsMany) && (property.Name != "context" || !IsMerged(item, batch))) property.WriteTo(json);
            }
            WriteShared(json, item, batch);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static bool IsMerged(JsonElement item, Batch batch) => batch.Context.Count > 0 && item.Get("context") is null or { ValueKind: JsonValueKind.Object };

    /// <summary>What the mapping would take from the envelope, and nothing that it would not.</summary>
    static void WriteShared(Utf8JsonWriter json, JsonElement item, Batch batch)
    {
        if (IsMerged(item, batch))
        {
            json.WriteStartObject("context");
            foreach (var own in Members.Listed(item.Get("context")).Where(own => own.Value.ValueKind != JsonValueKind.Null)) Write(json, own.Name, own.Value);
            foreach (var (name, value) in batch.Context.Where(shared => item.Get("context").Get(shared.Name) is null)) Write(json, name, value);
            json.WriteEndObject();
        }
        foreach (var name in (ReadOnlySpan<string>)["sentAt", "channel"])
            if (item.Get(name) is null && batch.Envelope.Get(name) is { } shared) Write(json, name, shared);
        if (Time(item) is null && batch.Envelope.Get("timestamp") is { } time) Write(json, "timestamp", time);
        if (batch.Envelope.Get("backfill").IsTrue() && !item.Get("backfill").IsTrue()) json.WriteBoolean("backfill", true);
    }

    static JsonElement? Time(JsonElement item) => item.Get("timestamp") ?? item.Get("originalTimestamp") ?? item.Get("original_timestamp");

    static void Write(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        value.WriteTo(json);
    }

    /// <summary>The ids of a kept item in the form of RecordedEvent.customer, whether or not they are good ones: export and erasure find it by them.</summary>
    public static IReadOnlyList<string> Ids(JsonElement item)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var id in Named(item))
                if (ids.Count < IdsMax) ids.Add(id);
        }
        catch (InvalidOperationException)
        {
            // Text that is not valid Unicode names nobody.
        }
        return [.. ids];
    }

    static IEnumerable<string> Named(JsonElement item)
    {
        var context = item.Get("context");
        foreach (var name in (string[])["userId", "user_id", "previousId", "previous_id"])
            if (Id(item.Get(name)) is { } id) yield return "user:" + id;
        foreach (var name in (string[])["anonymousId", "anonymous_id", "previousId", "previous_id"])
            if (Id(item.Get(name)) is { } id) yield return "anon:" + id;
        foreach (var list in SenderIds.Lists)
        {
            if (context.Get(list) is not { ValueKind: JsonValueKind.Array } entries) continue;
            foreach (var entry in entries.EnumerateArray())
                if (SenderIds.Read(entry) is { } external) yield return SenderIds.IsAddress(external) ? "email:" + Hash(external.Id) : $"ext:{external.Type}:{external.Id}";
        }
        foreach (var holder in (JsonElement?[])[context.Get("traits"), item.Get("traits"), item.Get("properties")])
            if (Id(holder.Get("email")) is { } address && address.Contains('@', StringComparison.Ordinal)) yield return "email:" + Hash(address);
    }

    static string? Id(JsonElement? value) => value?.Text() is { Length: > 0 and <= IdLengthMax } id && !id.Any(char.IsControl) ? id : null;

    static string Hash(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.Trim().ToLowerInvariant())));
}
