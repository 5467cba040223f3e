using System.Text.Json;
using System.Text.Json.Nodes;

namespace Perennial.Gateway.Quarantine;

/// <summary>
/// A fix of the mapping that an operator makes without a new version: members of a tracking item renamed, set or removed before it is read.
/// A path is names with dots between; <c>[]</c> behind a name means every entry of that list: <c>properties.products[].price</c>. What a path does not
/// find is left alone.
/// </summary>
internal sealed class Patch
{
    const string Each = "[]";

    readonly List<Action<JsonObject>> _steps = [];

    public bool IsEmpty => _steps.Count == 0;

    /// <summary>Reads a step, <c>{"rename": {from: to}, "set": {path: value}, "remove": [path]}</c>, done in this order, or a list of steps. What is wrong goes to <paramref name="violations"/>.</summary>
    public static Patch Read(JsonElement? json, Foundation.Grpc.Violations violations)
    {
        var patch = new Patch();
        if (json is { ValueKind: JsonValueKind.Array } steps)
        {
            foreach (var (i, step) in steps.EnumerateArray().Index()) patch.Add(step, $"patch[{i}]", violations);
        }
        else if (json is { } only) patch.Add(only, "patch", violations);
        return patch;
    }

    /// <summary>The item as the steps leave it. What is no object stays as it is.</summary>
    /// <exception cref="InvalidOperationException">When the item holds text that is not valid Unicode.</exception>
    public string Apply(string item)
    {
        if (IsEmpty || JsonNode.Parse(item) is not JsonObject patched) return item;
        foreach (var step in _steps) step(patched);
        return patched.ToJsonString();
    }

    void Add(JsonElement step, string path, Foundation.Grpc.Violations violations)
    {
        if (step.ValueKind != JsonValueKind.Object)
        {
            violations.Add(path, "must be an object such as {\"rename\": {\"properties.amount\": \"properties.total\"}}");
            return;
        }
        foreach (var part in step.EnumerateObject())
        {
            if (part.Name is not ("rename" or "set" or "remove")) violations.Add($"{path}.{part.Name}", "is none of rename, set and remove");
            else if (part.Value.ValueKind != (part.Name == "remove" ? JsonValueKind.Array : JsonValueKind.Object)) violations.Add($"{path}.{part.Name}", part.Name == "remove" ? "must be a list of paths" : "must be an object of paths");
        }
        if (violations.Any) return;
        foreach (var rename in Parts(step, "rename")) AddRename(rename, $"{path}.rename", violations);
        foreach (var set in Parts(step, "set"))
        {
            // The text is kept: a node has one parent only.
            var (names, text) = (Names(set.Name, $"{path}.set", violations), set.Value.GetRawText());
            _steps.Add(item => Set(item, names, text));
        }
        if (!step.TryGetProperty("remove", out var removes)) return;
        foreach (var remove in removes.EnumerateArray())
        {
            var names = Names(remove.ValueKind == JsonValueKind.String ? remove.GetString()! : "", $"{path}.remove", violations);
            _steps.Add(item => Remove(item, names));
        }
    }

    void AddRename(JsonProperty rename, string path, Foundation.Grpc.Violations violations)
    {
        var from = Names(rename.Name, path, violations);
        var to = Names(rename.Value.ValueKind == JsonValueKind.String ? rename.Value.GetString()! : "", path, violations);
        // Both go through the same lists, so that each entry's member stays in its entry.
        var lists = from.FindLastIndex(IsEach) + 1;
        if (to.FindLastIndex(IsEach) + 1 != lists || !from.Take(lists).SequenceEqual(to.Take(lists))) violations.Add(path, $"{rename.Name} and {rename.Value} must be the same up to the last []");
        else _steps.Add(item => Rename(item, from, to));
    }

    static JsonElement.ObjectEnumerator Parts(JsonElement step, string name) => step.TryGetProperty(name, out var parts) ? parts.EnumerateObject() : default;

    static List<string> Names(string path, string where, Foundation.Grpc.Violations violations)
    {
        List<string> names = [.. path.Split('.')];
        if (names.Exists(n => n.Length == 0 || n == Each) || IsEach(names[^1])) violations.Add(where, $"'{path}' is no path to a member, such as properties.total or properties.products[].price");
        return names;
    }

    static bool IsEach(string name) => name.EndsWith(Each, StringComparison.Ordinal);

    static void Rename(JsonObject item, List<string> from, List<string> to)
    {
        var lists = from.FindLastIndex(IsEach) + 1;
        foreach (var root in Objects(item, from[..lists], make: false))
        {
            if (Objects(root, from[lists..^1], make: false).FirstOrDefault() is not { } source || !source.Remove(from[^1], out var value)) continue;
            foreach (var target in Objects(root, to[lists..^1], make: true)) target[to[^1]] = value;
        }
    }

    static void Set(JsonObject item, List<string> path, string text)
    {
        foreach (var target in Objects(item, path[..^1], make: true)) target[path[^1]] = JsonNode.Parse(text);
    }

    static void Remove(JsonObject item, List<string> path)
    {
        foreach (var target in Objects(item, path[..^1], make: false)) target.Remove(path[^1]);
    }

    /// <summary>The objects that a path leads to: one, or one for each entry of the lists on the way.</summary>
    /// <param name="make">What is not there is made, but for lists.</param>
    static IEnumerable<JsonObject> Objects(JsonObject from, IEnumerable<string> path, bool make)
        => path.Aggregate(Enumerable.Repeat(from, 1), (objects, name) => objects.SelectMany(o => Step(o, name, make)).ToList());

    static IEnumerable<JsonObject> Step(JsonObject from, string name, bool make)
    {
        if (IsEach(name)) return from[name[..^Each.Length]] is JsonArray list ? list.OfType<JsonObject>() : [];
        if (make && from[name] is null) from[name] = new JsonObject();
        return from[name] is JsonObject inner ? [inner] : [];
    }
}
