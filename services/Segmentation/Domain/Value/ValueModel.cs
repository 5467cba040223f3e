namespace Perennial.Segmentation.Domain.Value;

/// <summary>A parameter as it is stored and shown.</summary>
/// <param name="StandardError">Null where the data do not bound it, and in revisions that were made before errors were.</param>
internal sealed record ModelParameter(string Name, double Value, double? StandardError = null);

/// <summary>A purchase model as it was fitted to a shop. Its times are days.</summary>
/// <param name="LogLikelihood">Without the x! term.</param>
/// <param name="GainOverNbd">By how much allowing customers to stop makes the data more likely (ln); 0 for NBD.</param>
/// <param name="IsIdentified">The data say something about it: the gain is at least <see cref="ValueModel.GainMin"/> and no parameter ran off to the edge of the search.</param>
/// <param name="Holdout">Fitted on the time before, held against the time after; null where the history is too short for one.</param>
internal sealed record FittedModel(PurchaseModelKind Kind, IReadOnlyList<ModelParameter> Parameters, double LogLikelihood, double GainOverNbd, bool IsIdentified, HoldoutAccuracy? Holdout)
{
    public PurchaseModel ToModel() => (Kind, Parameters.Select(p => p.Value).ToArray()) switch
    {
        (PurchaseModelKind.Nbd, [var r, var alpha]) => new Nbd(r, alpha),
        (PurchaseModelKind.BgNbd, [var r, var alpha, var a, var b]) => new BetaGeometric(r, alpha, a, b, StopsAtFirst: false),
        (PurchaseModelKind.MbgNbd, [var r, var alpha, var a, var b]) => new BetaGeometric(r, alpha, a, b, StopsAtFirst: true),
        (PurchaseModelKind.ParetoNbd, [var r, var alpha, var s, var beta]) => new ParetoNbd(r, alpha, s, beta),
        _ => throw new InvalidOperationException($"{Kind} does not have {Parameters.Count} parameters."),
    };
}

/// <summary>The spend model as it was fitted to a shop, in its currency.</summary>
/// <param name="Customers">Those with a repeat purchase of a value above 0.</param>
/// <param name="Correlation">Of frequency and spend, which the model takes for unrelated; null where one of them does not vary.</param>
/// <param name="StandardErrors">Of p, q and gamma; null as <see cref="ModelParameter.StandardError"/> is.</param>
internal sealed record FittedSpend(double P, double Q, double Gamma, double LogLikelihood, int Customers, double? Correlation, bool IsIdentified, double[]? StandardErrors = null)
{
    public GammaGamma ToModel() => new(P, Q, Gamma);
}

/// <summary>All that is known of what customers of a shop are worth, as of a day.</summary>
/// <param name="Customers">Buyers that it rests on.</param>
/// <param name="RepeatPurchases">Days on which they bought again.</param>
/// <param name="HoldoutDays">Length of the holdout; 0 where there is none.</param>
/// <param name="Models">Every purchase model, NBD first; empty where nothing can be fitted.</param>
/// <param name="Chosen">The one that predictions come from; null where nothing can be fitted.</param>
/// <param name="Why">Why that one, or why none.</param>
/// <param name="Spend">Null where too few bought again.</param>
/// <param name="Lapse">What "lapsed" means in the shop, on the same orders.</param>
/// <param name="LapseRules">How that rule and others would have done one holdout ago; empty without a holdout.</param>
/// <param name="OrderMonths">First days of the months in which somebody ordered, ascending.</param>
internal sealed record ValueModel(
    ValueGate Gate, int Customers, long RepeatPurchases, int HoldoutDays,
    IReadOnlyList<FittedModel> Models, PurchaseModelKind? Chosen, string Why, FittedSpend? Spend, LapseThreshold Lapse,
    IReadOnlyList<LapseRule> LapseRules, IReadOnlyList<DateOnly> OrderMonths)
{
    /// <summary>
    /// Two more parameters must make the data more likely by as much (ln): half of what a likelihood ratio test at 5 % asks with two degrees of freedom (2.996), rounded
    /// down, as degenerate fits gain far less.
    /// </summary>
    public const double GainMin = 2;

    // Revisions that were made before these were do not have them.
    public IReadOnlyList<LapseRule> LapseRules { get; } = LapseRules ?? [];
    public IReadOnlyList<DateOnly> OrderMonths { get; } = OrderMonths ?? [];

    public FittedModel? ChosenModel => Models.FirstOrDefault(m => m.Kind == Chosen);

    /// <summary>False where a model could be fitted but says nothing about customers who stop.</summary>
    public bool IsDropoutIdentified => Chosen is not null and not PurchaseModelKind.Nbd;

    /// <summary>
    /// The likeliest of those identified; MBG/NBD where it is within <see cref="GainMin"/> of the likeliest, which the data then cannot tell apart: it alone of
    /// the two cheap ones lets one-time buyers stop. NBD where none is identified.
    /// </summary>
    public static (PurchaseModelKind? Chosen, string Why) Choose(IReadOnlyList<FittedModel> models)
    {
        if (models.Count == 0) return (null, "Nobody bought again on another day, so no rhythm of buying can be told.");
        var identified = models.Where(m => m.IsIdentified && m.Kind != PurchaseModelKind.Nbd).ToList();
        if (identified.Count == 0)
            return (PurchaseModelKind.Nbd, FormattableString.Invariant($"Dropout not identified: letting customers stop makes the data likelier by {models.Max(m => m.GainOverNbd):F2} at most (ln), less than {GainMin:F0}, or runs off to the edge. NBD, and the lapse threshold for the silent."));
        var best = identified.MaxBy(m => m.LogLikelihood)!;
        if (identified.FirstOrDefault(m => m.Kind == PurchaseModelKind.MbgNbd) is { } mbg && best.LogLikelihood - mbg.LogLikelihood <= GainMin)
            return (mbg.Kind, FormattableString.Invariant($"MBG/NBD is likelier than NBD by {mbg.GainOverNbd:F2} (ln) and within {GainMin:F0} of the likeliest, and lets one-time buyers stop."));
        return (best.Kind, FormattableString.Invariant($"The likeliest: by {best.GainOverNbd:F2} (ln) over NBD, which lets nobody stop."));
    }
}
