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
}
