namespace Perennial.Segmentation.Domain;

/// <summary>What happened to an order. The numbers are stored, and order facts of one instant.</summary>
internal enum FactKind
{
    Ordered = 1,
    Updated = 2,
    Cancelled = 3,
    Refunded = 4,
}

/// <summary>What one event says about a customer's orders; told apart by <paramref name="MessageId"/>.</summary>
/// <param name="Time">When it happened: UTC, whole milliseconds.</param>
/// <param name="OrderId">Empty only for a refund of which the shop does not know the order.</param>
/// <param name="Amount">
/// Value of the order, or what was refunded. Null where the event does not say: an order keeps what is known of its value, a
/// refund takes the whole order. At most four decimals.
/// </param>
/// <param name="Currency">ISO 4217, upper case; empty means the shop's.</param>
internal sealed record Fact(FactKind Kind, DateTimeOffset Time, string MessageId, string OrderId, decimal? Amount, string Currency);

/// <summary>Whether an event makes void what was known of a customer before it.</summary>
internal enum ResetKind
{
    None,
    /// <summary>It is theirs no longer: by a merge or an unmerge it became somebody else's, or comes again.</summary>
    Moved,
    /// <summary>They were erased: nothing of it may be kept.</summary>
    Erased,
}

/// <summary>An event of a customer, as far as this house cares: somebody was there, and perhaps an order changed.</summary>
/// <param name="Leaves">They were erased: nothing is counted of them from then on.</param>
internal sealed record Sighting(string Shop, string Customer, bool Identified, DateTimeOffset Time, Fact? Fact, bool Leaves = false)
{
    /// <summary>When this house could know of it.</summary>
    public DateTimeOffset Known { get; init; } = Time;

    /// <summary>Null where the event is no sign of life, or a fact says as much.</summary>
    public Activity? Activity { get; init; }

    public Opinion? Opinion { get; init; }

    /// <summary>Null where the event says nothing of them that is kept.</summary>
    public Identification? Traits { get; init; }

    public ResetKind Reset { get; init; }
}
