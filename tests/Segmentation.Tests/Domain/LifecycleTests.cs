using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class LifecycleTests
{
    public static TheoryData<string, string> LastOrderDays() => new()
    {
        // Zone and date of the last order: its boundaries fall on both sides of the clocks' changes.
        { "Europe/London", "2011-02-25" }, { "Europe/London", "2011-03-27" }, { "Europe/London", "2011-10-30" }, { "Europe/London", "2011-12-09" },
        { "America/New_York", "2024-02-09" }, { "America/New_York", "2024-03-10" }, { "America/New_York", "2023-11-05" }, { "America/New_York", "2024-08-05" },
        // Boundaries on the very days whose midnight does not exist.
        { "America/Sao_Paulo", "2018-10-04" }, { "America/Sao_Paulo", "2018-09-04" }, { "America/Sao_Paulo", "2018-08-05" }, { "America/Sao_Paulo", "2017-11-03" },
        { "Asia/Beirut", "2022-02-24" }, { "Asia/Beirut", "2021-12-26" },
        { "Africa/Cairo", "2024-03-26" }, { "Africa/Cairo", "2024-01-26" },
    };

    [Theory]
    [MemberData(nameof(LastOrderDays))]
    public void Recency_is_counted_in_days_of_the_shops_calendar(string id, string lastDate)
    {
        var (zone, date) = (Zone(id), Date(lastDate));
        TimeSpan[] orderTimes = [new(1, 30, 0), new(12, 0, 0), new(23, 59, 59)];
        foreach (var (orders, days, stage) in LifecycleModelTests.Cases().Where(c => c.Days is not null))
            foreach (var time in orderTimes)
            {
                var history = OrdersAt(Enumerable.Repeat(Local(date, zone, time), orders));
                var day = date.AddDays(days!.Value);
                Check(history, Calendar.StartOf(day, zone) is var start && days == 0 ? Local(date, zone, time) : start);
                Check(history, EndOf(day, zone));

                void Check(History customer, DateTimeOffset instant)
                {
                    var lifecycle = Lifecycle.At(customer, Clc, zone, instant)!;
                    Assert.Equal((days, stage), (lifecycle.DaysSinceLastOrder, lifecycle.Stage.Id));
                    Assert.Equal(orders, lifecycle.Purchases.OrderCount);
                }
            }
    }

    [Theory]
    [InlineData("America/Sao_Paulo", "2018-10-04", 1, "drifting", "2018-11-04T03:00:00Z", "2018-11-04")]
    [InlineData("Asia/Beirut", "2022-01-25", 2, "drifting", "2022-03-26T22:00:00Z", "2022-03-27")]
    [InlineData("Africa/Cairo", "2024-01-26", 4, "at_risk", "2024-04-25T22:00:00Z", "2024-04-26")]
    [InlineData("Europe/London", "2011-12-09", 4, "at_risk", "2012-03-09T00:00:00Z", "2012-03-09")]
    [InlineData("Europe/London", "2011-02-25", 1, "drifting", "2011-03-28T00:00:00+01:00", "2011-03-28")]
    [InlineData("America/New_York", "2024-02-09", 1, "drifting", "2024-03-11T04:00:00Z", "2024-03-11")]
    [InlineData("America/New_York", "2024-02-08", 1, "drifting", "2024-03-10T05:00:00Z", "2024-03-10")]
    [InlineData("Pacific/Apia", "2011-11-29", 1, "drifting", "2011-12-30T10:00:00Z", "2011-12-31")]
    public void The_next_change_is_the_start_of_the_day_itself(string id, string lastDate, int orders, string stage, string time, string date)
    {
        var last = Local(Date(lastDate), Zone(id), new(12, 0, 0));
        var next = Lifecycle.At(OrdersAt(Enumerable.Repeat(last, orders)), Clc, Zone(id), last)!.Next!;
        Assert.Equal((stage, Utc(time), Date(date)), (next.Stage.Id, next.Time, next.Date));
    }

    [Fact]
    public void Prospects_sleepers_and_red_alerts_stay_by_themselves()
    {
        var first = Utc("2020-01-01T12:00:00Z");
        Assert.Null(Lifecycle.At(History.Of(first, [], "GBP"), Clc, London, first)!.Next);
        Assert.Null(Lifecycle.At(OrdersAt(first), Clc, London, first.AddDays(91))!.Next);
        Assert.Null(Lifecycle.At(OrdersAt(first, first, first, first), Clc, London, first.AddDays(366))!.Next);
    }

    [Fact]
    public void The_past_is_answered_as_if_nothing_came_after()
    {
        var history = OrdersAt(Utc("2024-01-01"), Utc("2024-01-20"));
        var then = Lifecycle.At(history, Clc, London, Utc("2024-01-10"))!;
        Assert.Equal(("new", "drifting", Utc("2024-02-01")), (then.Stage.Id, then.Next!.Stage.Id, then.Next.Time));
    }

    [Theory]
    // A lapse after 63 days, across both switches, onto a midnight that does not exist and a date that was skipped.
    [InlineData("active-lapsed", "Europe/London", "2011-01-24", "lapsed", "2011-03-28T23:00:00Z", "2011-03-29")]
    [InlineData("active-lapsed", "Europe/London", "2011-08-28", "lapsed", "2011-10-31T00:00:00Z", "2011-10-31")]
    [InlineData("active-lapsed", "America/Sao_Paulo", "2018-09-01", "lapsed", "2018-11-04T03:00:00Z", "2018-11-04")]
    [InlineData("active-lapsed", "Pacific/Apia", "2011-10-27", "lapsed", "2011-12-30T10:00:00Z", "2011-12-31")]
    // The only order leaves the window of 30 days.
    [InlineData("clc-windowed", "Europe/London", "2011-02-25", "drifting", "2011-03-27T23:00:00Z", "2011-03-28")]
    [InlineData("clc-windowed", "America/New_York", "2024-02-08", "drifting", "2024-03-10T05:00:00Z", "2024-03-10")]
    // 411 and 311 are one segment; the score of 2 comes after day 46.
    [InlineData("rfm", "Europe/London", "2011-02-25", "hibernating", "2011-04-12T23:00:00Z", "2011-04-13")]
    public void What_ages_changes_at_the_start_of_the_shops_day(string model, string id, string lastDate, string stage, string time, string date)
    {
        var last = Local(Date(lastDate), Zone(id), new(12, 0, 0));
        var lifecycle = Lifecycle.At(OrdersAt(last), BuiltIn.Single(m => m.Id == model), Zone(id), last.AddDays(20))!;
        Assert.Equal((stage, Utc(time), Date(date)), (lifecycle.Next!.Stage.Id, lifecycle.Next.Time, lifecycle.Next.Date));
    }

    [Theory]
    [InlineData("2011-03-20", "2011-03-27T23:00:00Z")]
    [InlineData("2011-10-23", "2011-10-31T00:00:00Z")]
    public void A_view_ages_as_an_order_does(string viewed, string changes)
    {
        var (time, model) = (Local(Date(viewed), London, new(23, 0, 0)), new BoundModel("seen", 1, new("", "", "", [
            new("lately", "", "", "", [new(Condition.Whole(Feature.DaysSinceLastView, null, 7))]),
            new("otherwise", "", "", "", [], Otherwise: true)])));
        Activity[] activities = [new(ActivityKind.View, time, "v"), new(ActivityKind.Visit, time.AddDays(3), "p")];
        var lifecycle = Lifecycle.At(History.Of(time, [], "GBP", null, activities), model, London, time.AddDays(4))!;
        Assert.Equal(("lately", "otherwise", Utc(changes)), (lifecycle.Stage.Id, lifecycle.Next!.Stage.Id, lifecycle.Next.Time));
    }

    [Fact]
    public void The_first_order_that_leaves_a_window_changes_what_it_counts()
    {
        var next = Lifecycle.At(OrdersAt(Utc("2011-10-01T12:00:00Z"), Utc("2011-10-20T12:00:00Z")), BuiltIn.Single(m => m.Id == "clc-windowed"), London, Utc("2011-10-25"))!.Next!;
        Assert.Equal(("otherwise", Utc("2011-12-01")), (next.Stage.Id, next.Time));
    }

    [Fact]
    public void An_order_that_came_back_rests_on_the_message_that_placed_it()
    {
        var history = HistoryOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 10), Updated("a", "2024-01-03", 25), Ordered("b", "2024-01-04"), Cancelled("b", "2024-01-05"));
        var standing = Standing.At(history, Utc("2024-01-06"), London)!;
        Assert.Equal([history.Facts.Single(f => f is { OrderId: "a", Kind: FactKind.Ordered }).MessageId], standing.Evidence(new(Feature.OrderCount), Date("2024-01-06")));
        Assert.Equal(5, standing.Evidence(new(Feature.Spend), Date("2024-01-06")).Count());
        Assert.Equal(
            [("a", Utc("2024-01-01"), Utc("2024-01-02")), ("a", Utc("2024-01-03"), Calendar.Forever), ("b", Utc("2024-01-04"), Utc("2024-01-05"))],
            history.Purchases.Orders.Select(o => (o.Order.Id, o.From, o.To)));
    }
}
