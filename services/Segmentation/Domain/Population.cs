namespace Perennial.Segmentation.Domain;

/// <summary>What customers of a shop are measured against, as of a revision.</summary>
/// <param name="AverageSpend">Mean spend of a customer with an order, above 0.</param>
/// <param name="LapseDays">Days without an order after which a customer has lapsed.</param>
internal sealed record Population(decimal? AverageSpend, int? LapseDays, RfmCuts? Cuts, string Note)
{
    public bool Has(PopulationPart part) => part switch
    {
        PopulationPart.AverageSpend => AverageSpend is not null,
        PopulationPart.LapseDays => LapseDays is not null,
        PopulationPart.RfmCuts => Cuts is not null,
        _ => true,
    };
}

/// <summary>
/// Four cut points each, ascending; ties are allowed, as most customers of a shop may have one order. Scores by Hyndman and Fan's type 7 quantiles, or by
/// any others: the product does not know where the points come from.
/// </summary>
internal sealed record RfmCuts(IReadOnlyList<decimal> Recency, IReadOnlyList<decimal> Frequency, IReadOnlyList<decimal> Monetary)
{
    public const int PerScore = 4;

    /// <summary>1 and one more for every cut point below the value.</summary>
    public static int Score(IReadOnlyList<decimal> cuts, decimal value) => 1 + cuts.Count(cut => cut < value);
}
