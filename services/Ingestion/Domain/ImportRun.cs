using System.Text;
using System.Text.RegularExpressions;

namespace Perennial.Ingestion.Domain;

/// <summary>How far an import has come. Each change moves its checkpoint on, so the checkpoint alone tells two states apart.</summary>
/// <param name="Backfill">Its events trigger no campaign.</param>
/// <param name="Checkpoint">Where to go on, in the caller's own count of its source.</param>
internal sealed partial record ImportRun(string Shop, string Id, string Source, bool Backfill, long Checkpoint, bool Done, long Recorded, long Duplicate, long Refused, DateTimeOffset CreateTime, DateTimeOffset UpdateTime)
{
    public const int SourceLengthMax = 200;

    /// <summary>Refused events that are kept by name; the rest is counted.</summary>
    public const int RefusalsMax = 100;

    public static bool IsId(string id) => IdShape().IsMatch(id);

    public static bool IsFact(string name) => FactShape().IsMatch(name);

    public ImportRun After(ImportStep step, long recorded, long duplicate) => this with
    {
        Checkpoint = step.Next,
        Done = step.Done,
        Recorded = Recorded + recorded,
        Duplicate = Duplicate + duplicate,
        Refused = Refused + step.Refusals.Count,
        UpdateTime = step.Time,
    };

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex IdShape();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,62}\z")]
    private static partial Regex FactShape();
}

/// <summary>One chunk of an import beside its good events.</summary>
/// <param name="Next">The checkpoint once it is committed.</param>
/// <param name="Facts">Added to those of the import.</param>
/// <param name="Refusals">Every event of the chunk that was refused.</param>
internal sealed record ImportStep(long Next, bool Done, IReadOnlyDictionary<string, long> Facts, IReadOnlyList<ImportRefusal> Refusals, DateTimeOffset Time);

/// <summary>An event that was refused, in texts that fit the store whatever the sender wrote.</summary>
internal sealed record ImportRefusal(string MessageId, IReadOnlyList<(string Field, string Description)> Violations)
{
    /// <summary>Of one event: an order of thousands of products may be wrong in each.</summary>
    public const int ViolationsMax = 20;

    const int FieldLengthMax = 200;
    const int DescriptionLengthMax = 500;

    public static ImportRefusal Of(string messageId, IEnumerable<(string Field, string Description)> violations)
        => new(Fit(messageId, Ids.MessageLengthMax), [.. violations.Take(ViolationsMax).Select(v => (Fit(v.Field, FieldLengthMax), Fit(v.Description, DescriptionLengthMax)))]);

    static string Fit(string text, int lengthMax)
    {
        // Not within a surrogate pair; a control character would end the text in some stores.
        var end = text.Length <= lengthMax ? text.Length : lengthMax - (char.IsHighSurrogate(text[lengthMax - 1]) ? 1 : 0);
        var fit = new StringBuilder(end);
        foreach (var c in text.AsSpan(0, end)) fit.Append(char.IsControl(c) ? '\uFFFD' : c);
        return fit.ToString();
    }
}
