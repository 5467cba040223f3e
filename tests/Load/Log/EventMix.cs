namespace Perennial.Load.Log;

/// <summary>
/// How often each kind of event happens in a year of a simulated shop of 10,000 customers: the table synthetic_event_mix.csv of the
/// project's reference data. Its 38,050 lines of orders are no events here, they are products of their order.
/// </summary>
static class EventMix
{
    public const int SessionCount = 152_295, OrderCount = 11_877, IdentifiedCount = 13_500, ConsentCount = 9_000, NpsCount = 499;
    public const int PageCount = 457_586, ProductCount = 183_188, SearchCount = 33_562;
    public const int CartCount = 38_127, CartRemovalCount = 6_955, CheckoutCount = 15_081;
    public const int CancelledCount = 183, ReturnedCount = 753;
    public const int SentCount = 106_000, DeliveredCount = 105_396, OpenedCount = 32_550, ClickedCount = 2_215, UnsubscribedCount = 179;

    static readonly (EventKind Kind, int Count)[] Table =
    [
        (EventKind.SessionStarted, SessionCount), (EventKind.PageViewed, PageCount), (EventKind.ProductViewed, ProductCount), (EventKind.Searched, SearchCount),
        (EventKind.AddedToCart, CartCount), (EventKind.RemovedFromCart, CartRemovalCount), (EventKind.CheckoutStarted, CheckoutCount),
        (EventKind.Ordered, OrderCount), (EventKind.Cancelled, CancelledCount), (EventKind.Returned, ReturnedCount),
        (EventKind.EmailSent, SentCount), (EventKind.EmailDelivered, DeliveredCount), (EventKind.EmailOpened, OpenedCount),
        (EventKind.EmailClicked, ClickedCount), (EventKind.EmailUnsubscribed, UnsubscribedCount),
        (EventKind.Identified, IdentifiedCount), (EventKind.NpsAnswered, NpsCount), (EventKind.ConsentChanged, ConsentCount),
    ];

    /// <summary>Events per session, over all kinds.</summary>
    public static double EventsPerSession { get; } = (double)Table.Sum(row => row.Count) / SessionCount;

    /// <summary>A kind, each as often as in the table.</summary>
    public static EventKind Draw(Random random)
    {
        var at = random.Next(Table.Sum(row => row.Count));
        foreach (var (kind, count) in Table)
        {
            if (at < count) return kind;
            at -= count;
        }
        return EventKind.PageViewed;
    }
}
