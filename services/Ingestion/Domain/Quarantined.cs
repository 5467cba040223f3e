namespace Perennial.Ingestion.Domain;

/// <summary>What is wrong with one field of an event.</summary>
internal sealed record Violation(string Field, string Description);

/// <summary>An event that could not be recorded, kept as it came.</summary>
/// <param name="Sequence">Given by the store, ascending per shop; 0 before.</param>
/// <param name="MessageId">Empty where the sender gave none.</param>
/// <param name="Payload">JSON.</param>
/// <param name="Ids">In the form of a customer.</param>
internal sealed record Quarantined(
    long Sequence, string MessageId, string Reason, IReadOnlyList<Violation> Violations, string Payload, DateTimeOffset ReceiveTime, IReadOnlyList<string> Ids, int ReplayCount);

/// <summary>Some quarantined events, ascending; <paramref name="HasMore"/> when others follow.</summary>
internal sealed record QuarantinePage(IReadOnlyList<Quarantined> Events, bool HasMore);

/// <summary>What is wrong with an event that was replayed in vain.</summary>
internal sealed record Relapse(long Sequence, string Reason, IReadOnlyList<Violation> Violations);
