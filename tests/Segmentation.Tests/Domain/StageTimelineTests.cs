using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class StageTimelineTests
{
    static IEnumerable<(string From, string Stage)> Of(History history)
        => StageTimeline.Of(history, Clc, London).Select(i => (i.From.ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture), i.Stage.Id));

    [Fact]
    public void One_order_fades_to_sleep()
        => Assert.Equal(
            [("2011-02-10T10:00", "new"), ("2011-03-13T00:00", "drifting"), ("2011-05-11T23:00", "sleeper")],
            Of(OrdersAt(Utc("2011-02-10T10:00:00Z"))));

    [Fact]
    public void A_loyal_customer_fades_to_red_alert()
        => Assert.Equal(
            [("2011-01-01T10:00", "loyal"), ("2011-04-01T23:00", "at_risk"), ("2012-01-02T00:00", "red_alert")],
            Of(OrdersAt(Enumerable.Repeat(Utc("2011-01-01T10:00:00Z"), 4))));

    [Fact]
    public void An_order_that_keeps_the_stage_keeps_its_start()
        => Assert.Equal(
            [("2011-01-01T10:00", "loyal"), ("2011-05-01T23:00", "at_risk"), ("2012-02-01T00:00", "red_alert")],
            Of(OrdersAt([.. Enumerable.Repeat(Utc("2011-01-01T10:00:00Z"), 4), Utc("2011-01-31T10:00:00Z")])));

    [Fact]
    public void An_order_brings_a_sleeper_back()
        => Assert.Equal(
            [("2010-01-01T00:00", "new"), ("2010-02-01T00:00", "drifting"), ("2010-04-01T23:00", "sleeper"), ("2011-01-01T00:00", "promising"), ("2011-03-03T00:00", "drifting"), ("2011-04-01T23:00", "sleeper")],
            Of(OrdersAt(Utc("2010-01-01"), Utc("2011-01-01"))));

    [Fact]
    public void An_order_at_the_very_boundary_leaves_no_empty_stay()
        => Assert.Equal(
            [("2011-01-01T12:00", "new"), ("2011-02-01T00:00", "promising"), ("2011-04-02T23:00", "drifting"), ("2011-05-02T23:00", "sleeper")],
            Of(OrdersAt(Utc("2011-01-01T12:00:00Z"), Utc("2011-02-01"))));

    [Fact]
    public void A_cancelled_only_order_leaves_a_prospect()
        => Assert.Equal(
            [("2011-01-01T00:00", "new"), ("2011-01-02T00:00", "prospect")],
            Of(HistoryOf(Ordered("a", "2011-01-01"), Cancelled("a", "2011-01-02"))));

    [Fact]
    public void A_cancelled_last_order_brings_back_the_age_of_the_one_before()
        => Assert.Equal(
            [("2011-01-01T00:00", "new"), ("2011-02-01T00:00", "drifting"), ("2011-03-01T00:00", "promising"), ("2011-03-02T00:00", "drifting"), ("2011-04-01T23:00", "sleeper")],
            Of(HistoryOf(Ordered("a", "2011-01-01"), Ordered("b", "2011-03-01"), Cancelled("b", "2011-03-02"))));

    [Theory]
    [InlineData("2011-02-20", "new")]
    [InlineData("2011-03-13", "new")]
    [InlineData("2011-04-01", "new,drifting")]
    public void An_erased_customer_ends_there(string left, string stages)
    {
        var history = History.Of(Utc("2011-02-10T10:00:00Z"), [Ordered("a", "2011-02-10T10:00:00Z")], "GBP", Utc(left));
        var timeline = StageTimeline.Of(history, Clc, London);
        Assert.Equal(stages, string.Join(',', timeline.Select(i => i.Stage.Id)));
        Assert.Equal(Utc(left), timeline[^1].To);
        Assert.Null(Lifecycle.At(history, Clc, London, Utc(left)));
        Assert.Null(StageTimeline.At(timeline, Utc(left)));
        var before = Lifecycle.At(history, Clc, London, Utc(left).AddMilliseconds(-1))!;
        Assert.Equal(timeline[^1].Stage, before.Stage);
        Assert.Null(before.Next);
    }

    [Fact]
    public void Intervals_cover_all_time_from_first_seen_and_neighbours_differ()
    {
        var timeline = StageTimeline.Of(OrdersAt(Utc("2010-01-01"), Utc("2010-03-01"), Utc("2011-01-01")), Clc, London);
        Assert.Equal(Calendar.Forever, timeline[^1].To);
        foreach (var (a, b) in timeline.Zip(timeline.Skip(1)))
        {
            Assert.Equal(a.To, b.From);
            Assert.True(a.From < a.To);
            Assert.NotEqual(a.Stage, b.Stage);
        }
    }
}
