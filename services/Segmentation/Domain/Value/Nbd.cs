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

    public override double ExpectedPurchases(double time) => R / Alpha * time;

    public override double ExpectedPurchases(double time, RepeatPurchases customer) => (R + customer.Count) / (Alpha + customer.Age) * time;

    public override double ProbabilityAlive(RepeatPurchases customer) => 1;

    public override double ProbabilityOfPurchase(double time, RepeatPurchases customer)
        => OneMinusExp(-(R + customer.Count) * LogOnePlus(time / (Alpha + customer.Age)));

    public override double? MedianWait(RepeatPurchases customer) => Lomax.Median(R + customer.Count, Alpha + customer.Age, 1);
}

/// <summary>The wait for the next purchase of somebody alive: exponential with a Gamma rate, so S(w) = (scale / (scale + w))^shape.</summary>
internal static class Lomax
{
    /// <summary>The wait by which a purchase has come with probability one half when it comes at all with <paramref name="alive"/>; null up to one half.</summary>
    public static double? Median(double shape, double scale, double alive)
    {
        if (alive <= 0.5) return null;
        var wait = scale * (Math.Pow(1 - 0.5 / alive, -1 / shape) - 1);
        return double.IsFinite(wait) ? wait : null;
    }
}
