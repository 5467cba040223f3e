namespace Perennial.Segmentation.Domain.Value;

/// <summary>How equal values are scored. The numbers are stored.</summary>
internal enum RfmTieRule
{
    /// <summary>Between cut points, the quintiles of Hyndman and Fan's type 7: equal values always score alike. The default.</summary>
    CutPoints = 1,

    /// <summary>Fifths of equal size, as SQL's NTILE: customers with equal values are told apart by their id alone.</summary>
    Ntile = 2,

    /// <summary>By mean rank: equal values score alike, and a score that only a large group could have is given to nobody.</summary>
    AverageRank = 3,
}

/// <summary>What RFM looks at.</summary>
/// <param name="RecencyDays">Days since the last order: fewest is best.</param>
/// <param name="Frequency">Orders.</param>
/// <param name="Monetary">Value.</param>
internal readonly record struct RfmValues(int RecencyDays, int Frequency, double Monetary);

/// <summary>Scores from 1 to 5, 5 best.</summary>
internal readonly record struct RfmScore(int Recency, int Frequency, int Monetary)
{
    /// <summary>For example 543.</summary>
    public int Code => 100 * Recency + 10 * Frequency + Monetary;

    public static RfmScore OfCode(int code) => new(code / 100, code / 10 % 10, code % 10);
}

/// <summary>Quintiles of each value, four cut points ascending: type 7.</summary>
internal sealed record RfmCutPoints(IReadOnlyList<double> Recency, IReadOnlyList<double> Frequency, IReadOnlyList<double> Monetary);

/// <summary>RFM over a population (Hughes 1994; Bult and Wansbeek 1995, Marketing Science 14(4):378-394).</summary>
internal static class Rfm
{
    const int Parts = 5;

    /// <summary>One score per customer and the population's cut points.</summary>
    /// <param name="customers">In the order of their ids. At least one.</param>
    public static (RfmScore[] Scores, RfmCutPoints Cuts) Score(IReadOnlyList<RfmValues> customers, RfmTieRule rule)
    {
        double[] recency = [.. customers.Select(c => (double)c.RecencyDays)];
        double[] frequency = [.. customers.Select(c => (double)c.Frequency)];
        double[] monetary = [.. customers.Select(c => c.Monetary)];
        var (r, f, m) = (Scores(recency, rule, fewestAreBest: true), Scores(frequency, rule, fewestAreBest: false), Scores(monetary, rule, fewestAreBest: false));
        return ([.. r.Select((score, i) => new RfmScore(score, f[i], m[i]))], new RfmCutPoints(Cuts(recency), Cuts(frequency), Cuts(monetary)));
    }

    /// <summary>Quintiles of each value.</summary>
    /// <param name="customers">At least one.</param>
    public static RfmCutPoints Cuts(IReadOnlyList<RfmValues> customers)
        => new(Cuts([.. customers.Select(c => (double)c.RecencyDays)]), Cuts([.. customers.Select(c => (double)c.Frequency)]), Cuts([.. customers.Select(c => c.Monetary)]));

    static double[] Cuts(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return [.. Enumerable.Range(1, Parts - 1).Select(i => Statistics.Quantile(sorted, i / (double)Parts))];
    }

    static int[] Scores(double[] values, RfmTieRule rule, bool fewestAreBest)
    {
        // The extra customers of an uneven NTILE go to the lowest scores, so there the direction is part of the ranking.
        if (rule == RfmTieRule.Ntile) return Ntile(values, fewestAreBest);
        var cuts = Cuts(values);
        IEnumerable<int> ascending = rule switch
        {
            RfmTieRule.CutPoints => values.Select(v => 1 + cuts.Count(c => c < v)),
            RfmTieRule.AverageRank => Statistics.AverageRanks(values).Select(rank => (int)Math.Ceiling(Math.Round(Parts * rank / values.Length, 9))),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "No such rule."),
        };
        return [.. ascending.Select(score => fewestAreBest ? Parts + 1 - score : score)];
    }

    /// <summary>The first parts take one more where they do not come out even.</summary>
    static int[] Ntile(double[] values, bool fewestAreBest)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(i => fewestAreBest ? -values[i] : values[i]).ToArray();
        var (size, larger) = Math.DivRem(values.Length, Parts);
        var scores = new int[values.Length];
        for (var place = 0; place < order.Length; place++)
            scores[order[place]] = 1 + (place < larger * (size + 1) ? place / (size + 1) : larger + (place - larger * (size + 1)) / size);
        return scores;
    }
}
