namespace Perennial.Segmentation.Domain.Value;

/// <summary>A model of when customers buy and when they stop, with its parameters. The names are stored and shown.</summary>
internal enum PurchaseModelKind
{
    /// <summary>Gamma-Poisson: customers never stop.</summary>
    Nbd = 1,

    /// <summary>Fader, Hardie and Lee 2005: a customer may stop after any repeat purchase.</summary>
    BgNbd = 2,

    /// <summary>Batislam, Denizel and Filiztekin 2007: likewise, after the first purchase too.</summary>
    MbgNbd = 3,

    /// <summary>Schmittlein, Morrison and Colombo 1987: a customer may stop at any time.</summary>
    ParetoNbd = 4,
}

/// <summary>Names as the contract has them.</summary>
internal static class PurchaseModelKinds
{
    public static string Name(this PurchaseModelKind kind) => kind switch
    {
        PurchaseModelKind.Nbd => "nbd",
        PurchaseModelKind.BgNbd => "bg_nbd",
        PurchaseModelKind.MbgNbd => "mbg_nbd",
        _ => "pareto_nbd",
    };
}

/// <summary>
/// A fitted model of repeat purchases. All times are in the unit of the fit, counted from the first purchase. What is conditional is given a
/// customer's <see cref="RepeatPurchases"/>.
/// </summary>
internal abstract record PurchaseModel
{
    public abstract PurchaseModelKind Kind { get; }

    /// <summary>In the order of the literature, by name.</summary>
    public abstract IReadOnlyList<(string Name, double Value)> Parameters { get; }

    /// <summary>ln of the likelihood of one customer, without the x! term (as BTYD, CLVTools and lifetimes have it).</summary>
    public abstract double LogLikelihood(RepeatPurchases customer);

    /// <summary>E[X(t)]: repeat purchases of a new customer in their first <paramref name="time"/>.</summary>
    public double ExpectedPurchases(double time) => ExpectedPurchases(time, RepeatPurchases.New);

    /// <summary>P(X(t) = n): the probability that a new customer makes exactly that many repeat purchases in their first <paramref name="time"/>.</summary>
    public double Probability(int count, double time) => Probability(count, time, RepeatPurchases.New);

    /// <summary>Purchases to come in the next <paramref name="time"/>; 0 for 0, never falling.</summary>
    public double ExpectedPurchases(double time, RepeatPurchases customer) => time <= 0 ? 0 : ProbabilityAlive(customer) * PurchasesIfAlive(time, customer);

    /// <summary>Of somebody who has not stopped yet, and may.</summary>
    /// <param name="time">Above 0.</param>
    protected abstract double PurchasesIfAlive(double time, RepeatPurchases customer);

    /// <summary>
    /// P(alive). For BG/NBD exactly 1 without a repeat purchase, so it says nothing about churn there; for NBD always 1. Ask
    /// <see cref="ProbabilityOfPurchase"/> for a score.
    /// </summary>
    public abstract double ProbabilityAlive(RepeatPurchases customer);

    /// <summary>P(at least one purchase in the next <paramref name="time"/>).</summary>
    public abstract double ProbabilityOfPurchase(double time, RepeatPurchases customer);

    /// <summary>P(exactly <paramref name="count"/> purchases in the next <paramref name="time"/>); 1 in sum over all counts.</summary>
    /// <param name="time">Above 0.</param>
    public abstract double Probability(int count, double time, RepeatPurchases customer);

    /// <summary>The wait of somebody who has not stopped for their next purchase; null where the model has them stop while they wait (Pareto/NBD).</summary>
    public abstract Lomax? WaitIfActive(RepeatPurchases customer);

    /// <summary>
    /// Time within which the next purchase comes with probability one half; null where it never comes with that probability ("no date"). The mean
    /// is infinite, as some have stopped.
    /// </summary>
    public virtual double? MedianWait(RepeatPurchases customer) => WaitIfActive(customer)?.Median(ProbabilityAlive(customer));

    /// <summary>
    /// Days of silence after the last purchase from which on P(purchase within <paramref name="horizon"/>) is below <paramref name="level"/>; null when it still is
    /// not after <paramref name="silenceMax"/>. The probability falls with silence in every model here, so bisection finds it.
    /// </summary>
    public int? SilenceUntilLapsed(RepeatPurchases customer, double horizon, double level, int silenceMax)
    {
        if (!IsLapsed(silenceMax)) return null;
        var (low, high) = (-1, silenceMax);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (IsLapsed(middle)) high = middle;
            else low = middle;
        }
        return high;

        bool IsLapsed(int silence) => ProbabilityOfPurchase(horizon, customer with { Age = customer.LastTime + silence }) < level;
    }

    /// <summary>
    /// Purchases to come, each discounted to today at the end of its period: the sum over <paramref name="periods"/> of those expected in it / (1 + rate)^i.
    /// </summary>
    /// <param name="rate">Discount per period; 0 for none.</param>
    public double DiscountedPurchases(int periods, double periodLength, double rate, RepeatPurchases customer)
    {
        var (sum, before, worth) = (0.0, 0.0, 1.0);
        for (var i = 1; i <= periods; i++)
        {
            var until = PurchasesIfAlive(i * periodLength, customer);
            worth /= 1 + rate;
            sum += (until - before) * worth;
            before = until;
        }
        return ProbabilityAlive(customer) * sum;
    }

    /// <summary>Summed over a population.</summary>
    public double LogLikelihood(RepeatTable table)
    {
        var sum = 0.0;
        for (var i = 0; i < table.Rows.Length; i++) sum += table.Weights[i] * LogLikelihood(table.Rows[i]);
        return sum;
    }
}
