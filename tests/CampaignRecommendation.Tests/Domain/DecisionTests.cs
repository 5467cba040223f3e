using FsCheck;
using FsCheck.Fluent;
using Perennial.CampaignRecommendation.Domain;

namespace Perennial.CampaignRecommendation.Tests.Domain;

public sealed class DecisionTests
{
    /// <summary>Customers of whom nothing but orders is known: every stage has sensible actions that need no address.</summary>
    [Theory]
    // stage, orders, days since the last order, days in the stage, value, warm, next stage in days; play, channel
    [InlineData("prospect", 0, null, 2, 0, false, null, "prospect-welcome", "Onsite")]
    [InlineData("prospect", 0, null, 8, 0, true, null, "prospect-price-endings", "Onsite")]
    [InlineData("prospect", 0, null, 8, 0, false, null, "prospect-acquire", "Ads")]
    [InlineData("new", 1, 0, 0, 90, true, 31, "after-purchase-thanks", "Onsite")]
    [InlineData("new", 1, 1, 1, 90, true, 30, "after-purchase-thanks", "Onsite")]
    [InlineData("new", 1, 2, 2, 90, true, 29, "delivery-extra", "Parcel")]
    [InlineData("new", 1, 5, 5, 90, true, 26, "delivery-extra", "Parcel")]
    [InlineData("new", 1, 6, 6, 90, true, 25, "new-ask-about-delivery", "Onsite")]
    [InlineData("new", 1, 14, 14, 90, true, 17, "new-cross-sell", "Onsite")]
    [InlineData("new", 1, 24, 24, 90, true, 7, "new-offer-before-drifting", "Onsite")]
    [InlineData("promising", 2, 30, 30, 150, true, 31, "promising-upsell", "Onsite")]
    [InlineData("promising", 2, 40, 40, 150, false, 21, "promising-cross-sell", "Onsite")]
    [InlineData("promising", 3, 30, 30, 200, true, 31, "promising-join-loyalty", "Onsite")]
    [InlineData("promising", 3, 47, 50, 200, true, 14, "promising-offer-before-drifting", "Onsite")]
    [InlineData("loyal", 9, 3, 99, 5000, true, 88, "vip-thanks", "Parcel")]
    [InlineData("loyal", 9, 3, 99, 4999.99, true, 88, "loyal-upsell", "Onsite")]
    [InlineData("loyal", 5, 20, 99, 800, true, 71, "loyal-ask-for-advocacy", "Onsite")]
    [InlineData("loyal", 5, 50, 99, 800, false, 41, "loyal-stay-in-mind", "Onsite")]
    [InlineData("loyal", 5, 70, 99, 800, false, 21, "loyal-rewards-before-at-risk", "Parcel")]
    [InlineData("drifting", 1, 50, 19, 90, false, 41, "drifting-ask-why", "Onsite")]
    [InlineData("drifting", 2, 65, 4, 150, false, 26, "drifting-reactivate", "Onsite")]
    [InlineData("drifting", 1, 77, 46, 90, false, 14, "drifting-offer-before-sleeping", "Ads")]
    [InlineData("sleeper", 2, 200, 109, 150, false, null, "sleeper-competitive-price", "Ads")]
    [InlineData("sleeper", 1, 120, 29, 90, false, null, "sleeper-stay-in-mind", "Parcel")]
    [InlineData("sleeper", 1, 300, 209, 90, false, null, "sleeper-reactivate", "Ads")]
    [InlineData("sleeper", 1, 366, 275, 90, false, null, "sleeper-cheap-channels", "Onsite")]
    [InlineData("at_risk", 6, 100, 9, 900, false, 266, "at-risk-listen", "Service")]
    [InlineData("at_risk", 6, 150, 59, 900, false, 216, "at-risk-competitive-price", "Ads")]
    [InlineData("at_risk", 6, 200, 109, 900, false, 166, "at-risk-win-back", "Parcel")]
    [InlineData("at_risk", 6, 320, 229, 900, false, 46, "at-risk-offer-before-red-alert", "Parcel")]
    [InlineData("at_risk", 6, 200, 109, 9000, false, 166, "vip-win-back", "Service")]
    [InlineData("red_alert", 6, 380, 14, 900, false, null, "red-alert-sympathy", "Parcel")]
    [InlineData("red_alert", 6, 500, 134, 1000, false, null, "red-alert-competitive-price", "Ads")]
    [InlineData("red_alert", 6, 500, 134, 900, false, null, "red-alert-last-invitation", "Onsite")]
    public void The_default_playbook_answers_customers_without_an_address(string stage, int orders, int? days, int inStage, double value, bool warm, int? nextIn, string play, string channel)
    {
        var decision = Decision.Choose(Given.DefaultPlaybook, Given.Inputs(stage, orders, days, inStage, (decimal)value, warm, nextIn is { } n ? ("later", n) : null));
        Assert.Equal((play, channel), (decision.Play.Id, decision.Channel.Channel.ToString()));
    }

