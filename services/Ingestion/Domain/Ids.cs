using System.Collections.Frozen;
using System.Globalization;

namespace Perennial.Ingestion.Domain;

/// <summary>What an id must look like, so that it means the same in every store and stands for one thing only.</summary>
internal static class Ids
{
    public const int MessageLengthMax = 100;
    public const int LengthMax = 200;

    /// <summary>What broken clients send in place of an id (lists of Segment and PostHog).</summary>
    static readonly FrozenSet<string> Placeholders = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "null", "undefined", "nan", "none", "true", "false", "anonymous", "[object Object]", "-1");

    /// <summary>
    /// Null, or what is wrong. Blanks at the ends and control characters are refused because stores disagree on them: SQL Server
    /// takes "a" and "a " for the same key, others do not.
    /// </summary>
    public static string? Fault(string id, int lengthMax)
    {
        if (id.Length == 0) return string.Create(CultureInfo.InvariantCulture, $"is required, 1 to {lengthMax} characters");
        if (id.Length > lengthMax) return string.Create(CultureInfo.InvariantCulture, $"must have 1 to {lengthMax} characters, has {id.Length}");
        if (char.IsWhiteSpace(id[0]) || char.IsWhiteSpace(id[^1])) return "must not begin or end with white space";
        foreach (var c in id)
        {
            if (char.IsControl(c)) return "must not contain control characters";
        }
        return null;
    }

    /// <summary>True for a text that many strangers share: taken for an id, it would make them one customer.</summary>
    public static bool IsPlaceholder(string id) => id.AsSpan().Trim() is var bare && (!bare.ContainsAnyExcept('0', '-') || Placeholders.GetAlternateLookup<ReadOnlySpan<char>>().Contains(bare));
}
