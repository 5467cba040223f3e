namespace Perennial.Segmentation.Domain;

/// <summary>What customers of a shop are measured against, as of a revision.</summary>
/// <param name="AverageSpend">Mean spend of a customer with an order, above 0.</param>
/// <param name="LapseDays">Days without an order after which a customer has lapsed.</param>
/// <param name="LearnTime">The instant whose orders it was learned from; null where it was set by hand.</param>
internal sealed record Population(decimal? AverageSpend, int? LapseDays, RfmCuts? Cuts, string Note, DateTimeOffset? LearnTime = null)
{
    /// <summary>What is not known here is taken from an earlier one.</summary>
    public Population Or(Population? earlier)
        => earlier is null ? this : this with { AverageSpend = AverageSpend ?? earlier.AverageSpend, LapseDays = LapseDays ?? earlier.LapseDays, Cuts = Cuts ?? earlier.Cuts };

    /// <summary>Says nothing new: of what is learned only the figures count.</summary>
    public bool IsSame(Population other)
        => Enum.GetValues<PopulationPart>().All(p => IsSame(p, other)) && LearnTime is null == other.LearnTime is null && (LearnTime is not null || Note == other.Note);

    public bool IsSame(PopulationPart part, Population other) => part switch
    {
        PopulationPart.AverageSpend => AverageSpend == other.AverageSpend,
        PopulationPart.LapseDays => LapseDays == other.LapseDays,
        PopulationPart.RfmCuts => Cuts is { } cuts ? other.Cuts is { } others && cuts.Recency.SequenceEqual(others.Recency) && cuts.Frequency.SequenceEqual(others.Frequency) && cuts.Monetary.SequenceEqual(others.Monetary) : other.Cuts is null,
        _ => true,
    };

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
