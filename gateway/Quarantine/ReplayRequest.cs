using System.Text.Json;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Quarantine;

/// <summary>Which quarantined events to replay, and what to mend of them before.</summary>
internal sealed record ReplayRequest(string Reason, IReadOnlyList<string> Quarantined, string PageToken, Patch Patch)
{
    const int QuarantinedMax = 1_000;

    /// <summary>An empty body replays all.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT with every violation.</exception>
    public static ReplayRequest Read(JsonElement? body)
    {
        var violations = new Violations();
        if (body is not { } root) return new ReplayRequest("", [], "", Patch.Read(null, violations));
        if (root.ValueKind != JsonValueKind.Object) throw Errors.Invalid([("", "the body must be a JSON object, or empty")]);
        try
        {
            foreach (var name in root.EnumerateObject().Select(p => p.Name).Except(["reason", "quarantined", "pageToken", "patch"])) violations.Add(name, "is none of reason, quarantined, pageToken and patch");
            var request = new ReplayRequest(Text(root, "reason", violations), Ids(root, violations), Text(root, "pageToken", violations), Patch.Read(root.Get("patch"), violations));
            violations.Throw();
            return request;
        }
        catch (InvalidOperationException)
        {
            throw Errors.Invalid([("", "the body holds text that is not valid Unicode")]);
        }
    }

    static string Text(JsonElement root, string name, Violations violations)
    {
        if (root.Get(name) is not { } value) return "";
        violations.Require(value.ValueKind == JsonValueKind.String, name, "must be text");
        return value.Text() ?? "";
    }

    static IReadOnlyList<string> Ids(JsonElement root, Violations violations)
    {
        if (root.Get("quarantined") is not { } list) return [];
        var right = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() is > 0 and <= QuarantinedMax && list.EnumerateArray().All(id => id.Text() is { Length: > 0 });
        violations.Require(right, "quarantined", $"must be a list of 1 to {QuarantinedMax} ids; leave it out to replay all");
        return right ? [.. list.EnumerateArray().Select(id => id.Text()!).Distinct()] : [];
    }
}
