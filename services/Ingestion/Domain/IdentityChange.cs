namespace Perennial.Ingestion.Domain;

internal enum ChangeKind
{
    /// <summary>By an event that carried both ids.</summary>
    Linked = 1,
    /// <summary>By a caller.</summary>
    Merged = 2,
    /// <summary>Undone by a caller.</summary>
    Unmerged = 3,
}

/// <summary>One line of the audit trail.</summary>
/// <param name="Undo">The change that undid this one, or that this one undid.</param>
internal sealed record IdentityChange(
    long Number, string Shop, ChangeKind Kind, CustomerId From, CustomerId To, DateTimeOffset Time, string Actor, string Reason, long? Undo, long MovedEventCount);

/// <summary>An id of a customer.</summary>
/// <param name="LinkTime">When it joined; null for the id that the customer is called by.</param>
internal sealed record LinkedId(CustomerId Id, DateTimeOffset? LinkTime, bool Pinned);

/// <summary>Who a customer is: their ids by text, and how it came to be so, oldest first.</summary>
internal sealed record CustomerIdentity(CustomerId Customer, IReadOnlyList<LinkedId> Ids, IReadOnlyList<IdentityChange> Changes);

/// <summary>Why two customers are not merged.</summary>
internal enum MergeFault
{
    None,
    SameCustomer,
    /// <summary>A customer is called by the strongest of their ids, so the stronger one stays.</summary>
    StrongerJoinsWeaker,
    /// <summary>One of them was erased.</summary>
    Erased,
}

internal static class Merges
{
    /// <param name="from">The customer who ceases to be one of their own.</param>
    public static MergeFault Fault(CustomerId from, CustomerId to)
        => from == to ? MergeFault.SameCustomer : from.Type > to.Type ? MergeFault.StrongerJoinsWeaker : MergeFault.None;
}
