using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetStageFlowsTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    AsyncUnaryCall<StageFlows> Flow(string? from, string? to = null, bool anonymous = false, string shop = "tea", string model = "")
        => fixture.Client.GetStageFlowsAsync(
            new GetStageFlowsRequest { Shop = shop, Model = model, IncludeAnonymous = anonymous, From = from is null ? null : Utc(from).ToTimestamp(), To = to is null ? null : Utc(to).ToTimestamp() },
            cancellationToken: TestContext.Current.CancellationToken);

    static IEnumerable<(string, string, long)> Rows(StageFlows flows) => flows.Flows.Select(f => (f.FromStage, f.ToStage, f.CustomerCount));

    [Fact]
    public async Task Orders_pairs_by_the_model_and_leaves_out_what_nobody_went()
    {
        var flows = await Flow("2024-01-07", "2024-03-01T12:00:00Z");
        Assert.Equal([("", "prospect", 1), ("", "new", 1), ("", "drifting", 1), ("new", "promising", 1)], Rows(flows));
        Assert.Equal((Utc("2024-01-07").ToTimestamp(), Utc("2024-03-01T12:00:00Z").ToTimestamp()), (flows.From, flows.To));
    }

    [Fact]
    public async Task Holds_those_who_stay() => Assert.Equal([("prospect", "prospect", 2), ("loyal", "loyal", 1), ("sleeper", "sleeper", 1)], Rows(await Flow("2024-05-01", "2024-05-02")));

    [Fact]
    public async Task Counts_visitors_when_asked() => Assert.Contains(("", "new", 2), Rows(await Flow("2024-01-07", "2024-03-01T12:00:00Z", anonymous: true)));

    [Fact]
    public async Task Without_an_end_the_clock_says_when() => Assert.InRange((await Flow("2024-05-01")).To.ToDateTimeOffset(), Utc("2024-06-30T12:00:00Z"), Utc("2024-06-30T13:00:00Z"));

    [Fact]
    public async Task Refuses_an_end_before_the_start()
    {
        Assert.Equal(["to"], await ViolationsAsync(Flow("2024-05-01", "2024-04-30")));
        Assert.Equal(["to"], await ViolationsAsync(Flow("2025-01-01")));
        Assert.Empty(Rows(await Flow("2020-05-01", "2020-05-01")));
    }

    [Fact]
    public async Task Names_all_that_is_wrong_at_once() => Assert.Equal(["from", "model", "shop"], await ViolationsAsync(Flow(null, "2024-01-01", shop: "", model: new string('m', 64))));

    [Fact]
    public async Task Refuses_what_is_unknown()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Flow("2024-01-01", shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Flow("2024-01-01", model: "vip"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(Flow("2024-01-01", model: "rfm"), StatusCode.FailedPrecondition)).Reason);
    }
}
