using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Overlays and their settings through the door of a running house.</summary>
public sealed class OverlayRpcTests(SegmentationHouseFixture fixture) : IClassFixture<SegmentationHouseFixture>
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    AudienceService.AudienceServiceClient Client => new(fixture.House.Invoker);

    AsyncUnaryCall<CustomerOverlays> Get(string customer, string asOf, string shop = "tea")
        => Client.GetCustomerOverlaysAsync(new() { Shop = shop, Customer = customer, AsOf = Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    AsyncUnaryCall<OverlaySettings> Set(OverlaySettings? settings, int expected = 0, bool dry = false, string shop = "bare")
        => Client.SetOverlaySettingsAsync(new() { Shop = shop, Settings = settings, ExpectedRevision = expected, ValidateOnly = dry }, cancellationToken: Cancellation);

    AsyncUnaryCall<OverlaySettings> Settings(int revision = 0, string shop = "bare") => Client.GetOverlaySettingsAsync(new() { Shop = shop, Revision = revision }, cancellationToken: Cancellation);

    [Fact]
    public async Task Says_every_overlay_with_its_reason_and_when_the_clock_changes_it()
    {
        var overlays = (await Get("user:loyal", "2024-04-30T12:00:00Z")).Overlays.ToDictionary(o => o.Overlay_);
        Assert.Equal(["vip", "one_time", "repeat", "warm", "cold", "new_customer", "returning"], overlays.Keys);
        Assert.Equal((true, "4 orders, 2 or more"), (overlays["repeat"].Holds, overlays["repeat"].Why));
        Assert.Equal((true, "last interaction 25 days ago, at most 30", Utc("2024-05-05T23:00:00Z").ToTimestamp()), (overlays["warm"].Holds, overlays["warm"].Why, overlays["warm"].ChangeTime));
        Assert.False(overlays["vip"].HasHolds);
        Assert.Contains("set average_spend with SetPopulation", overlays["vip"].Why, StringComparison.Ordinal);
        Assert.False((await Get("user:loyal", "2024-05-05T23:00:00Z")).Overlays.Single(o => o.Overlay_ == "warm").Holds);
    }

    [Fact]
    public async Task Nobody_has_overlays_before_they_were_seen()
        => Assert.Equal("CUSTOMER_NOT_FOUND", (await RefusalAsync(Get("user:loyal", "2023-01-01"), StatusCode.NotFound)).Reason);

    [Fact]
    public async Task Settings_are_revisions_and_the_products_own_come_first()
    {
        Assert.Equal(new OverlaySettings { Shop = "bare", VipSpendMultiple = 5, WarmDays = 30, NewCustomerDays = 30 }, await Settings());
        Assert.Equal("OVERLAY_SETTINGS_NOT_FOUND", (await RefusalAsync(Settings(1), StatusCode.NotFound)).Reason);
        Assert.Equal(1, (await Set(new() { VipTopPercent = 2.5 }, dry: true)).Revision);
        var set = await Set(new() { VipTopPercent = 2.5, WarmDays = 7 });
        Assert.Equal((1, 2.5, 7, 30), (set.Revision, set.VipTopPercent, set.WarmDays, set.NewCustomerDays));
        Assert.Equal(1, (await Set(new() { VipTopPercent = 2.5, WarmDays = 7 })).Revision);
        Assert.Equal("ETAG_MISMATCH", (await RefusalAsync(Set(new(), expected: 9), StatusCode.Aborted)).Reason);
        Assert.Equal(2, (await Set(new() { VipSpendMultiple = 3 }, expected: 1)).Revision);
        Assert.Equal(set, await Settings(1));
        Assert.Equal(["settings.new_customer_days", "settings.vip_top_percent", "settings.warm_days"], await ViolationsAsync(Set(new() { VipTopPercent = 100, WarmDays = -1, NewCustomerDays = 4_000 })));
        Assert.Equal(["settings.vip_spend_multiple"], await ViolationsAsync(Set(new() { VipSpendMultiple = 0.00001 })));
        Assert.Equal(["settings"], await ViolationsAsync(Set(null)));
    }
}
