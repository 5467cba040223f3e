namespace Perennial.Segmentation.Domain.Value;

/// <summary>How often something took each whole number of days. Quantiles are those of the single values.</summary>
internal sealed class DayCounts
{
    long[] _counts = new long[512];

    /// <summary>Values counted.</summary>
    public long Total { get; private set; }

    /// <summary>The greatest value counted, -1 before the first.</summary>
    public int Longest { get; private set; } = -1;

    public long this[int days] => days < _counts.Length ? _counts[days] : 0;

    public void Add(int days)
    {
        if (days >= _counts.Length) Array.Resize(ref _counts, Math.Max(days + 1, 2 * _counts.Length));
        _counts[days]++;
        Total++;
        Longest = Math.Max(Longest, days);
    }

    /// <summary>Null where nothing was counted.</summary>
    public double? Mean
    {
        get
        {
            if (Total == 0) return null;
            var sum = 0.0;
            for (var d = 0; d <= Longest; d++) sum += (double)d * this[d];
            return sum / Total;
        }
    }

    /// <summary>Type 7, as <see cref="Statistics.Quantile"/>; null where nothing was counted.</summary>
    public double? Quantile(double share)
    {
        if (Total == 0) return null;
        var place = (Total - 1) * share;
        var low = (long)Math.Floor(place);
        var (below, above) = (At(low), At(Math.Min(low + 1, Total - 1)));
        return below + (place - low) * (above - below);

        // The value at a place in the sorted list.
        double At(long index)
        {
            var passed = 0L;
            for (var d = 0; ; d++)
                if ((passed += this[d]) > index) return d;
        }
    }
}

/// <summary>
/// Kaplan and Meier's estimate (1958, JASA 53:457-481) of S(d), the probability that a gap between orders lasts longer than d days, from completed gaps and from gaps
/// that are still open: those say "longer than this", which percentiles of completed gaps ignore and so understate.
/// </summary>
internal sealed class GapSurvival
{
    readonly double[] _survival;
    readonly double[] _variance;
    readonly long[] _atRisk;

    GapSurvival(double[] survival, double[] variance, long[] atRisk) => (_survival, _variance, _atRisk) = (survival, variance, atRisk);

    /// <summary>The longest gap seen, open or completed: nothing is known beyond it. -1 without any.</summary>
    public int Longest => _survival.Length - 1;

    /// <summary>S after the longest gap seen.</summary>
    public double Tail => _survival.Length == 0 ? 1 : _survival[^1];

    public static GapSurvival Of(DayCounts completed, DayCounts open)
    {
        var days = Math.Max(completed.Longest, open.Longest) + 1;
        var (survival, variance, atRisk) = (new double[days], new double[days], new long[days]);
        var (left, s, v) = (completed.Total + open.Total, 1.0, 0.0);
        for (var d = 0; d < days; d++)
        {
            atRisk[d] = left;
            var ended = completed[d];
            if (ended > 0)
            {
                s *= 1 - (double)ended / left;
                v += ended < left ? ended / ((double)left * (left - ended)) : 0;
            }
            (survival[d], variance[d]) = (s, v);
            left -= ended + open[d];
        }
        return new GapSurvival(survival, variance, atRisk);
    }

    /// <summary>P(gap longer than d days); stays at its last value beyond what was seen.</summary>
    public double Survival(int days) => days < 0 || _survival.Length == 0 ? 1 : _survival[Math.Min(days, Longest)];

    /// <summary>Gaps that lasted, or have lasted so far, at least d days.</summary>
    public long AtRisk(int days) => days > Longest ? 0 : _atRisk[days];

    /// <summary>Days within which that share of gaps ends; null where the estimate never comes to it.</summary>
    public int? Quantile(double share)
    {
        for (var d = 0; d <= Longest; d++)
            if (_survival[d] <= 1 - share + 1e-12) return d;
        return null;
    }