    [Fact]
    public void A_known_address_makes_the_cheap_channel_win()
    {
        var decision = Decision.Choose(Given.DefaultPlaybook, Given.Inputs("sleeper", 1, 300, facts: Given.Fact(Channel.Email, FactKind.Address, 1)));
        Assert.Equal(("sleeper-reactivate", Channel.Email, 1.01m), (decision.Play.Id, decision.Channel.Channel, decision.Channel.Cost));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(-3, true)]
    [InlineData(4, false)]
    [InlineData(-4, false)]
    public void A_birthday_counts_within_three_days(int days, bool greeted)
    {
        var day = Given.Today.AddDays(days);
        Assert.Equal(greeted, Decision.Choose(Given.DefaultPlaybook, Given.Inputs(birthday: new Birthday(day.Month, day.Day))).Play.Id == "birthday-greeting");
    }

    [Fact]
    public void Offers_at_most_three_alternatives_in_order_of_precedence()
    {
        var playbook = new Playbook([.. Enumerable.Range(1, 6).Select(i => Given.Play($"p{i}"))]);
        var decision = Decision.Choose(playbook, Given.Inputs());
        Assert.Equal("p1", decision.Play.Id);
        Assert.Equal(["p2", "p3", "p4"], decision.Alternatives.Select(a => a.Play.Id));
    }

    [Fact]
    public void Fills_the_reason()
    {
        var playbook = new Playbook([Given.Play(conditions: new PlayConditions { MaxDaysToNextStage = 30 }, reason: "{orders}, {days} ago, {stage}, {value}, {next_stage} on {next_date}, {score}")]);
        Assert.Equal("4 orders, 1 day ago, at risk, GBP 1,234.50, red alert on 2026-03-12, 0.25", Decision.Choose(playbook, Given.Inputs("at_risk", 4, 1, value: 1234.5m, next: ("red_alert", 2))).Reason);
    }

    [Theory]
    [InlineData("warm", true)]
    [InlineData("cold", false)]
    [InlineData("orders 4-4", true)]
    [InlineData("orders 5-", false)]
    [InlineData("orders -3", false)]
    [InlineData("days 10-10", true)]
    [InlineData("days 11-", false)]
    [InlineData("days -9", false)]
    [InlineData("value 400", true)]
    [InlineData("value 400.01", false)]
    [InlineData("next 5", true)]
    [InlineData("next 4", false)]
    [InlineData("stage 40", true)]
    [InlineData("stage 39", false)]
    [InlineData("birthday 365", false)]
    public void Conditions_have_inclusive_bounds(string condition, bool holds)
    {
        PlayConditions conditions = condition switch
        {
            "warm" => new() { Warm = true },
            "cold" => new() { Warm = false },
            "orders 4-4" => new() { MinOrderCount = 4, MaxOrderCount = 4 },
            "orders 5-" => new() { MinOrderCount = 5 },
            "orders -3" => new() { MaxOrderCount = 3 },
            "days 10-10" => new() { MinDaysSinceLastOrder = 10, MaxDaysSinceLastOrder = 10 },
            "days 11-" => new() { MinDaysSinceLastOrder = 11 },
            "days -9" => new() { MaxDaysSinceLastOrder = 9 },
            "value 400" => new() { MinValue = 400 },
            "value 400.01" => new() { MinValue = 400.01m },
            "next 5" => new() { MaxDaysToNextStage = 5 },
            "next 4" => new() { MaxDaysToNextStage = 4 },
            "stage 40" => new() { MaxDaysInStage = 40 },
            "stage 39" => new() { MaxDaysInStage = 39 },
            _ => new() { BirthdayWithinDays = 365 },
        };
        Assert.Equal(holds, conditions.Hold(Given.Inputs(warm: true, next: ("at_risk", 5))));
    }

