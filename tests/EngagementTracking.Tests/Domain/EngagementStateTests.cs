using System.Globalization;
using Perennial.EngagementTracking.Domain;

namespace Perennial.EngagementTracking.Tests.Domain;

public sealed class EngagementStateTests
{
    static readonly DateOnly Day = DateOnly.FromDateTime(Given.Noon.UtcDateTime);

    [Theory]
    [InlineData(0, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public void One_order_keeps_a_customer_warm_for_one_half_life(int days, bool warm)
        => Assert.Equal(warm, EngagementState.At(Given.Noon.AddDays(days), Given.History([Given.Touches(Day)]), Given.Rules).Warm);

    [Fact]
    public void Consents_are_what_was_last_said_per_channel_and_purpose()
    {
        SubscriptionFact[] facts =
        [
            Given.Subscription(true, Given.Noon, "m1", Channel.Sms),
            Given.Subscription(true, Given.Noon, "m2", Channel.Email),
            Given.Subscription(false, Given.Noon, "m3", Channel.Email),
            Given.Subscription(true, Given.Noon, "m4", Channel.Email) with { Purpose = "statistics" },
            Given.Subscription(true, Given.Noon.AddMinutes(2), "m5", Channel.Email),
        ];
        Assert.Equal(["m3", "m4", "m1"], EngagementState.ConsentsAt(Given.Noon.AddMinutes(1), facts).Select(f => f.MessageId));
    }

    [Fact]
    public void Consent_to_something_else_than_marketing_opens_and_closes_no_channel()
    {
        var history = new History(new Sighting { Shop = "demo", Customer = "user:1", FirstSeenTime = Given.Noon }, 1, [],
            [Given.Subscription(false, Given.Noon, "m1", Channel.Email), Given.Subscription(true, Given.Noon.AddMinutes(1), "m2", Channel.Email) with { Purpose = "statistics" }]);
        Assert.True(Assert.Single(EngagementState.At(Given.Noon.AddHours(1), history, Given.Rules).Channels).Unsubscribed);
    }

    [Fact]
    public void Says_why()
        => Assert.Equal("score 2.00 of 1.00 needed, half-life 30 days", EngagementState.At(Given.Noon, Given.History([Given.Touches(Day)]), Given.Rules).Reason);

    [Fact]
    public void A_customer_without_an_event_is_cold_with_zeros()
    {
        var nobody = EngagementState.At(Given.Noon, null, Given.Rules);
        Assert.Equal((0, false, null), (nobody.Score, nobody.Warm, nobody.LastOwnTouch));
        Assert.Empty(nobody.Channels);
    }

    [Theory]
    // Touches of the whole UTC day count, those of the next one do not.
    [InlineData("2026-03-10T00:00:00Z", 1)]
    [InlineData("2026-03-10T23:59:59Z", 1)]
    [InlineData("2026-03-09T23:59:59Z", 0)]
    public void Counts_by_whole_utc_days(string asOf, int channels)
        => Assert.Equal(channels, EngagementState.At(DateTimeOffset.Parse(asOf, CultureInfo.InvariantCulture), Given.History([Given.Touches(Day)]), Given.Rules).Channels.Count);

    [Fact]
    public void Counts_per_channel_and_knows_the_customers_own_last_touch()
    {
        var state = EngagementState.At(Given.Noon, Given.History([
            Given.Touches(Day, TouchKind.Sent, 2, Channel.Email),
            Given.Touches(Day.AddDays(-1), TouchKind.Sent, 3, Channel.Email),
            Given.Touches(Day.AddDays(-1), TouchKind.Opened, 1, Channel.Email),
            Given.Touches(Day.AddDays(-2), TouchKind.Visit, 5),
        ]), Given.Rules);

        Assert.Equal([Channel.Email, Channel.Onsite], state.Channels.Select(c => c.Channel));
        Assert.Equal(5, state.Channels[0].Counts[TouchKind.Sent]);
        Assert.Equal(1, state.Channels[0].Counts[TouchKind.Opened]);
        Assert.Equal(Given.Noon.AddDays(-1), state.Channels[0].LastOwnTouch);
        Assert.Equal(Given.Noon.AddDays(-2), state.Channels[1].LastOwnTouch);
        Assert.Equal(Given.Noon.AddDays(-1), state.LastOwnTouch);
    }

    [Fact]
    public void The_latest_subscription_fact_at_the_instant_decides()
    {
        var history = Given.History([], [
            Given.Subscription(false, Given.Noon, "m1"),
            Given.Subscription(true, Given.Noon.AddHours(1), "m2"),
            Given.Subscription(false, Given.Noon.AddHours(2), "m3"),
            // The same instant: the greater message id decides, by code point.
            Given.Subscription(true, Given.Noon.AddHours(2), "M9"),
        ]);

        Assert.Empty(EngagementState.At(Given.Noon.AddMilliseconds(-1), history, Given.Rules).Channels);
        Assert.True(Unsubscribed(Given.Noon));
        Assert.False(Unsubscribed(Given.Noon.AddHours(1)));
        Assert.True(Unsubscribed(Given.Noon.AddHours(2)));

        bool Unsubscribed(DateTimeOffset asOf) => Assert.Single(EngagementState.At(asOf, history, Given.Rules).Channels).Unsubscribed;
    }

    [Theory]
    [InlineData(-13, false)]
    [InlineData(-12, true)]
    [InlineData(0, true)]
    public void A_customer_exists_from_the_utc_day_of_their_first_event(int hours, bool seen)
        => Assert.Equal(seen, EngagementState.SeenBy(Given.Noon.AddHours(hours), Given.History()));
}
