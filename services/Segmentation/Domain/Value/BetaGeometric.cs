using static Perennial.Segmentation.Domain.Value.Special;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>
/// BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24(2):275-284) and MBG/NBD (Batislam, Denizel and Filiztekin 2007): rates of purchase are
/// Gamma(<paramref name="R"/>, rate <paramref name="Alpha"/>), the probability to stop after a purchase is Beta(<paramref name="A"/>, <paramref name="B"/>). The two differ in one purchase: in MBG/NBD
/// the first one is an occasion to stop too. So both are written once, over the number of occasions.
/// </summary>
/// <param name="StopsAtFirst">False: BG/NBD. True: MBG/NBD.</param>
internal sealed record BetaGeometric(double R, double Alpha, double A, double B, bool StopsAtFirst) : PurchaseModel
{
    // Closer to 1 the parameter a takes more digits from a - 1 than are left; values on both sides are interpolated.
    const double NearOne = 1e-4;

    // As many terms of alternating signs cost three digits at most.
    const double AlternatingMax = 10;

    public override PurchaseModelKind Kind => StopsAtFirst ? PurchaseModelKind.MbgNbd : PurchaseModelKind.BgNbd;

    public override IReadOnlyList<(string Name, double Value)> Parameters => [("r", R), ("alpha", Alpha), ("a", A), ("b", B)];

    int Occasions(RepeatPurchases customer) => customer.Count + (StopsAtFirst ? 1 : 0);

    public override double LogLikelihood(RepeatPurchases customer)
    {
        var (x, y) = (customer.Count, Occasions(customer));
        var buys = LogGamma(R + x) - LogGamma(R) + R * Math.Log(Alpha);
        var stays = LogGamma(A + B) + LogGamma(B + y) - LogGamma(B) - LogGamma(A + B + y);
        return buys + stays + LogSum(-(R + x) * Math.Log(Alpha + customer.Age), LogOddsOfStop(y) - (R + x) * Math.Log(Alpha + customer.LastTime));
    }

    /// <summary>ln of the weight of "stopped at the last occasion" against "still there"; there is none before the first occasion.</summary>
    double LogOddsOfStop(int occasions) => occasions == 0 ? double.NegativeInfinity : Math.Log(A / (B + occasions - 1));

    public override double ProbabilityAlive(RepeatPurchases customer)
    {
        var y = Occasions(customer);
        return y == 0 ? 1 : 1 / (1 + Math.Exp(LogOddsOfStop(y) + (R + customer.Count) * Math.Log((Alpha + customer.Age) / (Alpha + customer.LastTime))));
    }

    public override double ProbabilityOfPurchase(double time, RepeatPurchases customer)
        => ProbabilityAlive(customer) * OneMinusExp(-(R + customer.Count) * LogOnePlus(time / (Alpha + customer.Age)));

    public override Lomax? WaitIfActive(RepeatPurchases customer) => new(R + customer.Count, Alpha + customer.Age);

    protected override double PurchasesIfAlive(double time, RepeatPurchases customer) => WhileAlive(R + customer.Count, Alpha + customer.Age, A, B + Occasions(customer), time);

    /// <summary>
    /// Purchases in <paramref name="time"/> of somebody alive whose rate is Gamma(<paramref name="shape"/>, rate <paramref name="scale"/>) and who stops with Beta(<paramref name="a"/>, <paramref name="b"/>):
    /// (a + b - 1) / (a - 1) [1 - (1 - z)^shape 2F1(shape, b; a + b - 1; z)], z = time / (scale + time). Euler's transformation of it has the smaller terms, but of alternating signs where the shape
    /// is large: of those nothing would be left.
    /// </summary>
    static double WhileAlive(double shape, double scale, double a, double b, double time)
    {
        if (Math.Abs(a - 1) < NearOne)
        {
            var share = (a - 1 + NearOne) / (2 * NearOne);
            return (1 - share) * WhileAlive(shape, scale, 1 - 2 * NearOne, b, time) + share * WhileAlive(shape, scale, 1 + 2 * NearOne, b, time);
        }
        // a + b = 1 is a removable pole of the series.
        var c = Math.Abs(a + b - 1) < 1e-9 ? 1e-9 : a + b - 1;
        var z = time / (scale + time);
        var left = LogOnePlus(-z);
        var stayed = c - shape < -AlternatingMax ? Hypergeometric(shape, b, c, z, shape * left) : Hypergeometric(c - shape, a - 1, c, z, (a - 1) * left);
        return c / (a - 1) * (1 - stayed);
    }

    /// <summary>Who has stopped purchases nothing; the rest purchase while they stay, or until they stop at the last of so many.</summary>
    public override double Probability(int count, double time, RepeatPurchases customer)
    {
        var (alive, shape, scale, b) = (ProbabilityAlive(customer), R + customer.Count, Alpha + customer.Age, B + Occasions(customer));
        var stayed = Math.Exp(LogBeta(A, b + count) - LogBeta(A, b) + Nbd.LogProbability(count, time, shape, scale));
        if (count == 0) return alive * stayed + 1 - alive;
        var fewer = 0.0;
        for (var j = 0; j < count; j++) fewer += Math.Exp(Nbd.LogProbability(j, time, shape, scale));
        return alive * (stayed + Math.Exp(LogBeta(A + 1, b + count - 1) - LogBeta(A, b)) * Math.Max(0, 1 - fewer));
    }
}
