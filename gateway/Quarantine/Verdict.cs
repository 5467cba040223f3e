using System.Text.Json;
using Perennial.Gateway.Tracking;
using Perennial.Ingestion.V1;
using Of = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Quarantine;

/// <summary>What became of one item of a tracking call.</summary>
/// <param name="Json">The item as it came.</param>
/// <param name="Reason">What kind of fault; empty for an event that is recorded.</param>
internal sealed record Verdict(JsonElement Json, string MessageId, string Outcome, string Reason, IReadOnlyList<(string Field, string Description)> Violations)
{
    public const string Recorded = "recorded", Duplicate = "duplicate", Refused = "refused", Kept = "quarantined";

    /// <summary>The id under which it is quarantined; empty when it is not.</summary>
    public string Quarantined { get; init; } = "";

    public bool IsRefused => Outcome == Refused;

    /// <summary>The mapping's, of an item that became no event.</summary>
    public static Verdict OfMapping(JsonElement json, Item item) => new(json, item.MessageId, Refused, item.Reason, item.Violations);

    /// <summary>Ingestion's, in the sender's words.</summary>
    public static Verdict OfIngestion(JsonElement json, EventResult result) => result.Outcome switch
    {
        Of.Recorded => new Verdict(json, result.MessageId, Recorded, "", []),
        Of.Duplicate => new Verdict(json, result.MessageId, Duplicate, "", []),
        _ => new Verdict(json, result.MessageId, Refused, result.Reason.Length > 0 ? result.Reason : Reasons.Refused, InTheSendersWords(result)),
    };

    internal static IReadOnlyList<(string Field, string Description)> InTheSendersWords(EventResult result) => [.. result.Violations.Select(v => (SenderPaths.Of(v.Field), v.Description))];

    /// <summary>The same, kept under <paramref name="id"/>. Without one it stays refused: it names somebody who was erased.</summary>
    public Verdict KeptAs(string id) => id.Length == 0 ? this : this with { Outcome = Kept, Quarantined = id };
}
