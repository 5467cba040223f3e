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

/// <summary>A rule for "lapsed", and how it would have done.</summary>
/// <param name="Name">For example shop_threshold.</param>
/// <param name="Description">Whom it takes for lapsed.</param>
/// <param name="Days">The silence that it asks of everybody; null where that differs by customer.</param>
internal sealed record LapseRule(string Name, string Description, double? Days, LapseAccuracy Accuracy);

/// <summary>
/// What each rule for "lapsed" would have said one horizon ago, from what was known then, against who has ordered since: the rules of this house beside those that others
/// use, so that a person sees how well the chosen threshold predicts, and what another would have cost.
/// </summary>
internal sealed class LapseBacktest
{
    const string OrderProbability = "order_probability_", AliveProbability = "alive_probability_";

    readonly IReadOnlyList<HoldoutCustomer> _customers;
    readonly bool[] _stayedAway;
    readonly int _horizon;
    readonly double _level;
    readonly List<LapseRule> _rules = [];

    /// <param name="customers">As known when the horizon began.</param>
    /// <param name="gaps">All gaps of then.</param>
    public LapseBacktest(IReadOnlyList<HoldoutCustomer> customers, OrderGaps gaps, int horizon, double level)
    {
        (_customers, _horizon, _level, _stayedAway) = (customers, horizon, level, [.. customers.Select(c => c.Actual == 0)]);
        AddShopRules(gaps);
        AddOwnRules(gaps.Completed);
    }

    /// <summary>The rules of the shop first, then those of its models in the order in which they were added.</summary>
    public IReadOnlyList<LapseRule> Rules => _rules;

    void AddShopRules(OrderGaps gaps)
    {
        if (gaps.Analyse(_horizon, _level).Threshold.Days is { } days)
            Add("shop_threshold", FormattableString.Invariant($"Silent for at least {days} days: of those fewer than {100 * _level:F0} % come back within {_horizon}."), days, c => (c.Silence >= days, c.Silence));
        foreach (var percent in (int[])[80, 90, 95])
        {
            if (gaps.Completed.Quantile(percent / 100.0) is { } longest)
                Add($"gap_p{percent}", $"Silent for longer than {percent} % of completed gaps.", longest, c => (c.Silence > longest, c.Silence));
        }
        foreach (var silence in (int[])[90, 180])
            Add($"days_{silence}", $"Silent for more than {silence} days.", silence, c => (c.Silence > silence, c.Silence));
    }

    /// <summary>By the customer's own gaps, and the shop's where they have too few.</summary>
    void AddOwnRules(DayCounts completed)
    {
        if (completed.Quantile(0.5) is not { } median || completed.Quantile(0.9) is not { } ninth) return;
        // A rhythm of days says little about a horizon of months.
        var shortest = _horizon / 2.0;
        Add("own_p90", FormattableString.Invariant($"Silent for longer than 90 % of their own gaps and than {shortest} days; with fewer than {OrderGaps.RhythmGapsMin} gaps, than 90 % of the shop's."), null,
            c => (c.Own.Count >= OrderGaps.RhythmGapsMin ? Math.Max(c.Own.P90, shortest) : ninth) is var longest ? (c.Silence > longest, c.Silence / longest) : default);
        Add("own_median_3x", "Silent for longer than three times the median of their own gaps; with fewer than 2 gaps, of the shop's.", null,
            c => (c.Own.Count >= 2 ? c.Own.Median : median) is var own ? (c.Silence > 3 * own, c.Silence / own) : default);
    }

    /// <summary>The rules of a model that was fitted on what was known when the horizon began.</summary>
    public void Add(PurchaseModel model, HoldoutScores scores)
    {
        var name = model.Kind.Name();
        Add(OrderProbability + name, FormattableString.Invariant($"An order within {_horizon} days is less probable than {100 * _level:F0} % after {name}."), (c, i) => (scores.Active[i] < _level, -scores.Active[i]));
        if (model.Kind is PurchaseModelKind.MbgNbd or PurchaseModelKind.ParetoNbd)
            Add(AliveProbability + name, $"P(alive) is below 50 % after {name}.", (c, i) => (scores.Alive[i] < 0.5, -scores.Alive[i]));
        if (model.Kind is PurchaseModelKind.Nbd)
            Add("own_posterior_q90", "Silent for longer than 90 % of their gaps to come would last after nbd, if nobody ever stopped.", null,
                c => model.WaitIfActive(c.Known with { Age = c.Known.LastTime })?.Quantile(0.9) is { } longest ? (c.Silence > longest, c.Silence / longest) : (false, 0));
    }

    void Add(string name, string description, double? days, Func<HoldoutCustomer, (bool Lapsed, double Score)> rule) => Add(name, description, (c, _) => rule(c), days);

    void Add(string name, string description, Func<HoldoutCustomer, int, (bool Lapsed, double Score)> rule, double? days = null)
        => _rules.Add(new(name, description, days, LapseAccuracy.Of([.. _customers.Select((c, i) => rule(c, i) is var (lapsed, score) ? new LapseVerdict(lapsed, score) : default)], _stayedAway)));
}
