namespace Perennial.Segmentation.Domain.Value;

/// <summary>A rule's verdict on a customer.</summary>
/// <param name="Lapsed">The rule takes them for lapsed.</param>
/// <param name="Score">The higher, the surer; only its order counts.</param>
internal readonly record struct LapseVerdict(bool Lapsed, double Score);

/// <summary>How a rule would have done: flagged as lapsed, against who placed no order in the time after.</summary>
/// <param name="Precision">Of those flagged, the share that did not order; null where nobody was flagged.</param>
/// <param name="Recall">Of those who did not order, the share that was flagged; null where everybody ordered.</param>
/// <param name="Auc">Of the score, as a ranking; null where all did alike.</param>
internal sealed record LapseAccuracy(int Customers, double NoOrderRate, int Flagged, double? Precision, double? Recall, double? F1, double Accuracy, double? Auc)
{
    public static LapseAccuracy Of(IReadOnlyList<LapseVerdict> verdicts, IReadOnlyList<bool> stayedAway)
    {
        var (both, flagged, away, right) = (0, 0, 0, 0);
        for (var i = 0; i < verdicts.Count; i++)
        {
            if (verdicts[i].Lapsed) flagged++;
            if (stayedAway[i]) away++;
            if (verdicts[i].Lapsed && stayedAway[i]) both++;
            if (verdicts[i].Lapsed == stayedAway[i]) right++;
        }
        var n = Math.Max(1, verdicts.Count);
        double? precision = flagged == 0 ? null : (double)both / flagged;
        double? recall = away == 0 ? null : (double)both / away;
        return new LapseAccuracy(
            verdicts.Count, (double)away / n, flagged, precision, recall,
            precision is { } p && recall is { } r && p + r > 0 ? 2 * p * r / (p + r) : null,
            (double)right / n,
            Statistics.Auc([.. verdicts.Select(v => v.Score)], stayedAway));
    }
}
