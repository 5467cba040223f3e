using System.Runtime.InteropServices;

namespace Perennial.Segmentation.Domain.Value;

/// <summary>An order that counts, as the analyses need it.</summary>
/// <param name="Day">Its shop-local date, as a day number.</param>
/// <param name="Amount">Its value, in the shop's currency.</param>
internal readonly record struct PlacedOrder(int Day, double Amount);

/// <summary>
/// Collects the buyers of a shop as of a day, one by one, and keeps of each only what the fits need (some 80 bytes), then fits all models.
/// </summary>
/// <param name="asOf">Day number; it is included.</param>
/// <param name="horizonDays">
/// Length of the holdout, the days up to <paramref name="asOf"/>; "comes back" within as many, too, so that what the lapse threshold promises is held against what
/// happened.
/// </param>
internal sealed class ValueSample(int asOf, int horizonDays)
{
    readonly List<RepeatPurchases> _known = [];
    readonly List<MeanSpend> _spends = [];
    readonly List<HoldoutCustomer> _holdout = [];
    readonly OrderGaps _gapsBefore = new();
    readonly HashSet<int> _days = [];
    int _first = int.MaxValue, _last = int.MinValue, _three;

    /// <summary>What the same orders say about gaps.</summary>
    public OrderGaps Gaps { get; } = new();

    /// <param name="orders">Ascending by day, at least one, none after the day of the sample.</param>
    public void Add(ReadOnlySpan<PlacedOrder> orders)
    {
        Span<int> all = orders.Length <= 256 ? stackalloc int[orders.Length] : new int[orders.Length];
        for (var i = 0; i < all.Length; i++) all[i] = orders[i].Day;
        Gaps.Add(all, asOf);
        (_first, _last) = (Math.Min(_first, all[0]), Math.Max(_last, all[^1]));
        if (orders.Length >= 3) _three++;
        _spends.Add(BuyerFigures.Of(orders).Spend);
        var days = Distinct(all);
        foreach (var day in days) _days.Add(day);
        _known.Add(RepeatPurchases.Of(days, asOf));
        var start = asOf - horizonDays;
        if (days[0] > start) return;
        var before = 0;
        while (before < days.Length && days[before] <= start) before++;
        _gapsBefore.Add(days[..before], start);
        _holdout.Add(new HoldoutCustomer(RepeatPurchases.Of(days[..before], start), days.Length - before) { Own = Own(days[..before]) });
    }

    // One gap is no rhythm.
    static OwnGaps Own(ReadOnlySpan<int> days) => days.Length > 2 && CustomerGaps.Of(days) is { } own ? new(own.Count, own.Median, own.P90) : default;

    /// <summary>Each day once; overwrites what it is given.</summary>
    public static Span<int> Distinct(Span<int> ascending)
    {
        var kept = 0;
        for (var i = 0; i < ascending.Length; i++)
            if (i == 0 || ascending[i] != ascending[kept - 1]) ascending[kept++] = ascending[i];
        return ascending[..kept];
    }

    /// <param name="level">Lapsed is who comes back with less than this probability.</param>
    public ValueModel Fit(double level)
    {
        var table = RepeatTable.Of(CollectionsMarshal.AsSpan(_known).ToArray(), null);
        var gate = _known.Count == 0 ? new ValueGate(0, 0, 0, 0) : new ValueGate(_known.Count, asOf - _first, asOf - _last, _three);
        var (lapse, months) = (Gaps.Analyse(horizonDays, level).Threshold, Months());
        if (table.Repeats == 0) return new ValueModel(gate, _known.Count, 0, 0, [], null, ValueModel.Choose([]).Why, null, lapse, [], months);
        var before = RepeatTable.Of(_holdout.Select(c => c.Known));
        var held = before.Rows.Length > 1 && before.Repeats > 0;
        var (models, rules) = Fitted(table, held ? before : null, level);
        var (chosen, why) = ValueModel.Choose(models);
        return new ValueModel(gate, _known.Count, (long)table.Repeats, held ? horizonDays : 0, models, chosen, why, Spend(), lapse, rules, months);
    }

    IReadOnlyList<DateOnly> Months() => [.. _days.Select(DateOnly.FromDayNumber).Select(d => new DateOnly(d.Year, d.Month, 1)).Distinct().Order()];

    (IReadOnlyList<FittedModel> Models, IReadOnlyList<LapseRule> Rules) Fitted(RepeatTable table, RepeatTable? before, double level)
    {
        var models = new List<FittedModel>();
        var backtest = before is null ? null : new LapseBacktest(_holdout, _gapsBefore, horizonDays, level);
        foreach (var fit in (Func<RepeatTable, PurchaseFit>[])[PurchaseFits.Nbd, PurchaseFits.BgNbd, PurchaseFits.MbgNbd, PurchaseFits.ParetoNbd])
        {
            var found = fit(table);
            var (model, logLikelihood, atBound) = found;
            var gain = models.Count == 0 ? 0 : logLikelihood - models[0].LogLikelihood;
            var errors = found.StandardErrors(table);
            models.Add(new FittedModel(
                model.Kind,
                [.. model.Parameters.Select((p, i) => new ModelParameter(p.Name, p.Value, errors?[i]))],
                logLikelihood, gain,
                !atBound && (model.Kind == PurchaseModelKind.Nbd || gain >= ValueModel.GainMin),
                before is null ? null : Accuracy(fit(before).Model, backtest!)));
        }
        return (models, backtest?.Rules ?? []);
    }

    HoldoutAccuracy Accuracy(PurchaseModel model, LapseBacktest backtest)
    {
        var scores = HoldoutScores.Of(model, horizonDays, _holdout);
        backtest.Add(model, scores);
        return HoldoutAccuracy.Of(model.Kind, scores, _holdout);
    }

    FittedSpend? Spend() => SpendFit.Of(_spends) is { } fit
        ? new FittedSpend(fit.Model.P, fit.Model.Q, fit.Model.Gamma, fit.LogLikelihood, fit.Customers, fit.Correlation, fit.Model.PopulationMean is not null, fit.StandardErrors)
        : null;
}
