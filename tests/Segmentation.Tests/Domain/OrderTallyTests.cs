using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class OrderTallyTests
{
    /// <summary>Cohort, month and sums at the end of a day, those of nothing left out.</summary>
    static IEnumerable<string> AsOf(string date, PurchaseHistory history, TimeZoneInfo? zone = null)
    {
        var sums = new SortedDictionary<(int, int), OrderSums>();
        foreach (var step in new OrderTally().Change(null, history, zone ?? London))
            if (step.Day <= Date(date).DayNumber) sums[(step.Cohort, step.Month)] = sums.GetValueOrDefault((step.Cohort, step.Month)) + step.Sums;
        return sums.Where(s => s.Value != default).Select(s => $"{Month(s.Key.Item1)} {Month(s.Key.Item2)} {Text(s.Value)}");
    }

    static string Month(int month) => month == OrderTally.NoCohort ? "none" : FormattableString.Invariant($"{OrderTally.StartOf(month):yyyy-MM}");

    static string Text(OrderSums s) => $"{s.Orders}/{s.Customers}/{s.RepeatCustomers} {s.Seconds}:{s.SecondDays} {s.Thirds}:{s.ThirdDays} {s.LaterDays} {s.Amount:0.##}";

    [Fact]
    public void Counts_orders_in_the_month_in_which_they_were_placed_under_that_of_the_first()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-10", 10), Ordered("b", "2024-01-30", 20), Ordered("c", "2024-02-05", 30), Ordered("d", "2024-02-06", 40), Ordered("e", "2024-02-26", 50), Ordered("f", "2024-04-01", 60));

        Assert.Empty(AsOf("2024-01-09", history));
        Assert.Equal(["2024-01 2024-01 1/1/0 0:0 0:0 0 10"], AsOf("2024-01-10", history));
        Assert.Equal(["2024-01 2024-01 2/1/1 1:20 0:0 0 30"], AsOf("2024-01-31", history));
        Assert.Equal(
            ["2024-01 2024-01 2/1/1 1:20 0:0 0 30", "2024-01 2024-02 3/1/1 0:0 1:6 21 120", "2024-01 2024-04 1/1/0 0:0 0:0 35 60"],
            AsOf("2024-04-01", history));
    }

    [Fact]
    public void An_order_counts_until_the_day_on_which_it_is_cancelled()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-10"), Ordered("b", "2024-02-10"), Cancelled("b", "2024-03-05"));

        Assert.Equal(["2024-01 2024-01 1/1/0 0:0 0:0 0 10", "2024-01 2024-02 1/1/0 1:31 0:0 0 10"], AsOf("2024-03-04", history));
        Assert.Equal(["2024-01 2024-01 1/1/0 0:0 0:0 0 10", "2024-01 2024-02 0/0/0 0:0 0:0 0 10", "2024-01 2024-03 0/0/0 0:0 0:0 0 -10"], AsOf("2024-03-05", history));
    }

    [Fact]
    public void A_customer_whose_first_order_is_cancelled_moves_to_the_cohort_of_the_next()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-10"), Ordered("b", "2024-02-10"), Ordered("c", "2024-02-11"), Cancelled("a", "2024-03-05"));

        Assert.Equal(["2024-02 2024-01 0/0/0 0:0 0:0 0 10", "2024-02 2024-02 2/1/1 1:1 0:0 0 20", "2024-02 2024-03 0/0/0 0:0 0:0 0 -10"], AsOf("2024-03-05", history));
    }

    [Fact]
    public void Without_an_order_that_counts_money_is_of_no_cohort()
    {
        var history = PurchasesOf(Refunded("", "2024-01-05", 3), Ordered("a", "2024-02-10"), Refunded("a", "2024-03-01"));

        Assert.Equal(["none 2024-01 0/0/0 0:0 0:0 0 -3"], AsOf("2024-02-09", history));
        Assert.Equal(["2024-02 2024-01 0/0/0 0:0 0:0 0 -3", "2024-02 2024-02 1/1/0 0:0 0:0 0 10"], AsOf("2024-02-10", history));
        Assert.Equal(["none 2024-01 0/0/0 0:0 0:0 0 -3", "none 2024-02 0/0/0 0:0 0:0 0 10", "none 2024-03 0/0/0 0:0 0:0 0 -10"], AsOf("2024-03-01", history));
    }

    [Fact]
    public void Who_left_is_counted_until_the_day_before()
    {
        var history = PurchaseHistory.Of(Utc("2024-01-10"), [Ordered("a", "2024-01-10"), Ordered("b", "2024-04-01")], "GBP", Utc("2024-02-01T09:00:00Z"));

        Assert.Single(AsOf("2024-01-31", history));
        Assert.Empty(AsOf("2024-02-01", history));
        Assert.Empty(AsOf("2024-04-01", history));
    }

    [Theory]
    [InlineData("Europe/London", "2024-06")]
    [InlineData("Europe/Berlin", "2024-07")]
    [InlineData("America/New_York", "2024-06")]
    public void Days_and_months_are_those_of_the_zone(string zone, string month)
        => Assert.Equal([$"{month} {month} 1/1/0 0:0 0:0 0 10"], AsOf("2024-07-01", PurchasesOf(Ordered("a", "2024-06-30T22:30:00Z")), Zone(zone)));

    [Fact]
    public void An_order_that_is_added_touches_nothing_but_its_own_month()
    {
        Fact[] facts = [.. Enumerable.Range(1, 9).Select(n => Ordered($"o{n}", $"2023-0{n}-10"))];

        var steps = new OrderTally().Change(PurchasesOf(facts), PurchasesOf([.. facts, Ordered("last", "2024-01-01", 25)]), London);

        Assert.Equal([(Date("2024-01-01").DayNumber, "2024-01", 1L, 0m), (Date("2024-01-01").DayNumber, "2024-01", 0L, 25m)], steps.Select(s => (s.Day, Month(s.Month), s.Sums.Orders, s.Sums.Amount)));
    }
}
