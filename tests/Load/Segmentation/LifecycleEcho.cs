using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Grpc.Core;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>Answers every customer with one answer of the usual size, known beforehand.</summary>
sealed class LifecycleEcho : SegmentationService.SegmentationServiceBase
{
    static readonly Timestamp Time = Timestamp.FromDateTimeOffset(LogSpec.End);

    readonly CustomerLifecycle _answer = new()
    {
        Shop = LogSpec.Shop,
        Customer = LogSpec.CustomerId(1),
        Identified = true,
        Model = "clc",
        ModelRevision = 1,
        Stage = "loyal",
        SinceTime = Time,
        FirstSeenTime = Time,
        AsOf = Time,
        Position = 1_000_000,
        Value = new Money { CurrencyCode = LogSpec.Currency, Units = 412, Nanos = 350_000_000 },
        Why = new StageReason
        {
            Rule = "loyal: 4 or more orders, the last 0 to 90 days ago",
            OrderCount = 5,
            DaysSinceLastOrder = 12,
            LastOrderTime = Time,
            LastOrderId = LogSpec.OrderId(1, 5),
            Conditions =
            {
                new Condition { Feature = "order_count", Value = 5, Min = 4, EventCount = 5, MessageIds = { "m-1-0000000001", "m-1-0000000002", "m-1-0000000003", "m-1-0000000004", "m-1-0000000005" } },
                new Condition { Feature = "days_since_last_order", Value = 12, Min = 0, Max = 90, EventCount = 1, MessageIds = { "m-1-0000000005" } },
            },
        },
        WhatNext = new NextStage { Stage = "at_risk", ChangeTime = Time, ChangeDate = "2026-03-09", Summary = "loyal -> at_risk on 2026-03-09 if no order" },
    };

    public override Task<CustomerLifecycle> GetCustomerLifecycle(GetCustomerLifecycleRequest request, ServerCallContext context) => Task.FromResult(_answer);
}