    /// <summary>P(order within h days | silent for d days) = 1 - S(d + h) / S(d). Null where d + h lies beyond the longest gap seen, or nobody is left.</summary>
    public double? ReturnProbability(int silent, int horizon)
        => silent + horizon > Longest || Survival(silent) <= 0 ? null : 1 - Survival(silent + horizon) / Survival(silent);

    /// <summary>Standard error of <see cref="ReturnProbability"/>, after Greenwood; null where that is null.</summary>
    public double? ReturnError(int silent, int horizon)
        => ReturnProbability(silent, horizon) is { } p ? (1 - p) * Math.Sqrt(Math.Max(0, _variance[silent + horizon] - _variance[silent])) : null;
}

/// <summary>One point of the curve "will they come back".</summary>
/// <param name="Survival">P(no order within as many days of the last).</param>
/// <param name="ReturnProbability">P(order within the horizon | silent so long); null where no gap was seen for long enough.</param>
/// <param name="ReturnError">Its standard error.</param>
/// <param name="AtRisk">Gaps that this rests on.</param>
internal sealed record ReturnPoint(int SilentDays, double Survival, double? ReturnProbability, double? ReturnError, long AtRisk);

/// <summary>Percentiles of completed gaps alone, shown beside the estimate because others publish them; null without a completed gap.</summary>
internal sealed record NaiveGaps(double? Mean, double? P50, double? P80, double? P90, double? P95);

/// <summary>Days within which that share of gaps ends, open gaps counted in; null where the estimate never comes to it.</summary>
internal sealed record SurvivalGaps(int? P20, int? P30, int? P50, int? P60, int? P70, int? P80, int? P90, double Tail);

/// <summary>The silence from which on a customer counts as lapsed.</summary>
/// <param name="HorizonDays">"Comes back" means an order within so many days.</param>
/// <param name="Level">Lapsed is who comes back with less than this probability.</param>
/// <param name="Days">The first silence at which the curve is below the level; null where it is not, as far as it goes.</param>
/// <param name="Explanation">Why this number, or why there is none.</param>
internal sealed record LapseThreshold(int HorizonDays, double Level, int? Days, string Explanation);

/// <summary>How a shop's customers come back, and what "lapsed" means there.</summary>
/// <param name="SameDayOrders">Orders on a day on which the customer had ordered already: no gap.</param>
/// <param name="FirstGap">From first to second order alone, in which one-time buyers weigh more.</param>
/// <param name="FullyRepeated">Customers with at least three completed gaps, of whom a rhythm of their own can be told.</param>
internal sealed record OrderGapAnalysis(
    long Customers, long CompletedGaps, long OpenGaps, long SameDayOrders, long Returned, long FullyRepeated,
    NaiveGaps Naive, SurvivalGaps Estimate, NaiveGaps NaiveFirstGap, SurvivalGaps FirstGap,
    IReadOnlyList<ReturnPoint> Curve, LapseThreshold Threshold);

/// <summary>
/// Collects the gaps between the days on which customers order. Costs a count per gap, so millions of orders fit into a second.
/// </summary>
internal sealed class OrderGaps
{
    /// <summary>A rhythm of one's own takes as many gaps.</summary>
    public const int RhythmGapsMin = 3;

    const int CurveStep = 7;

    readonly DayCounts _completed = new(), _open = new(), _firstCompleted = new(), _firstOpen = new();
    long _customers, _sameDay, _returned, _repeated;

    public DayCounts Completed => _completed;

    /// <param name="days">Days with an order, ascending; a day once per order. At least one, none after <paramref name="asOf"/>.</param>
    public void Add(ReadOnlySpan<int> days, int asOf)
    {
        var gaps = 0;
        for (var i = 1; i < days.Length; i++)
        {
            var gap = days[i] - days[i - 1];
            if (gap == 0)
            {
                _sameDay++;
                continue;
            }
            _completed.Add(gap);
            if (gaps++ == 0) _firstCompleted.Add(gap);
        }
        var open = asOf - days[^1];
        _open.Add(open);
        if (gaps == 0) _firstOpen.Add(open);
        _customers++;
        if (gaps > 0) _returned++;
        if (gaps >= RhythmGapsMin) _repeated++;
    }

