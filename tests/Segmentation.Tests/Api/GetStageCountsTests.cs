using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetStageCountsTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    AsyncUnaryCall<StageCounts> Count(string? asOf = null, bool anonymous = false, string shop = "tea", string model = "")
        => fixture.Client.GetStageCountsAsync(
            new GetStageCountsRequest { Shop = shop, Model = model, IncludeAnonymous = anonymous, AsOf = asOf is null ? null : Utc(asOf).ToTimestamp() },
            cancellationToken: TestContext.Current.CancellationToken);

    static IEnumerable<(string, long, decimal)> Rows(StageCounts counts) => counts.Stages.Select(s => (s.Stage, s.CustomerCount, s.Value.Units + s.Value.Nanos / 1_000_000_000m));

    [Fact]
    public async Task Names_every_stage_in_the_order_of_the_model()
    {
        var counts = await Count("2024-03-01T12:00:00Z");
        Assert.Equal(
            [("prospect", 1, 0), ("new", 1, 40), ("promising", 1, 51), ("loyal", 0, 0), ("drifting", 1, 10), ("sleeper", 0, 0), ("at_risk", 0, 0), ("red_alert", 0, 0)],
            Rows(counts));
        Assert.Equal(("tea", "clc", 4, Utc("2024-03-01T12:00:00Z").ToTimestamp()), (counts.Shop, counts.Model, counts.CustomerCount, counts.AsOf));
        Assert.All(counts.Stages, s => Assert.Equal("GBP", s.Value.CurrencyCode));
    }

    [Fact]
    public async Task Counts_visitors_when_asked()
    {
        var counts = await Count("2024-03-01T12:00:00Z", anonymous: true);
        Assert.Equal(("new", 2, 80), Rows(counts).ElementAt(1));
        Assert.Equal(5, counts.CustomerCount);
    }

    [Fact]
    public async Task Counts_the_future() => Assert.Equal(("red_alert", 1, 100), Rows(await Count("2030-01-01")).Last());

    [Fact]
    public async Task Before_the_shop_had_customers_all_are_zero()
    {
        var counts = await Count("2000-01-01");
        Assert.Equal(8, counts.Stages.Count);
        Assert.Equal(0, counts.CustomerCount);
    }

    [Fact]
    public async Task Says_what_it_rests_on()
    {
        var counts = await Count();
        Assert.Equal(fixture.House.Recorded, counts.Progress.Partitions.Sum(p => p.Position));
        Assert.Equal(0, counts.Progress.LagEvents);
        Assert.True(counts.AsOf.ToDateTimeOffset() >= Utc("2024-06-30T12:00:00Z"));
    }

    [Fact]
    public async Task Refuses_what_is_unknown()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Count(shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Count(model: "vip"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(Count(model: "rfm"), StatusCode.FailedPrecondition)).Reason);
        Assert.Equal(["model", "shop"], await ViolationsAsync(Count(shop: "", model: new string('m', 64))));
    }
}