    [Fact]
    public void Conditions_on_what_a_customer_does_not_have_do_not_hold()
    {
        var prospect = Given.Inputs("prospect", 0, null);
        Assert.False(new PlayConditions { MinDaysSinceLastOrder = 0 }.Hold(prospect));
        Assert.False(new PlayConditions { MaxDaysSinceLastOrder = 9999 }.Hold(prospect));
        Assert.False(new PlayConditions { MaxDaysToNextStage = 9999 }.Hold(prospect));
    }

    [Fact]
    public void Every_customer_gets_a_play_whose_conditions_hold_and_whose_channel_reaches()
        => Prop.ForAll(AnyInputs(), inputs =>
        {
            var decision = Decision.Choose(Given.DefaultPlaybook, inputs);
            return decision.Play.Stages.Contains(inputs.Stage) && decision.Play.Conditions.Hold(inputs)
                && inputs.Reach.Single(r => r.Channel == decision.Channel.Channel).Reachable
                && decision.Play.Channels.Contains(decision.Channel) && !decision.Reason.Contains('{', StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_inputs_give_the_same_decision()
        => Prop.ForAll(AnyInputs(), inputs =>
        {
            var (first, second) = (Decision.Choose(Given.DefaultPlaybook, inputs), Decision.Choose(Given.DefaultPlaybook, inputs with { }));
            return first.Play == second.Play && first.Channel == second.Channel && first.Reason == second.Reason && first.Alternatives.SequenceEqual(second.Alternatives);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_earlier_play_that_fits_and_reaches_and_no_better_channel_is_skipped()
        => Prop.ForAll(AnyInputs(), inputs =>
        {
            var decision = Decision.Choose(Given.DefaultPlaybook, inputs);
            var earlier = Given.DefaultPlaybook.Plays.TakeWhile(p => p.Id != decision.Play.Id);
            return earlier.All(p => !p.Stages.Contains(inputs.Stage) || !p.Conditions.Hold(inputs) || !p.Channels.Any(Reaches))
                && !decision.Play.Channels.TakeWhile(c => c != decision.Channel).Any(Reaches);

            bool Reaches(PlayChannel channel) => inputs.Reach.Single(r => r.Channel == channel.Channel).Reachable;
        }).QuickCheckThrowOnFailure();

    static Arbitrary<Inputs> AnyInputs() => (
        from stage in Gen.Elements(PlaybookRules.Stages.ToArray())
        from orders in Gen.Choose(1, 40)
        from days in Gen.Choose(0, 900)
        from inStage in Gen.Choose(0, 500)
        from value in Gen.Choose(-100, 9000)
        from warm in Gen.Elements(true, false)
        from next in Gen.Choose(0, 300)
        from month in Gen.Choose(1, 12)
        from facts in AnyFact().ListOf()
        let prospect = stage == "prospect"
        select Given.Inputs(stage, prospect ? 0 : orders, prospect ? null : days, inStage, value, warm, next > 200 || prospect ? null : ("later", next), month > 6 ? new Birthday(month, 28) : null, [.. ContactFact.Settle(facts)])).ToArbitrary();

    static Gen<ContactFact> AnyFact() =>
        from channel in Gen.Elements(Enum.GetValues<Channel>().Where(c => c != Channel.None).ToArray())
        from kind in Gen.Elements(Enum.GetValues<FactKind>().Where(k => k != FactKind.Birthday).ToArray())
        from value in Gen.Choose(0, kind == FactKind.Consent ? 3 : 1)
        from minutes in Gen.Choose(0, 5)
        select Given.Fact(channel, kind, value, Given.Noon.AddMinutes(minutes));
}
