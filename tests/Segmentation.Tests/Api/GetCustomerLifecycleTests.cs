using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetCustomerLifecycleTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    AsyncUnaryCall<CustomerLifecycle> Get(string customer, string? asOf = null, string shop = "tea", string model = "")
        => fixture.Client.GetCustomerLifecycleAsync(
            new GetCustomerLifecycleRequest { Shop = shop, Customer = customer, Model = model, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() },
            cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Says_the_stage_since_when_why_and_what_comes_next()
    {
        var loyal = await Get("user:loyal", "2024-06-30T12:00:00Z");
        Assert.Equal(("tea", "user:loyal", true, "clc", "loyal"), (loyal.Shop, loyal.Customer, loyal.Identified, loyal.Model, loyal.Stage));
        Assert.Equal(Utc("2024-04-05T10:00:00Z").ToTimestamp(), loyal.SinceTime);
        Assert.Equal(Utc("2023-12-24T08:00:00Z").ToTimestamp(), loyal.FirstSeenTime);
        Assert.Equal(Utc("2024-06-30T12:00:00Z").ToTimestamp(), loyal.AsOf);
        Assert.Equal(new Google.Type.Money { CurrencyCode = "GBP", Units = 100 }, loyal.Value);
        Assert.Equal(await fixture.House.PositionAsync("tea", "user:loyal"), loyal.Position);
        Assert.Equal(
            new StageReason
            {
                Rule = "loyal: 4 or more orders, the last 0 to 90 days ago",
                OrderCount = 4,
                DaysSinceLastOrder = 86,
                LastOrderId = "l-4",
                LastOrderTime = Utc("2024-04-05T10:00:00Z").ToTimestamp(),
                Conditions =
                {
                    new Condition { Feature = "order_count", Value = 4, Min = 4, EventCount = 4, MessageIds = { Enumerable.Range(1, 4).Select(n => fixture.Messages[$"l-{n}"]).Reverse() } },
                    new Condition { Feature = "days_since_last_order", Value = 86, Min = 0, Max = 90, EventCount = 1, MessageIds = { fixture.Messages["l-4"] } },
                },
            },
            loyal.Why);
        Assert.Equal((1, 0), (loyal.ModelRevision, loyal.PopulationRevision));
        Assert.Empty(loyal.Triggers);
        Assert.Equal(
            new NextStage { Stage = "at_risk", ChangeTime = Utc("2024-07-04T23:00:00Z").ToTimestamp(), ChangeDate = "2024-07-05", Summary = "loyal -> at_risk on 2024-07-05 if no order" },
            loyal.WhatNext);
    }

    [Fact]
    public async Task Says_of_a_prospect_that_there_is_no_order()
    {
        var looks = await Get("user:looks", "2024-06-30");
        Assert.Equal("prospect", looks.Stage);
        Assert.Equal(new StageReason { Rule = "prospect: no order", Conditions = { new Condition { Feature = "order_count", Value = 0, Min = 0, Max = 0 } } }, looks.Why);
        Assert.Null(looks.WhatNext);
        Assert.Equal([new StageTrigger { Event = "order", Stage = "new" }], looks.Triggers);
        Assert.False(looks.Why.HasDaysSinceLastOrder);
    }

    [Theory]
    [InlineData("2023-12-24T08:00:00Z", "prospect")]
    [InlineData("2024-01-05T09:59:59.999Z", "prospect")]
    [InlineData("2024-01-05T10:00:00Z", "new")]
    [InlineData("2024-02-04T23:59:59.999Z", "new")]
    [InlineData("2024-02-05T00:00:00Z", "drifting")]
    [InlineData("2024-02-05T10:00:00Z", "promising")]
    [InlineData("2024-07-04T22:59:59.999Z", "loyal")]
    [InlineData("2024-07-04T23:00:00Z", "at_risk")]
    [InlineData("2025-04-05T22:59:59.999Z", "at_risk")]
    [InlineData("2025-04-05T23:00:00Z", "red_alert")]
    public async Task Answers_any_instant_the_future_included(string asOf, string stage) => Assert.Equal(stage, (await Get("user:loyal", asOf)).Stage);

    [Fact]
    public async Task The_announced_change_comes_true_unless_something_happens()
    {
        var next = (await Get("user:once", "2024-01-20")).WhatNext;
        Assert.Equal("drifting", next.Stage);
        Assert.Equal("new", (await Get("user:once", next.ChangeTime.ToDateTimeOffset().AddMilliseconds(-1).ToString("O"))).Stage);
        Assert.Equal("drifting", (await Get("user:once", next.ChangeTime.ToDateTimeOffset().ToString("O"))).Stage);
    }

    [Fact]
    public async Task A_cancelled_order_leaves_a_prospect()
    {
        Assert.Equal("new", (await Get("user:gone", "2024-03-02T09:59:59Z")).Stage);
        var gone = await Get("user:gone", "2024-03-02T10:00:00Z");
        Assert.Equal(("prospect", 0), (gone.Stage, gone.Value.Units));
        Assert.Equal(Utc("2024-03-02T10:00:00Z").ToTimestamp(), gone.SinceTime);
    }

    [Fact]
    public async Task Without_an_instant_the_clock_says_when()
    {
        var asOf = (await Get("anon:v1")).AsOf.ToDateTimeOffset();
        Assert.InRange(asOf, Utc("2024-06-30T12:00:00Z"), Utc("2024-06-30T13:00:00Z"));
        Assert.Equal(0, asOf.Ticks % TimeSpan.TicksPerMillisecond);
    }

    [Fact]
    public async Task A_visitor_is_not_identified() => Assert.False((await Get("anon:v1")).Identified);

    [Theory]
    [InlineData("user:nobody", null)]
    [InlineData("user:Loyal", null)]
    [InlineData("user:loyal", "2023-12-24T07:59:59.999Z")]
    public async Task Refuses_a_customer_that_was_not_seen_by_then(string customer, string? asOf)
    {
        var refusal = await RefusalAsync(Get(customer, asOf), StatusCode.NotFound);
        Assert.Equal(("CUSTOMER_NOT_FOUND", "segmentation.perennial", customer), (refusal.Reason, refusal.Domain, refusal.Metadata["customer"]));
    }

    [Fact]
    public async Task Refuses_a_shop_that_was_never_announced()
        => Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Get("user:loyal", shop: "coffee"), StatusCode.NotFound)).Reason);

    [Fact]
    public async Task Refuses_a_model_that_is_unknown_or_not_active()
    {
        var refusal = await RefusalAsync(Get("user:loyal", model: "vip"), StatusCode.NotFound);
        Assert.Equal(("MODEL_NOT_FOUND", "vip"), (refusal.Reason, refusal.Metadata["model"]));
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(Get("user:loyal", model: "rfm"), StatusCode.FailedPrecondition)).Reason);
        Assert.Equal("clc", (await Get("user:loyal", model: "clc")).Model);
    }

    [Fact]
    public async Task Names_all_that_is_wrong_at_once()
    {
        var request = new GetCustomerLifecycleRequest { Shop = "Tea", Customer = "loyal", Model = new string('m', 64), AsOf = new Timestamp { Seconds = 300_000_000_000 } };
        Assert.Equal(["as_of", "customer", "model", "shop"], await ViolationsAsync(fixture.Client.GetCustomerLifecycleAsync(request, cancellationToken: TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("user:")]
    [InlineData("anon:")]
    [InlineData("USER:a")]
    [InlineData("user")]
    public async Task Refuses_what_is_no_customer_id(string customer) => Assert.Equal(["customer"], await ViolationsAsync(Get(customer)));

    [Fact]
    public async Task Refuses_a_customer_id_that_is_too_long() => Assert.Equal(["customer"], await ViolationsAsync(Get("user:" + new string('x', 206))));
}
