using Google.Protobuf.WellKnownTypes;
using Perennial.CampaignRecommendation.Domain;
using Perennial.Campaigns.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using WireChannel = Perennial.Common.V1.Channel;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>Between the wire and decisions.</summary>
internal static class Mapping
{

    public static Inputs ToInputs(CustomerLifecycle lifecycle, CustomerEngagement engagement, IReadOnlyCollection<ContactFact> facts, string currencyCode, TimeZoneInfo zone, DateTimeOffset asOf) => new(
        lifecycle.Stage,
        LocalDate(lifecycle.SinceTime?.ToDateTimeOffset() ?? asOf, zone),
        lifecycle.Why?.OrderCount ?? 0,
        lifecycle.Why is { HasDaysSinceLastOrder: true } why ? why.DaysSinceLastOrder : null,
        lifecycle.Value.ToDecimal(),
        currencyCode,
        engagement.Score,
        engagement.Temperature == Temperature.Warm,
        lifecycle.WhatNext?.Stage,
        lifecycle.WhatNext is { } next ? LocalDate(next.ChangeTime.ToDateTimeOffset(), zone) : null,
        LocalDate(asOf, zone),
        Reach.BirthdayOf(facts),
        Reach.Of(facts, lifecycle.Why?.OrderCount ?? 0, zone));

    public static NextAction ToProto(CustomerLifecycle lifecycle, Decision decision, Inputs inputs, long revision, DateTimeOffset asOf)
    {
        var action = new NextAction
        {
            Shop = lifecycle.Shop,
            Customer = lifecycle.Customer,
            Play = decision.Play.Id,
            Strategy = decision.Play.Strategy,
            Action = decision.Play.Action,
            Channel = (WireChannel)decision.Channel.Channel,
            Cost = decision.Channel.Cost.ToMoney(inputs.CurrencyCode),
            Reason = decision.Reason,
            DecidedOn = ToProto(lifecycle, inputs, revision),
            AsOf = asOf.ToTimestamp(),
            // One choice for the same inputs; below 1 once an experiment draws among several.
            Propensity = 1,
        };
        action.Alternatives.AddRange(decision.Alternatives.Select(a => new Alternative { Play = a.Play.Id, Strategy = a.Play.Strategy, Action = a.Play.Action, Channel = (WireChannel)a.Channel.Channel }));
        return action;
    }

    public static Campaigns.V1.Playbook ToProto(ShopSettings shop, CurrentPlaybook current)
    {
        var playbook = new Campaigns.V1.Playbook { Shop = shop.Shop, Revision = current.Revision, CreateTime = current.CreateTime.ToTimestamp() };
        playbook.Plays.AddRange(current.Playbook.Plays.Select(play => ToProto(play, shop.CurrencyCode)));
        return playbook;
    }

    static DecisionInputs ToProto(CustomerLifecycle lifecycle, Inputs inputs, long revision)
    {
        var decidedOn = new DecisionInputs
        {
            Model = lifecycle.Model,
            Stage = inputs.Stage,
            StageSinceTime = lifecycle.SinceTime,
            OrderCount = inputs.OrderCount,
            Value = inputs.Value.ToMoney(inputs.CurrencyCode),
            EngagementScore = inputs.Score,
            Warm = inputs.Warm,
            PlaybookRevision = revision,
            NextStage = inputs.NextStage ?? "",
            NextStageTime = lifecycle.WhatNext?.ChangeTime,
        };
        if (inputs.DaysSinceLastOrder is { } days) decidedOn.DaysSinceLastOrder = days;
        decidedOn.Channels.AddRange(inputs.Reach.Select(r => new Campaigns.V1.ChannelReach { Channel = (WireChannel)r.Channel, Reachable = r.Reachable, Reason = r.Reason }));
        return decidedOn;
    }

    static Campaigns.V1.Play ToProto(Domain.Play play, string currencyCode)
    {
        var wire = new Campaigns.V1.Play { Play_ = play.Id, Strategy = play.Strategy, Conditions = ToProto(play.Conditions), Action = play.Action, Reason = play.Reason, Owner = play.Owner };
        wire.Stages.AddRange(play.Stages);
        wire.Channels.AddRange(play.Channels.Select(c => new Campaigns.V1.PlayChannel { Channel = (WireChannel)c.Channel, Cost = c.Cost.ToMoney(currencyCode) }));
        return wire;
    }

    static Campaigns.V1.PlayConditions ToProto(Domain.PlayConditions conditions)
    {
        var wire = new Campaigns.V1.PlayConditions();
        if (conditions.Warm is { } warm) wire.Warm = warm;
        if (conditions.MinOrderCount is { } minOrders) wire.MinOrderCount = minOrders;
        if (conditions.MaxOrderCount is { } maxOrders) wire.MaxOrderCount = maxOrders;
        if (conditions.MinDaysSinceLastOrder is { } minDays) wire.MinDaysSinceLastOrder = minDays;
        if (conditions.MaxDaysSinceLastOrder is { } maxDays) wire.MaxDaysSinceLastOrder = maxDays;
        if (conditions.MinValue is { } minValue) wire.MinValue = (double)minValue;
        if (conditions.MaxDaysToNextStage is { } toNext) wire.MaxDaysToNextStage = toNext;
        if (conditions.MaxDaysInStage is { } inStage) wire.MaxDaysInStage = inStage;
        if (conditions.BirthdayWithinDays is { } birthday) wire.BirthdayWithinDays = birthday;
        return wire;
    }

    static DateOnly LocalDate(DateTimeOffset instant, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);
}
