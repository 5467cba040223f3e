using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Metrics;

namespace Perennial.Segmentation.Tests.Domain.Metrics;

/// <summary>The orders of all customers that count at an instant, and metrics by looking at each of them, as the definitions say.</summary>
sealed class Counted(TallyPlan plan, DateTimeOffset asOf)
{
    readonly record struct Bought(int Day, Order Order);

    readonly List<List<Bought>> _customers = [];
    readonly List<(List<Bought> Orders, Dictionary<int, decimal> Revenue)> _books = [];

    public DateOnly Today { get; } = Calendar.DateOf(asOf, plan.Zone);

    public void Add(IReadOnlyCollection<Fact> facts, DateTimeOffset end)
    {
        if (asOf >= end || facts.Count == 0) return;
        var history = PurchaseHistory.Of(facts.Min(f => f.Time), facts, "GBP", end == Calendar.Forever ? null : end);
        var orders = history.Orders.Where(o => o.From <= asOf && asOf < o.To).Select(o => new Bought(DayOf(o.Order.Time), o.Order)).ToList();
        _customers.Add(orders);
        _books.Add((orders, Revenue(facts)));
    }

    int DayOf(DateTimeOffset time) => Calendar.DateOf(time, plan.Zone).DayNumber;

    /// <summary>Each order alone, and each refund of none: what its facts up to the instant leave of it.</summary>
    Dictionary<int, decimal> Revenue(IEnumerable<Fact> facts)
    {
        var revenue = new Dictionary<int, decimal>();
        foreach (var of in facts.Where(f => f.Time <= asOf).GroupBy(f => f.OrderId.Length == 0 ? f.MessageId : f.OrderId))
        {
            var day = DayOf((of.Any(IsOrder) ? of.Where(IsOrder) : of).Min(f => f.Time));
            revenue[day] = revenue.GetValueOrDefault(day) + (PurchaseHistory.Of(of.Min(f => f.Time), of, "GBP").At(asOf)?.Value ?? 0);
        }
        return revenue;

        static bool IsOrder(Fact fact) => fact.Kind is FactKind.Ordered or FactKind.Updated;
    }

    public Figures Figures(MetricWindow window, int lapse)
    {
        return new(
            window, lapse,
            NewCustomers: _customers.Count(c => c.Count > 0 && IsIn(c[0].Day)),
            Orders: _customers.Sum(c => c.Count(o => IsIn(o.Day))),
            Revenue: _books.Sum(b => b.Revenue.Where(r => IsIn(r.Key)).Sum(r => r.Value)),
            GapDays: _customers.Sum(c => c.Zip(c.Skip(1)).Where(p => IsIn(p.Second.Day)).Sum(p => p.Second.Day - p.First.Day)),
            Customers: _customers.Count(c => c.Any(o => IsIn(o.Day))),
            RepeatCustomers: _customers.Count(c => c.Count(o => IsIn(o.Day)) >= 2),
            ActiveAtStart: _customers.Count(c => IsActive(c, window.From - 1)),
            ActiveAtEnd: _customers.Count(c => IsActive(c, window.To)),
            // As many days after an order without another between, whoever orders on that very day.
            Lost: _customers.Sum(c => c.Select(o => o.Day).Distinct().Count(d => IsIn(d + lapse) && !c.Any(o => d < o.Day && o.Day < d + lapse))));

        bool IsIn(int day) => window.From <= day && day <= window.To;

        bool IsActive(List<Bought> orders, int day) => orders.Any(o => day - lapse < o.Day && o.Day <= day);
    }

    public Dictionary<(int Cohort, int Month), Measures> Cohorts()
    {
        var cells = new Dictionary<(int, int), Measures>();
        foreach (var (orders, revenue) in _books.Where(b => b.Orders.Count > 0))
        {
            var first = MonthOf(orders[0].Day);
            foreach (var month in orders.GroupBy(o => MonthOf(o.Day))) Add(first, month.Key, new Measures(1, month.Count()));
            foreach (var (day, amount) in revenue) Add(first, Math.Max(first, MonthOf(day)), new Measures(0, 0, amount));
        }
        return cells.Where(c => !c.Value.IsZero).ToDictionary();

        void Add(int cohort, int month, Measures more) => cells[(cohort, month)] = cells.GetValueOrDefault((cohort, month)) + more;

        static int MonthOf(int day) => Month.Of(DateOnly.FromDayNumber(day)).Index;
    }

    /// <summary>By n: customers with an order n, and the days to the next of those who have one.</summary>
    public List<(int Customers, List<int> Days)> Lags()
        => [.. Enumerable.Range(1, OrderLags.Max).Select(n => (_customers.Count(c => c.Count >= n), _customers.Where(c => c.Count > n).Select(c => c[n].Day - c[n - 1].Day).ToList())).TakeWhile(l => l.Item1 > 0)];
}
