using static Perennial.Segmentation.Domain.Value.Special;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>
/// Pareto/NBD (Schmittlein, Morrison and Colombo 1987, Management Science 33(1):1-24): rates of purchase are Gamma(<paramref name="R"/>, rate <paramref name="Alpha"/>), rates of
/// stopping Gamma(<paramref name="S"/>, rate <paramref name="Beta"/>).
/// </summary>
internal sealed record ParetoNbd(double R, double Alpha, double S, double Beta) : PurchaseModel
{
    public override PurchaseModelKind Kind => PurchaseModelKind.ParetoNbd;

    public override IReadOnlyList<(string Name, double Value)> Parameters => [("r", R), ("alpha", Alpha), ("s", S), ("beta", Beta)];

    public override double LogLikelihood(RepeatPurchases customer)
        => LogGamma(R + customer.Count) - LogGamma(R) + R * Math.Log(Alpha) + S * Math.Log(Beta) + LogSum(LogAlive(customer), LogStopped(customer));

    /// <summary>ln of the share of the likelihood in which the customer is still there.</summary>
    double LogAlive(RepeatPurchases customer) => -(R + customer.Count) * Math.Log(Alpha + customer.Age) - S * Math.Log(Beta + customer.Age);

    /// <summary>
    /// ln of the share in which they stopped between their last purchase and now: s times the integral of (alpha + y)^-(r+x) (beta + y)^-(s+1) over that time, as the
    /// difference of its antiderivative's values.
    /// </summary>
    double LogStopped(RepeatPurchases customer)
        => Math.Log(S / (R + S + customer.Count)) + LogDifference(LogTail(customer.Count, customer.LastTime), LogTail(customer.Count, customer.Age));

    /// <summary>
    /// ln of (r+s+x) times the integral from <paramref name="time"/> on: 2F1(m, b; m + 1; z) = (1 - z)^(1 - b) 2F1(1, m + 1 - b; m + 1; z).
    /// </summary>
    public double LogTail(int count, double time)
    {
        var (shape, m) = (R + count, R + S + count);
        var (buys, stops) = (Math.Log(Alpha + time), Math.Log(Beta + time));
        return Alpha >= Beta
            ? -shape * buys - S * stops + Math.Log(HypergeometricOfOne(shape, m + 1, (Alpha - Beta) / (Alpha + time)))
            : -(shape - 1) * buys - (S + 1) * stops + Math.Log(HypergeometricOfOne(S + 1, m + 1, (Beta - Alpha) / (Beta + time)));
    }

    public override double ProbabilityAlive(RepeatPurchases customer) => 1 / (1 + Math.Exp(LogStopped(customer) - LogAlive(customer)));

    /// <summary>1 - L(x, t_x, T + time) / L(x, t_x, T): no purchase is what a longer silence says.</summary>
    public override double ProbabilityOfPurchase(double time, RepeatPurchases customer)
        => Math.Clamp(OneMinusExp(LogLikelihood(customer with { Age = customer.Age + time }) - LogLikelihood(customer)), 0, 1);

    protected override double PurchasesIfAlive(double time, RepeatPurchases customer) => (R + customer.Count) / (Alpha + customer.Age) * Lasting(Beta + customer.Age, S - 1, time);

    /// <summary>Expected time until somebody alive stops, up to <paramref name="time"/>: scale (1 - (scale / (scale + time))^power) / power, with its limit at power 0.</summary>
    static double Lasting(double scale, double power, double time)
    {
        var log = LogOnePlus(time / scale);
        return scale * (Math.Abs(power * log) < 1e-12 ? log : OneMinusExp(-power * log) / power);
    }

    /// <summary>
    /// Of those alive, who stays for all of the time purchases as NBD says, and who stops after t of it as NBD says of t; summed over when they stop, in
    /// v = ln(1 + t / (beta + age)), of which the density is s e^-sv.
    /// </summary>
    public override double Probability(int count, double time, RepeatPurchases customer)
    {
        var (alive, shape, scale, stops) = (ProbabilityAlive(customer), R + customer.Count, Alpha + customer.Age, Beta + customer.Age);
        double Purchases(double t) => Math.Exp(Nbd.LogProbability(count, t, shape, scale));
        var end = LogOnePlus(time / stops);
        var stayed = Math.Exp(-S * end) * Purchases(time);
        var stopped = Integral(v => S * Math.Exp(-S * v) * Purchases(-stops * OneMinusExp(v)), Math.Min(end, Negligible / S));
        return alive * (stayed + stopped) + (count == 0 ? 1 - alive : 0);
    }

    // e^-40 of anything is nothing beside it.
    const double Negligible = 40;

    /// <summary>
    /// DERT: all purchases to come, without an end, each discounted to today (Fader, Hardie and Lee 2005, Journal of Marketing Research 42(4):415-430). Their Tricomi function U(s, s; z), z = rate (beta + age), is
    /// z^(1-s) U(1, 2 - s; z), of which no factor leaves the range of a double. Null where it is infinite: without a discount, for s up to 1.
    /// </summary>
    /// <param name="rate">Continuous discount per unit of time, ln(1 + discount); 0 for none.</param>
    public double? ResidualPurchases(double rate, RepeatPurchases customer)
    {
        var stops = Beta + customer.Age;
        if (rate <= 0 && S <= 1) return null;
        return ProbabilityAlive(customer) * (R + customer.Count) / (Alpha + customer.Age) * stops * TricomiOfOne(S, rate * stops);
    }

    /// <summary>Who has not stopped yet may do so while they wait: no form of its own.</summary>
    public override Lomax? WaitIfActive(RepeatPurchases customer) => null;

    /// <summary>By bisection: the probability of a purchase grows with the time that one waits.</summary>
    public override double? MedianWait(RepeatPurchases customer)
    {
        var (low, high) = (0.0, Alpha + customer.Age);
        for (var doubled = 0; ProbabilityOfPurchase(high, customer) < 0.5; doubled++)
        {
            if (doubled == 40) return null;
            (low, high) = (high, high * 2);
        }
        for (var i = 0; i < 100 && high - low > 1e-9 * high; i++)
        {
            var middle = (low + high) / 2;
            if (ProbabilityOfPurchase(middle, customer) < 0.5) low = middle;
            else high = middle;
        }
        return high;
    }
}
