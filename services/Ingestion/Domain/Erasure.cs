namespace Perennial.Ingestion.Domain;

/// <summary>How far an erasure has come. The numbers are stored.</summary>
internal enum ErasureState
{
    /// <summary>Its ids are refused; nothing else is done yet.</summary>
    Due = 0,
    /// <summary>The readers are told to forget, and what stays is recorded.</summary>
    RemainsRecorded = 1,
    /// <summary>Nothing names the person but the resets that the readers still need.</summary>
    LogErased = 2,
    /// <summary>Every reader that was registered has passed the resets, and these are gone too.</summary>
    Done = 3,
}

/// <summary>An erasure, which names nobody.</summary>
/// <param name="Number">Its place among the customers whose events are to be recorded anew.</param>
/// <param name="Remains">What the rest is called.</param>
internal sealed record Erasure(
    string Id, string Shop, long Number, ErasureState State, DateTimeOffset Time, string Actor, string Reason, long EventCount, int IdCount, string Remains);

/// <summary>Whose events an erasure looks through.</summary>
/// <param name="Whole">All of them are the person's; else those that carry an id of theirs.</param>
internal sealed record ErasureSubject(CustomerId Customer, bool Whole);
