using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class OverlayTests
{
    /// <summary>A mean of 50, so VIPs from 250; a lapse after 63 days.</summary>
    static readonly OverlayMeasures Measures = OverlaySettings.Default.Against(Figures, null);

    static readonly DateOnly Today = Date("2011-06-30");

    static Overlay Of(OverlayKind kind, OverlayFacts facts, OverlayMeasures? measures = null) => Overlays.Of(facts, measures ?? Measures, Today).Single(o => o.Kind == kind);

    static DateOnly? Ago(int? days) => days is { } count ? Today.AddDays(-count) : null;

    /// <summary>Orders so many days ago, the last first.</summary>
    static OverlayFacts Orders(params int[] days) => new(days.Length, 10 * days.Length, Ago(days is [.., var first] ? first : null), Ago(days is [_, var before, ..] ? before : null), Ago(days is [var last, ..] ? last : null), null);

    [Fact]
    public void Somebody_without_an_order_or_an_interaction_is_cold_and_nothing_else()
    {
        var overlays = Overlays.Of(Orders(), Measures, Today);
        Assert.Equal(["vip", "one_time", "repeat", "warm", "cold", "new_customer", "returning"], overlays.Select(o => o.Name));
        Assert.Equal(["cold"], overlays.Where(o => o.Holds != false).Select(o => o.Name));
        Assert.Equal(["no order", "no order", "no order", "no interaction", "no interaction", "no order", "no order"], overlays.Select(o => o.Why));
    }

    [Theory]
    [InlineData("249.9999", false, "spend 249.9999, below 250: 5 times the mean spend of 50")]
    [InlineData("250", true, "spend 250, at least 250: 5 times the mean spend of 50")]
    [InlineData("-10", false, "spend -10, below 250: 5 times the mean spend of 50")]
    public void A_vip_spends_far_above_the_average(string spend, bool holds, string why)
    {
        var overlay = Of(OverlayKind.Vip, Orders(5) with { Spend = decimal.Parse(spend, System.Globalization.CultureInfo.InvariantCulture) });
        Assert.Equal(new Overlay(OverlayKind.Vip, holds, why, null), overlay);
    }

    [Fact]
    public void Or_is_among_so_many_per_cent()
    {
        var settings = new OverlaySettings(null, 2.5m, 30, 30);
        Assert.Equal(new Overlay(OverlayKind.Vip, true, "spend 30, at least 30: where the top 2.5 % of customers with an order begin", null), Of(OverlayKind.Vip, Orders(1, 2, 3), settings.Against(Figures, 30)));
        Assert.Equal(new Overlay(OverlayKind.Vip, null, "spend 30, and where the top 2.5 % of customers with an order begin is not counted yet", null), Of(OverlayKind.Vip, Orders(1, 2, 3), settings.Against(Figures, null)));
    }

    [Theory]
    [InlineData(20, 500)]
    [InlineData(21, 400)]
    [InlineData(40, 400)]
    [InlineData(60, 400)]
    [InlineData(61, 100)]
    [InlineData(99, 100)]
    [InlineData(0.1, 500)]
    public void The_top_per_cent_are_at_least_one_and_take_in_who_spent_as_much(double percent, int least)
        => Assert.Equal(least, OverlaySettings.TopSpend([100, 500, 400, 400, 100], (decimal)percent));

    [Fact]
    public void Of_nobody_there_is_no_top() => Assert.Null(OverlaySettings.TopSpend([], 10));

    [Fact]
    public void What_the_shop_does_not_know_is_said_and_nothing_is_made_up()
    {
        var measures = OverlaySettings.Default.Against(null, null);
        Assert.Equal(new Overlay(OverlayKind.Vip, null, "spend 20, and the shop's mean spend is not known: set average_spend with SetPopulation", null), Of(OverlayKind.Vip, Orders(1, 2), measures));
        Assert.Equal(new Overlay(OverlayKind.Returning, null, "100 days between the last two orders, and the shop's lapse threshold is not known: set lapse_days with SetPopulation", null), Of(OverlayKind.Returning, Orders(1, 101), measures));
        Assert.False(Of(OverlayKind.Vip, Orders(), measures).Holds);
        Assert.False(Of(OverlayKind.Returning, Orders(1), measures).Holds);
    }

    [Theory]
    [InlineData(1, true, "exactly 1 order", "1 order, fewer than 2")]
    [InlineData(2, false, "2 orders, more than 1", "2 orders, 2 or more")]
    [InlineData(9, false, "9 orders, more than 1", "9 orders, 2 or more")]
    public void Whoever_ordered_did_so_once_or_again(int orders, bool once, string whyOnce, string whyRepeat)
    {
        var facts = Orders([.. Enumerable.Range(1, orders)]);
        Assert.Equal(new Overlay(OverlayKind.OneTime, once, whyOnce, null), Of(OverlayKind.OneTime, facts));
        Assert.Equal(new Overlay(OverlayKind.Repeat, !once, whyRepeat, null), Of(OverlayKind.Repeat, facts));
    }

    [Theory]
    [InlineData(0, true, "last interaction 0 days ago, at most 30", "2011-07-31")]
    [InlineData(1, true, "last interaction 1 day ago, at most 30", "2011-07-30")]
    [InlineData(30, true, "last interaction 30 days ago, at most 30", "2011-07-01")]
    [InlineData(31, false, "last interaction 31 days ago, more than 30", null)]
    public void Warm_cools_after_the_last_day(int days, bool warm, string why, string? until)
    {
        var facts = Orders() with { LastInteraction = Ago(days) };
        var change = until is null ? (DateOnly?)null : Date(until);
        Assert.Equal(new Overlay(OverlayKind.Warm, warm, why, change), Of(OverlayKind.Warm, facts));
        Assert.Equal(new Overlay(OverlayKind.Cold, !warm, why, change), Of(OverlayKind.Cold, facts));
    }

    [Theory]
    [InlineData(30, true, "first order 30 days ago, at most 30", "2011-07-01")]
    [InlineData(31, false, "first order 31 days ago, more than 30", null)]
    public void A_customer_is_new_until_after_the_last_day(int days, bool holds, string why, string? until)
        => Assert.Equal(new Overlay(OverlayKind.NewCustomer, holds, why, until is null ? null : Date(until)), Of(OverlayKind.NewCustomer, Orders(0, days)));

    [Theory]
    [InlineData(10, 73, false, "63 days between the last two orders, at most the lapse threshold of 63", null)]
    [InlineData(10, 74, true, "64 days between the last two orders, more than the lapse threshold of 63; the last 10 days ago, at most as much", "2011-08-23")]
    [InlineData(63, 127, true, "64 days between the last two orders, more than the lapse threshold of 63; the last 63 days ago, at most as much", "2011-07-01")]
    [InlineData(64, 128, false, "64 days between the last two orders, more than the lapse threshold of 63; the last 64 days ago, more again", null)]
    public void Returning_is_who_had_lapsed_and_has_not_lapsed_again(int last, int before, bool holds, string why, string? until)
        => Assert.Equal(new Overlay(OverlayKind.Returning, holds, why, until is null ? null : Date(until)), Of(OverlayKind.Returning, Orders(last, before, 500)));

    [Fact]
    public void Facts_are_those_of_the_instant()
    {
        var history = History.Of(Utc("2011-01-01"), [Ordered("a", "2011-02-01"), Ordered("b", "2011-03-01"), Cancelled("b", "2011-03-10"), Ordered("c", "2011-04-01T23:30:00Z", 7), Refunded("", "2011-04-03", 2)], "GBP", Utc("2012-01-01"), [new(ActivityKind.Event, Utc("2011-02-20"), "opened", new Touch(TouchKind.Opened, Channel.Email)), new(ActivityKind.Event, Utc("2011-02-22"), "ticket")]);

        Assert.Null(OverlayFacts.At(history, Utc("2010-12-31"), London));
        Assert.Equal(new OverlayFacts(0, 0, null, null, null, null), OverlayFacts.At(history, Utc("2011-01-01"), London));
        Assert.Equal(new OverlayFacts(1, 10, Date("2011-02-01"), null, Date("2011-02-01"), Date("2011-02-20")), OverlayFacts.At(history, Utc("2011-02-28"), London));
        Assert.Equal(new OverlayFacts(2, 20, Date("2011-02-01"), Date("2011-02-01"), Date("2011-03-01"), Date("2011-03-01")), OverlayFacts.At(history, Utc("2011-03-05"), London));
        // Half past eleven in winter is half past midnight in summer; a refund is nothing that the customer did.
        Assert.Equal(new OverlayFacts(2, 15, Date("2011-02-01"), Date("2011-02-01"), Date("2011-04-02"), Date("2011-04-02")), OverlayFacts.At(history, Utc("2011-05-01"), London));
        Assert.Null(OverlayFacts.At(history, Utc("2012-01-01"), London));
    }
}
