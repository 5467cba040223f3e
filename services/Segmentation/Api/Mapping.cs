using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Condition = Perennial.Segmentation.V1.Condition;
using Customer = Perennial.Segmentation.Storage.Customer;

namespace Perennial.Segmentation.Api;

/// <summary>Domain values as answers.</summary>
internal static class Mapping
{
    /// <summary>Messages named of what a value rests on.</summary>
    const int MessagesMax = 20;

    /// <summary>A customer at an instant, as known at another; null when they were first seen after it, or nothing was known of them.</summary>
    /// <param name="knownAt">Null means now.</param>
    public static CustomerLifecycle? ToLifecycle(Customer customer, Shop shop, Derivation use, DateTimeOffset asOf, DateTimeOffset? knownAt)
    {
        var (model, zone) = (use.Model, use.Zone);
        if (customer.Record.AsKnown(knownAt, shop.Currency, zone, model.Sources | Sources.Purchases) is not { } history || Lifecycle.At(history, model, zone, asOf) is not { } lifecycle) return null;
        return new CustomerLifecycle
        {
            Shop = shop.Id,
            Customer = customer.Id,
            Identified = customer.Identified,
            Model = model.Id,
            ModelRevision = model.Revision,
            PopulationRevision = model.PopulationRevision,
            Stage = lifecycle.Stage.Id,
            SinceTime = StageTimeline.SinceOf(history, model, zone, asOf).ToTimestamp(),
            Why = ToReason(lifecycle, model),
            WhatNext = ToNext(lifecycle, model),
            Triggers = { Triggers.Of(lifecycle, history, model, zone).Select(t => new StageTrigger { Event = t.Event, Stage = t.Stage.Id }) },
            Value = lifecycle.Purchases.Value.ToMoney(shop.Currency),
            FirstSeenTime = history.FirstSeen.ToTimestamp(),
            AsOf = asOf.ToTimestamp(),
            KnownAt = knownAt?.ToTimestamp(),
            Position = customer.Position,
        };
    }

    public static StageReason ToReason(Lifecycle lifecycle, BoundModel model)
    {
        var reason = new StageReason { Rule = lifecycle.Placement.Text, OrderCount = lifecycle.Purchases.OrderCount };
        reason.Conditions.AddRange(lifecycle.Placement.Rule is { } rule
            ? rule.Conditions.Select(c => ToCondition(lifecycle, model, c.Axis, c.IsOfAbsenceAlone ? default : c.Bounds))
            : model.Axes.Select(a => ToCondition(lifecycle, model, a, default)));
        if (lifecycle.Purchases.LastOrder is not { } last || lifecycle.DaysSinceLastOrder is not { } days) return reason;
        reason.DaysSinceLastOrder = days;
        reason.LastOrderTime = last.Time.ToTimestamp();
        reason.LastOrderId = last.Id;
        return reason;
    }

    static Condition ToCondition(Lifecycle lifecycle, BoundModel model, Axis axis, Bounds bounds)
    {
        var value = lifecycle.Standing.Value(axis, lifecycle.Date, model.Population);
        var messages = lifecycle.Standing.Evidence(axis, lifecycle.Date).ToList();
        var condition = new Condition { Feature = axis.Name, Value = Number(value ?? 0), Absent = value is null, MessageIds = { messages.Take(MessagesMax) }, EventCount = messages.Count };
        if (bounds.Min is { } min) condition.Min = Number(min);
        if (bounds.Max is { } max) condition.Max = Number(max);
        return condition;

        double Number(long steps) => (double)axis.Traits.Value(steps);
    }

    static NextStage? ToNext(Lifecycle lifecycle, BoundModel model)
    {
        if (lifecycle.Next is not { } next) return null;
        var date = next.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return new NextStage
        {
            Stage = next.Stage.Id,
            ChangeTime = next.Time.ToTimestamp(),
            ChangeDate = date,
            Summary = $"{lifecycle.Stage.Id} -> {next.Stage.Id} on {date} if {(model.Sources == Sources.Purchases ? "no order" : "nothing happens")}",
        };
    }

    public static StageCause ToCause(Cause cause) => new() { Kind = (StageCause.Types.Kind)cause.Kind, MessageId = cause.MessageId };
}
