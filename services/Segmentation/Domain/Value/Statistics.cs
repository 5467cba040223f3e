namespace Perennial.Segmentation.Domain.Value;

/// <summary>Quantiles, ranks and measures of accuracy.</summary>
internal static class Statistics
{
    /// <summary>Hyndman and Fan's type 7, as R, NumPy and spreadsheets have it. <paramref name="sorted"/> ascending, not empty.</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var place = (sorted.Count - 1) * share;
        var low = (int)Math.Floor(place);
        return low + 1 < sorted.Count ? sorted[low] + (place - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
    }

    /// <summary>Ranks from 1; equal values share the mean of theirs.</summary>
    public static double[] AverageRanks(IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).ToArray();
        Array.Sort(order, (i, j) => values[i].CompareTo(values[j]));
        var ranks = new double[values.Count];
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to < order.Length && values[order[to]] == values[order[from]]) to++;
            for (var i = from; i < to; i++) ranks[order[i]] = (from + 1 + to) / 2.0;
            from = to;
        }
        return ranks;
    }

    /// <summary>Pearson's correlation; null where one side does not vary.</summary>
    public static double? Correlation(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        if (a.Count < 2) return null;
        var (meanA, meanB) = (a.Average(), b.Average());
        var (ab, aa, bb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Count; i++)
        {
            var (da, db) = (a[i] - meanA, b[i] - meanB);
            ab += da * db;
            aa += da * da;
            bb += db * db;
        }
        return aa > 0 && bb > 0 ? ab / Math.Sqrt(aa * bb) : null;
    }

    /// <summary>
    /// Area under the ROC curve: the probability that somebody of whom it was true has a higher score than somebody of whom it was not, ties counting
    /// half. Null where all are alike.
    /// </summary>
    public static double? Auc(IReadOnlyList<double> scores, IReadOnlyList<bool> truths)
    {
        var (sorted, outcomes) = (scores.ToArray(), truths.ToArray());
        var positives = (double)outcomes.Count(t => t);
        var negatives = outcomes.Length - positives;
        if (positives == 0 || negatives == 0) return null;
        Array.Sort(sorted, outcomes);
        var ranks = 0.0;
        for (var from = 0; from < sorted.Length;)
        {
            var (to, among) = (from, 0);
            for (; to < sorted.Length && (to == from || sorted[to] == sorted[from]); to++)
                if (outcomes[to]) among++;
            ranks += among * (from + 1 + to) / 2.0;
            from = to;
        }
        return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
    }
}
