using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>Domain values as answers.</summary>
internal static class Mapping
{
    /// <summary>A customer at an instant; null when they were first seen after it.</summary>
    public static CustomerLifecycle? ToLifecycle(CustomerHistory customer, Shop shop, LifecycleModel model, DateTimeOffset asOf)
    {
        if (Lifecycle.At(customer.History, model, shop.Zone, asOf) is not { } lifecycle) return null;
        var stay = StageTimeline.At(StageTimeline.Of(customer.History, model, shop.Zone), asOf)!;
        return new CustomerLifecycle
        {
            Shop = shop.Id,
            Customer = customer.Customer,
            Identified = customer.Identified,
            Model = model.Id,
            Stage = lifecycle.Stage.Id,
            SinceTime = stay.From.ToTimestamp(),
            Why = ToReason(lifecycle),
            WhatNext = ToNext(lifecycle),
            Value = lifecycle.Purchases.Value.ToMoney(shop.Currency),
            FirstSeenTime = customer.History.FirstSeen.ToTimestamp(),
            AsOf = asOf.ToTimestamp(),
            Position = customer.Position,
        };
    }

    static StageReason ToReason(Lifecycle lifecycle)
    {
        var reason = new StageReason
        {
            Rule = lifecycle.Placement.Rule,
            OrderCount = lifecycle.Purchases.OrderCount,
            Conditions = { ToCondition("order_count", lifecycle.Purchases.OrderCount, lifecycle.Placement.Cell.OrderCount) },
        };
        if (lifecycle.Purchases.LastOrder is not { } last || lifecycle.DaysSinceLastOrder is not { } days) return reason;
        reason.DaysSinceLastOrder = days;
        reason.LastOrderTime = last.Time.ToTimestamp();
        reason.LastOrderId = last.Id;
        reason.Conditions.Add(ToCondition("days_since_last_order", days, lifecycle.Placement.Cell.DaysSinceLastOrder!.Value));
        return reason;
    }

    static Condition ToCondition(string feature, int value, Bounds bounds)
    {
        var condition = new Condition { Feature = feature, Value = value, Min = bounds.Min };
        if (bounds.Max is { } max) condition.Max = max;
        return condition;
    }

    static NextStage? ToNext(Lifecycle lifecycle)
    {
        if (lifecycle.Next is not { } next) return null;
        var date = next.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return new NextStage
        {
            Stage = next.Stage.Id,
            ChangeTime = next.Time.ToTimestamp(),
            ChangeDate = date,
            Summary = $"{lifecycle.Stage.Id} -> {next.Stage.Id} on {date} if no order",
        };
    }
}
