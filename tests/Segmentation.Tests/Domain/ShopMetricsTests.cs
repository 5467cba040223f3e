using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class ShopMetricsTests
{
    static readonly int March = OrderTally.MonthOf(Date("2024-03-01"));

    static Dictionary<(int Cohort, int Month), OrderSums> Sums(TimeZoneInfo zone, params IEnumerable<PurchaseHistory> histories)
    {
        var (sums, tally) = (new Dictionary<(int, int), OrderSums>(), new OrderTally());
        foreach (var step in histories.SelectMany(h => tally.Change(null, h, zone).ToList())) sums[(step.Cohort, step.Month)] = sums.GetValueOrDefault((step.Cohort, step.Month)) + step.Sums;
        return sums;
    }

    /// <summary>Four customers: two orders in March after one in January; two in March, the first ever; one in March; one in February alone.</summary>
    static readonly Dictionary<(int, int), OrderSums> Shop = Sums(
        London,
        PurchasesOf(Ordered("a", "2024-01-10", 10), Ordered("b", "2024-03-10", 20), Ordered("c", "2024-03-20", 30)),
        PurchasesOf(Ordered("d", "2024-03-01", 40), Ordered("e", "2024-03-31", 50)),
        PurchasesOf(Ordered("f", "2024-03-05", 60)),
        PurchasesOf(Ordered("g", "2024-02-01", 70)));

    [Theory]
    [InlineData(nameof(Metric.NewCustomers), 2, null)]
    [InlineData(nameof(Metric.ActiveCustomers), 3, null)]
    [InlineData(nameof(Metric.OrderCount), 5, null)]
    [InlineData(nameof(Metric.Revenue), 200, null)]
    [InlineData(nameof(Metric.AverageOrderValue), 200, 5)]
    [InlineData(nameof(Metric.OrdersPerCustomer), 5, 3)]
    [InlineData(nameof(Metric.RepeatPurchaseRate), 2, 3)]
    [InlineData(nameof(Metric.ReturningCustomerRate), 1, 3)]
    [InlineData(nameof(Metric.EverRepeatPurchaseRate), 2, 4)]
    [InlineData(nameof(Metric.DaysBetweenOrders), 60 + 10 + 30, 3)]
    [InlineData(nameof(Metric.DaysToSecondOrder), 60 + 30, 2)]
    [InlineData(nameof(Metric.DaysToThirdOrder), 10, 1)]
    public void Metrics_are_what_their_definitions_say(string metric, int numerator, int? denominator)
        => Assert.Equal(new MetricValue(Enum.Parse<Metric>(metric), numerator, denominator), ShopMetrics.OfOrders(Shop, March).Single(v => v.Metric.ToString() == metric));

    [Fact]
    public void A_ratio_of_nobody_is_withheld_with_the_reason()
    {
        var value = ShopMetrics.OfOrders(Shop, March + 1).Single(v => v.Metric == Metric.AverageOrderValue);
        Assert.Null(value.Value);
        Assert.Equal("no order was placed in the month", value.Withheld);
        Assert.Equal("no such order was placed in the month", ShopMetrics.OfOrders(Shop, March).Single(v => v.Metric == Metric.DaysToLaterOrder).Withheld);
    }

    [Fact]
    public void Every_metric_is_defined_once_and_is_answered()
    {
        Assert.Equal(Enum.GetValues<Metric>(), ShopMetrics.Definitions.Select(d => d.Metric));
        Assert.All(ShopMetrics.Definitions, d => Assert.NotEmpty(d.Source));
        Assert.Equal(ShopMetrics.Definitions.Where(d => !d.NeedsStages).Select(d => d.Metric), ShopMetrics.OfOrders(Shop, March).Select(v => v.Metric));
        Assert.Equal(ShopMetrics.Definitions.Where(d => d.NeedsStages).Select(d => d.Metric), ShopMetrics.OfStages(null, "no").Select(v => v.Metric));
        Assert.Equal(Enum.GetValues<Metric>().Select(m => (int)m), Enum.GetValues<V1.Metric>().Select(m => (int)m).Where(m => m > 0));
        Assert.Equal(Enum.GetValues<MetricUnit>().Select(m => (int)m), Enum.GetValues<V1.MetricUnit>().Select(m => (int)m).Where(m => m > 0));
        Assert.Equal(Enum.GetValues<StageRole>().Select(m => (int)m), Enum.GetValues<V1.StageRole>().Select(m => (int)m));
    }

    /// <summary>A lapse comes 64 days after the last order: on 15 March for one of 11 January.</summary>
    [Fact]
    public void Who_was_active_at_the_start_and_has_lapsed_at_the_end_is_lost()
    {
        var model = BuiltIn.Single(m => m.Id == "active-lapsed");
        var months = new StageMonths([Utc("2024-03-01"), Utc("2024-03-31T23:00:00Z")]);
        void Add(params Fact[] facts)
        {
            var history = HistoryOf(facts);
            months.Add(history, StageTimeline.Of(history, model, London));
        }
        Add(Ordered("lost", "2024-01-11", 10));
        Add(Ordered("back", "2024-01-11", 10), Ordered("again", "2024-03-20", 10));
        Add(Ordered("stays", "2024-02-20", 10));
        Add(Ordered("won", "2023-01-01", 10), Ordered("back", "2024-03-05", 10));
        Add(Ordered("new", "2024-03-05", 10));
        Add(Ordered("gone", "2023-01-01", 10));

        var values = ShopMetrics.OfStages(months.Flows[0], ShopMetrics.WithheldBy(model)).ToList();

        Assert.Equal([new(Metric.ChurnRate, 1, 3), new(Metric.CustomerRetentionRate, 3, 3)], values);
        Assert.Equal(80, months.Flows[0].Values.Sum(f => f.Value));
    }

    [Fact]
    public void A_stage_that_begins_with_the_next_month_is_of_the_next_month()
    {
        var (model, history) = (BuiltIn.Single(m => m.Id == "active-lapsed"), HistoryOf(Ordered("a", "2024-01-28")));
        var months = new StageMonths([Utc("2024-03-01"), Utc("2024-03-31T23:00:00Z"), Utc("2024-04-30T23:00:00Z")]);
        months.Add(history, StageTimeline.Of(history, model, London));

        Assert.Equal([("active_one_time", "active_one_time"), ("active_one_time", "lapsed")], months.Flows.Select(f => (f.Keys.Single().From!.Id, f.Keys.Single().To!.Id)));
    }

    [Fact]
    public void A_model_whose_stages_have_no_roles_tells_no_rates()
    {
        Assert.All(BuiltIn, m => Assert.Equal(m.Id is "five-stage" or "rfm", ShopMetrics.WithheldBy(m).Length > 0));
        Assert.All(ShopMetrics.OfStages(new Dictionary<(Stage?, Stage?), StageTotal>(), "no roles"), v => Assert.Null(v.Value));
    }

    /// <summary>The raw rows of a real shop, counted without any of the product's code.</summary>
    [Fact]
    public void Cohorts_new_customers_and_order_values_of_a_real_shop_are_those_of_its_rows()
    {
        var rows = RealShops.Retail();
        var sums = Sums(RealShops.RetailZone, rows.GroupBy(r => r.Customer).Select(g => PurchaseHistory.Of(g.Min(r => r.Time), g.Select(r => r.Fact!), "GBP")));
        var orders = rows.Where(r => r.Fact!.Kind == FactKind.Ordered).Select(r => (r.Customer, Local: TimeZoneInfo.ConvertTime(r.Time, RealShops.RetailZone), Amount: r.Fact!.Amount!.Value)).ToList();
        var first = orders.GroupBy(o => o.Customer).ToDictionary(g => g.Key, g => g.Min(o => o.Local));
        var cells = orders.GroupBy(o => (Number(first[o.Customer]), Number(o.Local))).ToDictionary(g => g.Key, g => ((long)g.Select(o => o.Customer).Distinct().Count(), (long)g.Count()));

        Assert.Equal(cells.OrderBy(c => c.Key), sums.Where(s => s.Value.Orders > 0).ToDictionary(s => s.Key, s => (s.Value.Customers, s.Value.Orders)).OrderBy(c => c.Key));
        foreach (var month in cells.Keys.Select(k => k.Item2).Distinct())
        {
            var refunds = rows.Where(r => r.Fact!.Kind == FactKind.Refunded && Number(TimeZoneInfo.ConvertTime(r.Time, RealShops.RetailZone)) == month).Sum(r => r.Fact!.Amount!.Value);
            var own = orders.Where(o => Number(o.Local) == month).ToList();
            var values = ShopMetrics.OfOrders(sums, month).ToDictionary(v => v.Metric, v => v.Value);
            Assert.Equal(first.Values.LongCount(f => Number(f) == month), values[Metric.NewCustomers]);
            Assert.Equal((own.Sum(o => o.Amount) - refunds) / own.Count, values[Metric.AverageOrderValue]);
        }

        static int Number(DateTimeOffset local) => local.Year * 12 + local.Month - 1;
    }
}
