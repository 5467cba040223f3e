using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Metrics;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Metrics;

/// <summary>Small shops by hand.</summary>
public sealed class MetricTests
{
    static readonly TallyPlan Plan = TallyPlan.Usual(London);

    static Buyer Customer(params Fact[] facts) => new(facts, Calendar.Forever);

    /// <summary>
    /// Ann: 10 on 5 January, 20 on 20 January, 30 on 10 March. Bob: 40 on 20 January, cancelled on 1 February, 50 on 2 March. Cid: 60 on 15 March, of which 15 come
    /// back on 1 April. Dan was here and bought nothing, and got 5 for an order that nobody knows.
    /// </summary>
    static readonly Buyer[] Shop =
    [
        Customer(Ordered("a1", "2024-01-05T12:00Z", 10), Ordered("a2", "2024-01-20T12:00Z", 20), Ordered("a3", "2024-03-10T12:00Z", 30)),
        Customer(Ordered("b1", "2024-01-20T12:00Z", 40), Cancelled("b1", "2024-02-01T12:00Z"), Ordered("b2", "2024-03-02T12:00Z", 50)),
        Customer(Ordered("c1", "2024-03-15T12:00Z", 60), Refunded("c1", "2024-04-01T12:00Z", 15)),
        Customer(Refunded("", "2024-03-20T12:00Z", 5)),
    ];

    static Figures At(string date, MetricWindow window, int lapse = 30) => Sheet.AtEndOf(Date(date), Shop, Plan).Figures(window, lapse);

    [Theory]
    // A cancelled order counts as of an instant before it was cancelled.
    [InlineData("2024-01-31", "2024-01", 2, 3, 70, 2, 1)]
    [InlineData("2024-02-01", "2024-01", 1, 2, 30, 1, 1)]
    [InlineData("2024-03-31", "2024-01", 1, 2, 30, 1, 1)]
    // Bob's first order is that of March then; the nameless refund counts on its day, that of an order on the order's.
    [InlineData("2024-03-31", "2024-03", 2, 3, 135, 3, 0)]
    [InlineData("2024-04-01", "2024-03", 2, 3, 120, 3, 0)]
    // A month that is not over.
    [InlineData("2024-03-09", "2024-03", 1, 1, 50, 1, 0)]
    public void A_month_as_of_a_day(string asOf, string month, long added, long orders, decimal revenue, long customers, long repeat)
    {
        var figures = At(asOf, MetricWindow.Of(Month.Of(Date(month + "-01")), Date(asOf)));
        Assert.Equal((added, orders, revenue, customers, repeat), (figures.NewCustomers, figures.Orders, figures.Revenue, figures.Customers, figures.RepeatCustomers));
    }

    [Theory]
    [InlineData("new_customers", 2, null)]
    [InlineData("customers", 3, null)]
    [InlineData("repeat_customers", 0, null)]
    [InlineData("orders", 3, null)]
    [InlineData("revenue", 120, null)]
    [InlineData("active_customers", 3, null)]
    [InlineData("lost_customers", 0, null)]
    [InlineData("returned_customers", 0, null)]
    // Ann.
    [InlineData("churn_rate", 0, 1)]
    [InlineData("customer_retention_rate", 1, 1)]
    [InlineData("repeat_purchase_rate", 0, 3)]
    [InlineData("returning_customer_rate", 1, 3)]
    [InlineData("average_order_value", 120, 3)]
    [InlineData("orders_per_customer", 3, 3)]
    // Ann's, from 20 January to 10 March.
    [InlineData("days_between_orders", 50, 1)]
    public void Every_metric_of_a_month(string metric, int numerator, int? denominator)
    {
        var value = MetricDefinitions.OfWindow.Single(m => m.Id == metric).At(At("2024-04-01", MetricWindow.Of(Month.Of(Date("2024-03-01")), Date("2024-04-01")), 90));
        Assert.Equal(new Ratio(numerator, denominator), value.Ratio);
        Assert.Equal(((decimal)numerator / (denominator ?? 1), ""), (value.Value!.Value, value.Reason));
    }

    [Fact]
    public void Every_metric_has_a_case() => Assert.Equal(15, MetricDefinitions.OfWindow.Count);

    [Theory]
    // The last order is 29 days ago: active still, and lost on the next day.
    [InlineData("2024-02-18", 1, 0)]
    [InlineData("2024-02-19", 0, 1)]
    public void Whose_silence_comes_to_the_lapse_is_lost(string asOf, long active, long lost)
    {
        var figures = At(asOf, MetricWindow.Of(Month.Of(Date("2024-02-01")), Date(asOf)));
        Assert.Equal((1, active, lost), (figures.ActiveAtStart, figures.ActiveAtEnd, figures.Lost));
    }

