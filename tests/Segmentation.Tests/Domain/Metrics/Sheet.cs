using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Metrics;

namespace Perennial.Segmentation.Tests.Domain.Metrics;

/// <summary>A customer as tallies see them.</summary>
sealed record Buyer(IReadOnlyCollection<Fact> Facts, DateTimeOffset End)
{
    public IReadOnlyList<Contribution> Contributions(TallyPlan plan) => Segmentation.Domain.Metrics.Contributions.Of(Facts, "GBP", End, plan);
}

/// <summary>A shop's tallies at an instant, as a store would read them, and what the metrics make of them.</summary>
sealed class Sheet
{
    readonly Dictionary<TallyKey, Measures> _sums = [];

    Sheet(DateOnly today) => Today = today;

    public DateOnly Today { get; }

    /// <summary>Sums of whole days alone.</summary>
    public static Sheet AtEndOf(DateOnly day, IEnumerable<Buyer> customers, TallyPlan plan)
    {
        var sheet = new Sheet(day);
        sheet.AddDays(customers, plan, day.DayNumber);
        return sheet;
    }

    /// <summary>The days before, and of those customers alone to whom something happened on the day, what it changed.</summary>
    public static Sheet At(DateTimeOffset instant, IReadOnlyCollection<Buyer> customers, TallyPlan plan)
    {
        var today = Calendar.DateOf(instant, plan.Zone);
        var sheet = new Sheet(today);
        sheet.AddDays(customers, plan, today.DayNumber - 1);
        foreach (var customer in customers.Where(c => c.Facts.Select(f => f.Time).Append(c.End).Any(t => t < Calendar.Forever && Calendar.DateOf(t, plan.Zone) == today)))
        {
            foreach (var (key, amount) in Contributions.Within(customer.Contributions(plan), today.DayNumber, instant)) sheet.Add(key, amount);
        }
        return sheet;
    }

    void AddDays(IEnumerable<Buyer> customers, TallyPlan plan, int until)
    {
        foreach (var customer in customers)
        {
            foreach (var ((key, day), amount) in Contributions.ByDay(customer.Contributions(plan)))
                if (day <= until) Add(key, amount);
        }
    }

    void Add(TallyKey key, Measures amount) => _sums[key] = _sums.GetValueOrDefault(key) + amount;

    Measures Sum(TallyRange range) => Rows(range).Aggregate(default(Measures), (sum, row) => sum + row.Value);

    Dictionary<TallyKey, Measures> Rows(TallyRange range) => _sums.Where(s => range.Contains(s.Key) && !s.Value.IsZero).ToDictionary();

    public Figures Figures(MetricWindow window, int lapse) => Segmentation.Domain.Metrics.Figures.Of(window, lapse, [.. Segmentation.Domain.Metrics.Figures.Ranges(window, lapse).Select(Sum)]);

    public IReadOnlyList<Cohort> Cohorts(Month from, Month to) => CohortTable.Of(Rows(CohortTable.Range(from, to)), from, to, Today);

    /// <summary>Every cell that there is.</summary>
    public Dictionary<(int Cohort, int Month), Measures> Cells() => Rows(CohortTable.Range(new(0), new(int.MaxValue))).ToDictionary(r => (r.Key.A, r.Key.B), r => r.Value);

    public IReadOnlyList<OrderLag> Lags() => OrderLags.Of(Sum(OrderLags.Firsts).Customers, Rows(OrderLags.Lags));
}
