namespace Perennial.Ingestion.Domain;

/// <summary>What is known of an id beyond that it may occur.</summary>
/// <param name="Parent">The id that it joined; null when it stands for itself.</param>
/// <param name="Pinned">It joins nobody by itself: a merge of it was undone.</param>
/// <param name="Suppressed">Its person was erased: events that carry it are refused.</param>
internal sealed record KnownId(CustomerId? Parent, bool Pinned, bool Suppressed);

/// <summary>The ids as they stand in the store at the beginning of a decision, which asks as it goes.</summary>
internal interface IKnownIds
{
    /// <summary>Null when nothing is known of the id: it stands for itself.</summary>
    KnownId? Find(string shop, CustomerId id);

    /// <summary>How many ids of a kind joined <paramref name="customer"/> directly.</summary>
    int JoinedCount(string shop, CustomerId customer, string kind);
}

internal static class KnownIdsExtensions
{
    /// <summary>Whose id it is: the end of its links.</summary>
    public static CustomerId CustomerOf(this IKnownIds known, string shop, CustomerId id)
    {
        while (known.Find(shop, id)?.Parent is { } parent) id = parent;
        return id;
    }
}

/// <summary>Most ids of a kind that join one customer by events: what more strangers share is no id of theirs.</summary>
internal sealed record LinkLimits(int Anonymous = 100, int Email = 5, int External = 5)
{
    public int Of(IdType type) => type switch
    {
        IdType.Anonymous => Anonymous,
        IdType.Email => Email,
        _ => External,
    };
}
