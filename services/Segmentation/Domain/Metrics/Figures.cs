namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>What the metrics of a window are made of. Orders are those that count at as_of, by the shop's days on which they were placed.</summary>
/// <param name="NewCustomers">Customers whose first order lies in the window.</param>
/// <param name="Orders">In the window.</param>
/// <param name="Revenue">Value of the orders in the window, less refunds; a refund of no known order counts on its own day.</param>
/// <param name="GapDays">Days between each order in the window that is not its customer's first and the one before.</param>
/// <param name="Customers">With an order in the window.</param>
/// <param name="RepeatCustomers">With two or more.</param>
/// <param name="ActiveAtStart">With an order in the days of the lapse that end on the day before the window.</param>
/// <param name="ActiveAtEnd">The same on the last day of the window.</param>
/// <param name="Lost">Times in the window that a customer's silence came to the days of the lapse.</param>
internal sealed record Figures(
    MetricWindow Window, int LapseDays, long NewCustomers, long Orders, decimal Revenue, long GapDays,
    long Customers, long RepeatCustomers, long ActiveAtStart, long ActiveAtEnd, long Lost)
{
    /// <summary>Orders in the window that are not their customer's first.</summary>
    public long Gaps => Orders - NewCustomers;

    /// <summary>Times that a customer who was lost ordered again, in the window: who is active now was so, is new, or came back; less who was lost.</summary>
    public long Returned => ActiveAtEnd - ActiveAtStart + Lost - NewCustomers;

    /// <summary>The sums that <see cref="Of"/> needs, of tallies changed up to the day of as_of.</summary>
    /// <param name="window">All time, a month, or one of the plan's lengths up to today.</param>
    /// <param name="lapseDays">One of the plan's.</param>
    public static IReadOnlyList<TallyRange> Ranges(MetricWindow window, int lapseDays)
    {
        var (from, to) = (window.From, window.To);
        return
        [
            new(TallyKind.Day, 0, from, to),
            .. Buyers(window, TallyKind.Entered, TallyKind.Left, 1),
            .. Buyers(window, TallyKind.EnteredTwice, TallyKind.LeftTwice, 2),
            Until(TallyKind.Entered, lapseDays, from - 1), Until(TallyKind.Left, lapseDays, from - 2),
            Until(TallyKind.Entered, lapseDays, to), Until(TallyKind.Left, lapseDays, to - 1),
        ];
    }

    /// <summary>What is added, and what is taken off: customers with at least n orders in the window.</summary>
    static TallyRange[] Buyers(MetricWindow window, TallyKind entered, TallyKind left, int n)
    {
        if (window.Month is { } month) return [new(TallyKind.Month, n, month.Index, month.Index), TallyRange.Empty];
        if (!window.IsAllTime) return [Until(entered, window.Days, window.To), Until(left, window.Days, window.To - 1)];
        return [n == 1 ? new(TallyKind.Day, 0, window.From, window.To) : OrderLags.Lags with { FromA = n - 1, ToA = n - 1 }, TallyRange.Empty];
    }

    static TallyRange Until(TallyKind kind, int length, int day) => new(kind, length, int.MinValue, day);

    /// <param name="sums">Of <see cref="Ranges"/>, in their order.</param>
    public static Figures Of(MetricWindow window, int lapseDays, IReadOnlyList<Measures> sums) => new(
        window, lapseDays, sums[0].Customers, sums[0].Orders, sums[0].Revenue, sums[0].Days,
        Customers: (sums[1] - sums[2]).Customers,
        RepeatCustomers: (sums[3] - sums[4]).Customers,
        ActiveAtStart: (sums[5] - sums[6]).Customers,
        ActiveAtEnd: (sums[7] - sums[8]).Customers,
        Lost: (sums[8] - sums[6]).Customers);
}
