using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Webhooks.Api;

/// <summary>What a caller says of a webhook; a null is what they do not speak of.</summary>
internal sealed partial record WebhookBody(string? Webhook, string? Url, IReadOnlyList<string>? Models, IReadOnlyList<string>? Stages, bool? Enabled, long? AfterPosition)
{
    const int FilterMax = 20;
    const string IdShape = "must have 1 to 63 characters a-z, 0-9 and hyphens, starting with a letter";
    static readonly string[] Fields = ["webhook", "url", "models", "stages", "enabled", "afterPosition"];

    /// <param name="creates">A new webhook needs a URL and may have an id of its own; one that there is may have neither changed away.</param>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT with every violation.</exception>
    public static WebhookBody Read(JsonElement root, bool creates, bool allowPrivateAddresses)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Errors.Invalid([("", "the body must be a JSON object such as {\"url\": \"https://hooks.example.com/perennial\"}")]);
        var known = creates ? Fields : Fields[1..];
        var violations = new Violations();
        try
        {
            foreach (var name in root.EnumerateObject().Select(p => p.Name).Except(known)) violations.Add(name, $"is none of {string.Join(", ", known)}");
            var body = new WebhookBody(Id(root, violations), Address(root, creates, allowPrivateAddresses, violations), Ids(root, "models", violations), Ids(root, "stages", violations), Flag(root, violations), Position(root, violations));
            violations.Throw();
            return body;
        }
        catch (InvalidOperationException)
        {
            throw Errors.Invalid([("", "the body holds text that is not valid Unicode")]);
        }
    }

    static string? Id(JsonElement root, Violations violations)
    {
        if (root.Get("webhook") is not { } value) return null;
        violations.Require(value.ValueKind == JsonValueKind.String && IdPattern().IsMatch(value.GetString()!), "webhook", $"{IdShape}; leave it out to have one made");
        return value.Text();
    }

    static string? Address(JsonElement root, bool required, bool allowPrivateAddresses, Violations violations)
    {
        if (root.Get("url") is not { } value)
        {
            violations.Require(!required, "url", "is missing; where are the events to go, such as https://hooks.example.com/perennial");
            return null;
        }
        if (value.ValueKind != JsonValueKind.String) violations.Add("url", "must be text");
        else if (Target.Problem(value.GetString()!, allowPrivateAddresses) is { } problem) violations.Add("url", problem);
        return value.Text();
    }

    static string[]? Ids(JsonElement root, string name, Violations violations)
    {
        if (root.Get(name) is not { } list) return null;
        var right = list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= FilterMax && list.EnumerateArray().All(id => id.ValueKind == JsonValueKind.String && IdPattern().IsMatch(id.GetString()!));
        violations.Require(right, name, $"must be a list of at most {FilterMax} ids such as [\"clc\"]; an empty one is any");
        return right ? [.. list.EnumerateArray().Select(id => id.GetString()!).Distinct()] : null;
    }

    static bool? Flag(JsonElement root, Violations violations)
    {
        if (root.Get("enabled") is not { } value) return null;
        violations.Require(value.ValueKind is JsonValueKind.True or JsonValueKind.False, "enabled", "must be true or false");
        return value.ValueKind == JsonValueKind.True;
    }

    static long? Position(JsonElement root, Violations violations)
    {
        if (root.Get("afterPosition") is not { } value) return null;
        var right = long.TryParse(value.Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var position);
        violations.Require(right, "afterPosition", "must be a position of the feed: 0 (its beginning) or more");
        return right ? position : null;
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}\\z")]
    private static partial Regex IdPattern();
}
