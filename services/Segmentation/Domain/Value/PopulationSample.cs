namespace Perennial.Segmentation.Domain.Value;

/// <summary>Collects the buyers of a shop as of a day, one by one, for what customers are measured against.</summary>
/// <param name="asOf">Orders up to here count.</param>
/// <param name="today">Its day number.</param>
internal sealed class PopulationSample(DateTimeOffset asOf, int today)
{
    readonly List<RfmValues> _buyers = [];
    decimal _spend;

    /// <param name="buyer">With an order, none after the day of the sample.</param>
    public void Add(Buyer buyer)
    {
        _buyers.Add(new RfmValues(today - buyer.Orders[^1].Day, buyer.Orders.Length, (double)buyer.Value));
        _spend += buyer.Value;
    }

    /// <summary>Null where nobody has bought.</summary>
    public Population? Learn(OrderGapAnalysis gaps)
    {
        if (_buyers.Count == 0) return null;
        var (lapse, why) = Lapse(gaps);
        var (mean, cuts) = (decimal.Round(_spend / _buyers.Count, 4), Rfm.Cuts(_buyers));
        return new Population(
            mean > 0 ? mean : null,
            lapse,
            new RfmCuts([.. cuts.Recency.Select(Grid)], [.. cuts.Frequency.Select(Grid)], [.. cuts.Monetary.Select(Grid)]),
            FormattableString.Invariant($"Learned from {_buyers.Count} buyers: mean spend; lapse: {why}; quintiles of type 7."),
            asOf);
    }

    /// <summary>
    /// The silence after which customers seldom come back, where the history is long enough to tell; else the one within which four of five gaps end, open gaps
    /// counted in (Kaplan and Meier 1958): completed gaps alone would understate it.
    /// </summary>
    static (int? Days, string Why) Lapse(OrderGapAnalysis gaps)
        => gaps.Threshold.Days is { } days ? (days, gaps.Threshold.Explanation)
        : gaps.Estimate.P80 is { } within ? (within, FormattableString.Invariant($"four of five gaps end within {within} days (Kaplan-Meier); {gaps.Threshold.Explanation}"))
        : (null, gaps.Threshold.Explanation);

    static decimal Grid(double cut) => decimal.Round((decimal)cut, 4);
}