    [Fact]
    public void Who_orders_on_the_day_of_the_lapse_is_lost_and_returns()
    {
        Buyer[] shop = [Customer(Ordered("1", "2024-01-01T12:00Z"), Ordered("2", "2024-01-31T12:00Z")), Customer(Ordered("3", "2024-01-01T12:00Z"), Ordered("4", "2024-01-30T12:00Z"))];
        var figures = Sheet.AtEndOf(Date("2024-01-31"), shop, Plan).Figures(MetricWindow.LastDays(30, Date("2024-01-31")), 30);
        Assert.Equal((2, 2, 1, 1), (figures.ActiveAtStart, figures.ActiveAtEnd, figures.Lost, figures.Returned));
    }

    [Theory]
    [InlineData(30, 30, "")]
    [InlineData(90, 30, "WINDOW_LONGER_THAN_LAPSE")]
    [InlineData(90, 90, "")]
    [InlineData(365, 180, "WINDOW_LONGER_THAN_LAPSE")]
    public void Churn_of_a_window_longer_than_the_lapse_is_withheld(int window, int lapse, string reason)
    {
        var figures = At("2024-04-01", MetricWindow.LastDays(window, Date("2024-04-01")), lapse) with { ActiveAtStart = 1 };
        Assert.All(MetricDefinitions.OfWindow.Where(m => m.ShortOfLapse), m => Assert.Equal((reason, reason.Length > 0), (m.At(figures).Reason, m.At(figures).Value is null)));
    }

    [Fact]
    public void A_window_in_which_nothing_happened_says_why_it_has_no_rates()
    {
        var figures = Sheet.AtEndOf(Date("2024-01-01"), [], Plan).Figures(MetricWindow.LastDays(30, Date("2024-01-01")), 90);
        Assert.All(MetricDefinitions.OfWindow, m => Assert.Equal(m.At(figures).Value is null, m.At(figures) is { Reason: "DENOMINATOR_ZERO", Explanation.Length: > 0 }));
        Assert.Equal(7, MetricDefinitions.OfWindow.Count(m => m.At(figures).Value is null));
    }

    [Theory]
    [InlineData("2024-01-31", "2024-01", 2, 3, 70)]
    [InlineData("2024-03-31", "2024-01", 1, 2, 30)]
    [InlineData("2024-03-31", "2024-03", 2, 2, 110)]
    public void A_customer_whose_first_order_is_cancelled_moves_to_the_month_of_the_next(string asOf, string cohort, long size, long orders, decimal revenue)
    {
        var month = Month.Of(Date(cohort + "-01"));
        var row = Assert.Single(Sheet.AtEndOf(Date(asOf), Shop, Plan).Cohorts(month, month));
        Assert.Equal((size, orders, revenue), (row.Size, row.Cells[0].Orders, row.Cells[0].Revenue));
    }

    [Fact]
    public void A_cohort_has_a_cell_for_every_month_up_to_that_of_the_answer()
    {
        var cohorts = Sheet.AtEndOf(Date("2024-03-31"), Shop, Plan).Cohorts(new(2024 * 12), new(2024 * 12 + 2));
        Assert.Equal([3, 2, 1], cohorts.Select(c => c.Cells.Count));
        Assert.Equal([1m, 0m, 1m], cohorts[0].Cells.Select(c => cohorts[0].Retention(c)!.Value));
        Assert.Null(cohorts[1].Retention(cohorts[1].Cells[0]));
    }

    [Fact]
    public void A_customer_who_was_erased_counts_until_then()
    {
        Buyer[] shop = [new(Shop[0].Facts, Utc("2024-02-10T12:00Z"))];
        Assert.Equal(2, Sheet.AtEndOf(Date("2024-02-09"), shop, Plan).Figures(MetricWindow.AllTime(Date("2024-02-09")), 30).Orders);
        var after = Sheet.AtEndOf(Date("2024-03-31"), shop, Plan).Figures(MetricWindow.AllTime(Date("2024-03-31")), 30);
        Assert.Equal(new Figures(after.Window, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0), after);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 2)]
    [InlineData(730, 8)]
    [InlineData(731, 9)]
    public void Lags_have_classes(int days, int place) => Assert.Equal(place, OrderLags.ClassOf(days));

    [Fact]
    public void Revenue_by_stage_adds_up()
    {
        var stages = StageRevenue.Of([("prospect", 3, 0), ("new", 2, 50), ("loyal", 0, 0), ("sleeper", 1, 150)]);
        Assert.Equal([(0m, 0m), (0.25m, 25m), (0m, null), (0.75m, 150m)], stages.Select(s => (s.Share!.Value, s.PerCustomer)));
        Assert.All(StageRevenue.Of([("prospect", 3, 0)]), s => Assert.Null(s.Share));
    }

    [Fact]
    public void Definitions_have_ids_of_their_own_and_say_what_they_mean()
    {
        Assert.Equal(MetricDefinitions.All.Count, MetricDefinitions.All.Select(m => m.Id).Distinct().Count());
        Assert.All(MetricDefinitions.All, m => Assert.Matches("^[a-z_]+$", m.Id));
        Assert.All(MetricDefinitions.All, m => Assert.NotEqual("", m.Formula + m.Title));
        Assert.All(MetricDefinitions.OfWindow, m => Assert.Equal(m.Formula.Contains('/', StringComparison.Ordinal), m.Nobody.Length > 0));
    }
}
