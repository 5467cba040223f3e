namespace Perennial.Segmentation.Domain.Value;

/// <summary>How close predicted counts came to those that happened.</summary>
/// <param name="LogError">Mean of (ln(1 + predicted) - ln(1 + actual))^2.</param>
/// <param name="Correlation">Pearson's; null where one side does not vary.</param>
/// <param name="RankCorrelation">Spearman's; likewise.</param>
internal sealed record CountAccuracy(double MeanAbsoluteError, double RootMeanSquareError, double LogError, double? Correlation, double? RankCorrelation, double TotalPredicted, double TotalActual)
{
    /// <summary>Of the total, in per cent; null where nothing happened.</summary>
    public double? TotalErrorPercent => TotalActual == 0 ? null : 100 * (TotalPredicted - TotalActual) / TotalActual;

    public static CountAccuracy Of(IReadOnlyList<double> predicted, IReadOnlyList<double> actual)
    {
        var (absolute, square, log) = (0.0, 0.0, 0.0);
        for (var i = 0; i < predicted.Count; i++)
        {
            var difference = predicted[i] - actual[i];
            absolute += Math.Abs(difference);
            square += difference * difference;
            log += Math.Pow(Special.LogOnePlus(predicted[i]) - Special.LogOnePlus(actual[i]), 2);
        }
        var n = Math.Max(1, predicted.Count);
        return new CountAccuracy(
            absolute / n,
            Math.Sqrt(square / n),
            log / n,
            Statistics.Correlation(predicted, actual),
            Statistics.Correlation(Statistics.AverageRanks(predicted), Statistics.AverageRanks(actual)),
            predicted.Sum(),
            actual.Sum());
    }
}

/// <summary>How good probabilities of an outcome were.</summary>
/// <param name="Auc">As a ranking; null where the outcome was the same for all.</param>
/// <param name="Brier">Mean square error.</param>
/// <param name="LogLoss">Mean of -ln(the probability given to what happened), each bounded away from 0 and 1 by 1e-12.</param>
/// <param name="Mean">Mean probability, to compare with the rate of the outcome.</param>
internal sealed record ProbabilityAccuracy(double? Auc, double Brier, double LogLoss, double Mean)
{
    const double Edge = 1e-12;

    public static ProbabilityAccuracy Of(IReadOnlyList<double> probabilities, IReadOnlyList<bool> outcomes)
    {
        var (brier, loss) = (0.0, 0.0);
        for (var i = 0; i < probabilities.Count; i++)
        {
            var p = Math.Clamp(probabilities[i], Edge, 1 - Edge);
            brier += Math.Pow(probabilities[i] - (outcomes[i] ? 1 : 0), 2);
            loss -= Math.Log(outcomes[i] ? p : 1 - p);
        }
        var n = Math.Max(1, probabilities.Count);
        return new ProbabilityAccuracy(Statistics.Auc(probabilities, outcomes), brier / n, loss / n, probabilities.Sum() / n);
    }
}

/// <summary>Customers who made the same number of repeat purchases before the holdout began.</summary>
/// <param name="Count">That number; the last group holds all who made as many or more.</param>
/// <param name="Predicted">Mean of the predictions for the holdout.</param>
/// <param name="Actual">Mean of what they bought in it.</param>
internal sealed record FrequencyGroup(int Count, int Customers, double Predicted, double Actual);

/// <summary>A customer before the holdout began, and their purchases in it.</summary>
internal readonly record struct HoldoutCustomer(RepeatPurchases Known, int Actual)
{
    /// <summary>What their gaps were like before; of those with two or more.</summary>
    public OwnGaps Own { get; init; }

    /// <summary>Since their last purchase.</summary>
    public double Silence => Known.Age - Known.LastTime;
}

/// <summary>Gaps of one customer: how many, and quantiles of their length.</summary>
internal readonly record struct OwnGaps(int Count, double Median, double P90);

/// <summary>What a model says of customers before a holdout, one after the other.</summary>
/// <param name="Expected">Purchases in the holdout.</param>
/// <param name="Active">P(purchase in the holdout).</param>
/// <param name="Alive">P(alive) before it.</param>
internal sealed record HoldoutScores(double[] Expected, double[] Active, double[] Alive)
{
    /// <summary>Worked out once for customers with the same history.</summary>
    /// <param name="length">Of the holdout, in the unit of the model.</param>
    public static HoldoutScores Of(PurchaseModel model, double length, IReadOnlyList<HoldoutCustomer> customers)
    {
        var known = new Dictionary<RepeatPurchases, int>();
        var scores = new HoldoutScores(new double[customers.Count], new double[customers.Count], new double[customers.Count]);
        for (var i = 0; i < customers.Count; i++)
        {
            var customer = customers[i].Known;
            scores[i] = known.TryGetValue(customer, out var same) ? scores[same] : (model.ExpectedPurchases(length, customer), model.ProbabilityOfPurchase(length, customer), model.ProbabilityAlive(customer));
            known.TryAdd(customer, i);
        }
        return scores;
    }

    (double Expected, double Active, double Alive) this[int i]
    {
        get => (Expected[i], Active[i], Alive[i]);
        set => (Expected[i], Active[i], Alive[i]) = value;
    }
}

/// <summary>A model that was fitted on the time before, held against what happened after.</summary>
/// <param name="Alive">P(alive) as a prediction of a purchase in the holdout; null for NBD, where all are alive.</param>
/// <param name="Active">P(purchase in the holdout) as its own prediction.</param>
/// <param name="ExpectedAuc">The expected count as a ranking of who buys.</param>
/// <param name="RecencyAuc">The same for plain recency: what a model has to beat.</param>
/// <param name="Groups">By purchases before: where a model errs.</param>
internal sealed record HoldoutAccuracy(CountAccuracy Purchases, ProbabilityAccuracy? Alive, ProbabilityAccuracy Active, double? ExpectedAuc, double? RecencyAuc, double ActiveRate, IReadOnlyList<FrequencyGroup> Groups)
{
    const int GroupMax = 7;

    /// <param name="kind">Whose scores they are.</param>
    public static HoldoutAccuracy Of(PurchaseModelKind kind, HoldoutScores scores, IReadOnlyList<HoldoutCustomer> customers)
    {
        var truths = customers.Select(c => c.Actual > 0).ToArray();
        return new HoldoutAccuracy(
            CountAccuracy.Of(scores.Expected, [.. customers.Select(c => (double)c.Actual)]),
            kind == PurchaseModelKind.Nbd ? null : ProbabilityAccuracy.Of(scores.Alive, truths),
            ProbabilityAccuracy.Of(scores.Active, truths),
            Statistics.Auc(scores.Expected, truths),
            Statistics.Auc([.. customers.Select(c => -c.Silence)], truths),
            customers.Count == 0 ? 0 : (double)truths.Count(t => t) / customers.Count,
            [.. customers.Index().GroupBy(c => Math.Min(c.Item.Known.Count, GroupMax)).OrderBy(g => g.Key)
                .Select(g => new FrequencyGroup(g.Key, g.Count(), g.Average(c => scores.Expected[c.Index]), g.Average(c => c.Item.Actual)))]);
    }
}
