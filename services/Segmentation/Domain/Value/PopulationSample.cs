namespace Perennial.Segmentation.Domain.Value;

/// <summary>Collects the buyers of a shop as of a day, one by one, for what customers are measured against.</summary>
/// <param name="asOf">Day number; it is included.</param>
internal sealed class PopulationSample(int asOf)
{
    readonly List<RfmValues> _buyers = [];
    decimal _spend;

    /// <param name="buyer">With an order, none after the day of the sample.</param>
    public void Add(Buyer buyer)
    {
        _buyers.Add(new RfmValues(asOf - buyer.Orders[^1].Day, buyer.Orders.Length, (double)buyer.Value));
        _spend += buyer.Value;
    }

    /// <summary>Null where nobody has bought.</summary>
    /// <param name="revision">Of the value models that the lapse threshold comes from.</param>
    public Population? Learn(LapseThreshold lapse, int revision)
    {
        if (_buyers.Count == 0) return null;
        var (mean, cuts) = (decimal.Round(_spend / _buyers.Count, 4), Rfm.Cuts(_buyers));
        return new Population(
            mean > 0 ? mean : null,
            lapse.Days,
            new RfmCuts([.. cuts.Recency.Select(Grid)], [.. cuts.Frequency.Select(Grid)], [.. cuts.Monetary.Select(Grid)]),
            FormattableString.Invariant($"Learned from {_buyers.Count} buyers: mean spend, lapse threshold ({lapse.Explanation}), quintiles (type 7)."),
            revision);
    }

    static decimal Grid(double cut) => decimal.Round((decimal)cut, 4);
}
