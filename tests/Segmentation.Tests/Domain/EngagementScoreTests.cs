using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class EngagementScoreTests
{
    static readonly Axis Score = new(Feature.EngagementScore);

    static Activity Did(TouchKind kind, string time, Channel channel = Channel.None) => new(ActivityKind.Event, Utc(time), time, new Touch(kind, channel));

    static History HistoryOf(params Activity[] activities) => History.Of(Utc("2011-01-01"), [], "GBP", null, activities);

    static decimal At(History history, string day) => Score.Traits.Value(Standing.At(history, Utc(day + "T12:00:00Z"), London)!.Value(Score, Date(day), null)!.Value);

    [Theory]
    [InlineData("Opened", 0.1)]
    [InlineData("Clicked", 1)]
    [InlineData("Visit", 0.25)]
    [InlineData("Action", 2)]
    public void A_touch_counts_by_its_kind(string kind, decimal score) => Assert.Equal(score, At(HistoryOf(Did(Enum.Parse<TouchKind>(kind), "2011-06-01T10:00:00Z")), "2011-06-01"));

    /// <summary>Weight 2: 2 * 2^(-days / 30), rounded down to four decimals.</summary>
    [Theory]
    [InlineData("2011-06-01", 2)]
    [InlineData("2011-06-02", 1.9543)]
    [InlineData("2011-06-16", 1.4142)]
    [InlineData("2011-07-01", 1)]
    [InlineData("2011-07-31", 0.5)]
    [InlineData("2012-05-31", 0.0004)]
    [InlineData("2030-01-01", 0)]
    public void It_halves_in_thirty_days_of_the_shop(string day, decimal score) => Assert.Equal(score, At(HistoryOf(Did(TouchKind.Action, "2011-05-31T23:30:00Z")), day));

    [Fact]
    public void A_kind_counts_once_a_day_and_kinds_add_up()
        => Assert.Equal(3.35m, At(HistoryOf(
            Did(TouchKind.Action, "2011-06-01T09:00:00Z"), Did(TouchKind.Action, "2011-06-01T10:00:00Z"), Did(TouchKind.Visit, "2011-06-01T08:00:00Z"), Did(TouchKind.Clicked, "2011-06-01T11:00:00Z", Channel.Email),
            Did(TouchKind.Clicked, "2011-06-01T11:30:00Z", Channel.Push), Did(TouchKind.Opened, "2011-06-01T07:00:00Z", Channel.Email), Did(TouchKind.None, "2011-06-01T07:30:00Z")), "2011-06-01"));

    [Fact]
    public void An_order_is_an_action_and_what_becomes_of_it_is_none()
    {
        var history = Given.HistoryOf(Ordered("o1", "2011-06-01T10:00:00Z"), Cancelled("o1", "2011-07-01T10:00:00Z"));
        Assert.Equal((2, 1), (At(history, "2011-06-01"), At(history, "2011-07-01")));
    }

    [Fact]
    public void Before_anything_happened_it_is_0()
        => Assert.Equal(0, At(HistoryOf(Did(TouchKind.Action, "2011-06-01T10:00:00Z")), "2011-05-31"));

    /// <summary>Two days with a click each, ten apart.</summary>
    [Theory]
    [InlineData(10_000, "2011-07-07")]
    [InlineData(17_937, "2011-06-12")]
    [InlineData(17_938, null)]
    [InlineData(1, "2012-08-08")]
    [InlineData(0, null)]
    public void The_day_on_which_it_falls_below_a_bound_is_known(long steps, string? day)
    {
        var days = EngagementScore.DaysOf([(Date("2011-06-01"), new Touch(TouchKind.Clicked)), (Date("2011-06-11"), new Touch(TouchKind.Clicked))]);
        Assert.Equal(day is null ? null : Date(day).DayNumber, EngagementScore.FallsBelow(days, steps, Date("2011-06-11")));
        if (day is null) return;
        Assert.True(EngagementScore.At(days, Date(day)) < steps && EngagementScore.At(days, Date(day).AddDays(-1)) >= steps);
    }

    [Fact]
    public void Channels_are_ranked_by_opens_and_clicks_that_fade()
    {
        (DateOnly Day, Touch Touch)[] touches =
        [
            (Date("2011-01-01"), new(TouchKind.Clicked, Channel.Sms)), (Date("2011-05-30"), new(TouchKind.Opened, Channel.Email)), (Date("2011-05-31"), new(TouchKind.Opened, Channel.Email)), (Date("2011-04-01"), new(TouchKind.Clicked, Channel.Push)),
            (Date("2011-05-31"), new(TouchKind.Visit)), (Date("2011-05-31"), new(TouchKind.Action)),
        ];
        Assert.Equal([Channel.Push, Channel.Email, Channel.Sms], EngagementScore.Channels(touches, Date("2011-06-01")));
        Assert.Empty(EngagementScore.Channels([(Date("2011-05-31"), new(TouchKind.Visit))], Date("2011-06-01")));
    }

    [Fact]
    public void A_stage_by_the_score_ends_on_the_day_on_which_it_falls_below()
    {
        var history = HistoryOf(Did(TouchKind.Action, "2011-06-01T10:00:00Z"));
        var lifecycle = Lifecycle.At(history, LifecycleLaws.Engaged, London, Utc("2011-06-01T12:00:00Z"))!;
        Assert.Equal(("hot", "warm", Utc("2011-06-01T23:00:00Z")), (lifecycle.Stage.Id, lifecycle.Next!.Stage.Id, lifecycle.Next.Time));
        Assert.Equal(["cold", "hot", "warm", "cool", "cold"], StageTimeline.Of(history, LifecycleLaws.Engaged, London).Select(s => s.Stage.Id));
    }

    [Fact]
    public void What_would_raise_the_score_far_enough_is_named()
    {
        var visited = HistoryOf(Did(TouchKind.Visit, "2011-01-02T10:00:00Z"));
        var lifecycle = Lifecycle.At(visited, OneClick, London, Utc("2011-01-02T12:00:00Z"))!;
        Assert.Equal(["order", "message clicked"], Triggers.Of(lifecycle, visited, OneClick, London).Select(t => t.Event));
    }

    static readonly BoundModel OneClick = new("one-click", 1, new("", "", "",
    [
        new("keen", "", "", "", [new(new Condition(Score, Lower: new Limit(1)))]),
        new("other", "", "", "", [new(new Condition(Score, Upper: new Limit(1, IsOpen: true)))]),
    ]));
}
