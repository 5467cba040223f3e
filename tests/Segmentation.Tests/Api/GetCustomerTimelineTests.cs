using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class GetCustomerTimelineTests(KnownAtFixture fixture) : IClassFixture<KnownAtFixture>
{
    AsyncUnaryCall<CustomerTimeline> Get(string customer, string model = "", string shop = "tea")
        => fixture.House.Client.GetCustomerTimelineAsync(new() { Shop = shop, Customer = customer, Model = model }, cancellationToken: TestContext.Current.CancellationToken);

    static string Day(Timestamp? instant) => instant?.ToDateTimeOffset().ToString("MM-dd HH", System.Globalization.CultureInfo.InvariantCulture) ?? "";

    static IEnumerable<string> Stays(CustomerTimeline timeline)
        => timeline.Memberships.Select(m => $"{m.Stage} valid {Day(m.ValidFrom)} to {Day(m.ValidTo)} known {Day(m.KnownFrom)} to {Day(m.KnownTo)} by {m.Cause.Kind}");

    [Fact]
    public async Task Late_news_end_what_was_known_and_keep_it()
    {
        var timeline = await Get("user:refunded");
        Assert.Equal(("tea", "user:refunded", "clc"), (timeline.Shop, timeline.Customer, timeline.Model));
        Assert.Equal(
            [
                "new valid 06-01 10 to 07-01 23 known 06-01 10 to 06-20 09 by Event",
                "drifting valid 07-01 23 to 08-30 23 known 06-01 10 to 06-20 09 by Clock",
                "sleeper valid 08-30 23 to  known 06-01 10 to 06-20 09 by Clock",
                "new valid 06-01 10 to 06-05 10 known 06-20 09 to  by Event",
                "prospect valid 06-05 10 to  known 06-20 09 to  by Event",
            ],
            Stays(timeline));
        Assert.Equal(["ordered known 06-01 10", "refunded known 06-20 09"], timeline.Events.Select(e => $"{e.Kind} known {Day(e.KnownFrom)}"));
        Assert.Equal(("o-1", 10, "GBP"), (timeline.Events[0].OrderId, (int)timeline.Events[0].Amount.Units, timeline.Events[0].Amount.CurrencyCode));
        Assert.Equal((timeline.Events[0].MessageId, timeline.Events[1].MessageId), (timeline.Memberships[3].Cause.MessageId, timeline.Memberships[4].Cause.MessageId));
        Assert.All(timeline.Events, e => Assert.Null(e.KnownTo));
        Assert.Equal((1, 0), (timeline.Memberships[0].ModelRevision, timeline.Memberships[0].PopulationRevision));
        Assert.Equal(("new: 1 order, the last 0 to 30 days ago", 1, 0), (timeline.Memberships[0].Why.Rule, timeline.Memberships[0].Why.OrderCount, timeline.Memberships[0].Why.DaysSinceLastOrder));
    }

    [Fact]
    public async Task What_became_somebody_elses_is_known_until_then()
    {
        var timeline = await Get("anon:v");
        Assert.Equal(["new", "drifting", "sleeper"], timeline.Memberships.Select(m => m.Stage));
        Assert.All(timeline.Memberships, m => Assert.Equal(("06-02 10", "06-12 10"), (Day(m.KnownFrom), Day(m.KnownTo))));
        Assert.Equal("06-12 10", Day(Assert.Single(timeline.Events).KnownTo));
    }

    [Fact]
    public async Task What_is_left_of_the_erased_ends_when_they_left()
    {
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("user:gone"), StatusCode.NotFound)).Reason);
        Assert.Equal("new valid 06-03 10 to 06-25 10 known 06-25 10 to  by Event", Stays(await Get("erased:1")).Last());
    }

    [Fact]
    public async Task A_model_is_the_cause_of_what_it_changes_from_when_it_is_active()
    {
        var stay = Assert.Single((await Get("user:m", "five-stage")).Memberships);
        Assert.Equal(("conversion", "06-30 12", null), (stay.Stage, Day(stay.KnownFrom), stay.KnownTo));
    }

    [Fact]
    public async Task Refuses_what_is_unknown_and_names_all_that_is_wrong()
    {
        Assert.Equal("SHOP_NOT_FOUND", (await RefusalAsync(Get("user:m", shop: "coffee"), StatusCode.NotFound)).Reason);
        Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("user:nobody"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_FOUND", (await RefusalAsync(Get("user:m", "vip"), StatusCode.NotFound)).Reason);
        Assert.Equal("MODEL_NOT_ACTIVE", (await RefusalAsync(Get("user:m", "rfm"), StatusCode.FailedPrecondition)).Reason);
        Assert.Equal(["customer", "model", "shop"], await ViolationsAsync(Get("m", new string('m', 64), "Tea")));
    }
}
