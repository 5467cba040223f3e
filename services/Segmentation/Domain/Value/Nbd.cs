using static Perennial.Segmentation.Domain.Value.Special;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>
/// Ehrenberg's NBD: rates of purchase are Gamma(<paramref name="R"/>, rate <paramref name="Alpha"/>) over customers, and nobody ever stops. What is left when the data say
/// nothing about stopping.
/// </summary>
internal sealed record Nbd(double R, double Alpha) : PurchaseModel
{
    public override PurchaseModelKind Kind => PurchaseModelKind.Nbd;

    public override IReadOnlyList<(string Name, double Value)> Parameters => [("r", R), ("alpha", Alpha)];

    public override double LogLikelihood(RepeatPurchases customer)
        => LogGamma(R + customer.Count) - LogGamma(R) + R * Math.Log(Alpha) - (R + customer.Count) * Math.Log(Alpha + customer.Age);

    protected override double PurchasesIfAlive(double time, RepeatPurchases customer) => (R + customer.Count) / (Alpha + customer.Age) * time;

    public override double ProbabilityAlive(RepeatPurchases customer) => 1;

    public override double ProbabilityOfPurchase(double time, RepeatPurchases customer)
        => OneMinusExp(-(R + customer.Count) * LogOnePlus(time / (Alpha + customer.Age)));

    public override double Probability(int count, double time, RepeatPurchases customer) => Math.Exp(LogProbability(count, time, R + customer.Count, Alpha + customer.Age));

    /// <summary>ln of the negative binomial probability of that many purchases at rates of Gamma(<paramref name="shape"/>, rate <paramref name="scale"/>).</summary>
    /// <param name="time">0 or more: nobody purchases in no time.</param>
    public static double LogProbability(int count, double time, double shape, double scale)
        => LogGamma(shape + count) - LogGamma(shape) - LogGamma(count + 1) - shape * LogOnePlus(time / scale) + (count == 0 ? 0 : count * Math.Log(time / (scale + time)));

    public override Lomax? WaitIfActive(RepeatPurchases customer) => new(R + customer.Count, Alpha + customer.Age);
}

/// <summary>The wait for the next purchase of somebody alive: exponential with a Gamma rate, so S(w) = (scale / (scale + w))^shape.</summary>
internal readonly record struct Lomax(double Shape, double Scale)
{
    /// <summary>The wait by which that share has purchased; null where it lies beyond every number.</summary>
    public double? Quantile(double share) => Scale * (Math.Pow(1 - share, -1 / Shape) - 1) is var wait && double.IsFinite(wait) ? wait : null;

    /// <summary>The wait by which a purchase has come with probability one half when it comes at all with <paramref name="alive"/>; null up to one half.</summary>
    public double? Median(double alive) => alive <= 0.5 ? null : Quantile(0.5 / alive);

    /// <summary>Null for a shape up to 1, as that of most one-time buyers: it is infinite.</summary>
    public double? Mean => Shape > 1 ? Scale / (Shape - 1) : null;
}