    public GapSurvival Survival() => GapSurvival.Of(_completed, _open);

    public OrderGapAnalysis Analyse(int horizon, double level)
    {
        var survival = Survival();
        return new OrderGapAnalysis(
            _customers, _completed.Total, _open.Total, _sameDay, _returned, _repeated,
            Naive(_completed), Estimate(survival), Naive(_firstCompleted), Estimate(GapSurvival.Of(_firstCompleted, _firstOpen)),
            [.. Curve(survival, horizon)], Threshold(survival, horizon, level));
    }

    static NaiveGaps Naive(DayCounts gaps) => new(gaps.Mean, gaps.Quantile(0.5), gaps.Quantile(0.8), gaps.Quantile(0.9), gaps.Quantile(0.95));

    static SurvivalGaps Estimate(GapSurvival s)
        => new(s.Quantile(0.2), s.Quantile(0.3), s.Quantile(0.5), s.Quantile(0.6), s.Quantile(0.7), s.Quantile(0.8), s.Quantile(0.9), s.Tail);

    /// <summary>Weekly, as far as anybody was seen silent.</summary>
    static IEnumerable<ReturnPoint> Curve(GapSurvival survival, int horizon)
    {
        for (var d = 0; d <= survival.Longest; d += CurveStep)
            yield return new ReturnPoint(d, survival.Survival(d), survival.ReturnProbability(d, horizon), survival.ReturnError(d, horizon), survival.AtRisk(d));
    }

    /// <summary>The first day of silence with a probability below the level; from days on that gaps were seen for long enough to tell.</summary>
    static LapseThreshold Threshold(GapSurvival survival, int horizon, double level)
    {
        if (survival.Longest < horizon)
            return new(horizon, level, null, $"No customer was seen for {horizon} days after an order yet, so nobody can be said to have stayed away that long.");
        for (var d = 0; d + horizon <= survival.Longest; d++)
        {
            if (survival.ReturnProbability(d, horizon) is { } p && p < level)
                return new(horizon, level, d, FormattableString.Invariant($"Of customers silent for {d} days {100 * p:F1} % order within the next {horizon} days: the first silence with less than {100 * level:F0} %."));
        }
        return new(horizon, level, null, FormattableString.Invariant($"However long the silence, at least {100 * level:F0} % order within the next {horizon} days, as far as was seen ({survival.Longest} days)."));
    }
}

/// <summary>The rhythm of one customer: statistics of their completed gaps, in days.</summary>
/// <param name="Deviation">Standard deviation of the sample; null with one gap.</param>
internal sealed record CustomerGaps(int Count, double Median, double P80, double P90, double Mean, double? Deviation, int Longest)
{
    /// <summary>Null without a gap.</summary>
    /// <param name="days">Days with an order, ascending, each once.</param>
    public static CustomerGaps? Of(ReadOnlySpan<int> days)
    {
        if (days.Length < 2) return null;
        var gaps = new double[days.Length - 1];
        for (var i = 0; i < gaps.Length; i++) gaps[i] = days[i + 1] - days[i];
        Array.Sort(gaps);
        var mean = gaps.Average();
        return new CustomerGaps(
            gaps.Length,
            Statistics.Quantile(gaps, 0.5),
            Statistics.Quantile(gaps, 0.8),
            Statistics.Quantile(gaps, 0.9),
            mean,
            gaps.Length == 1 ? null : Math.Sqrt(gaps.Sum(g => (g - mean) * (g - mean)) / (gaps.Length - 1)),
            (int)gaps[^1]);
    }
}
