using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Api;

public sealed class UpdateShopTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    async Task<Shop> GetAsync() => await _house.Client.GetShopAsync(new GetShopRequest { Shop = IngestionHouse.Shop }, cancellationToken: Cancel);

    async Task<Shop> UpdateAsync(string zone, string etag = "", bool validateOnly = false)
        => await _house.Client.UpdateShopAsync(new UpdateShopRequest { Shop = IngestionHouse.Shop, TimeZone = zone, Etag = etag, ValidateOnly = validateOnly }, cancellationToken: Cancel);

    /// <summary>The settings that each partition announces, in its order.</summary>
    async Task<List<List<RecordedEvent>>> AnnouncedAsync()
    {
        var announced = new List<List<RecordedEvent>>();
        for (var partition = 0; partition < 4; partition++)
        {
            var events = new List<RecordedEvent>();
            using var call = _house.Client.ReadFeed(new ReadFeedRequest { Partition = partition }, cancellationToken: Cancel);
            await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel)) events.AddRange(page.Events);
            announced.Add([.. events.Where(e => e.Event.PayloadCase == Event.PayloadOneofCase.ShopConfigured)]);
        }
        return announced;
    }

    async Task<IEnumerable<string>> ZonesAsync() => (await AnnouncedAsync()).Select(p => string.Join(' ', p.Select(e => e.Event.ShopConfigured.TimeZone)));

    [Fact]
    public async Task Answers_the_shop_in_its_new_zone_and_nothing_else_of_it_changes()
    {
        var before = await GetAsync();
        var after = await UpdateAsync("Asia/Tokyo", before.Etag);

        Assert.Equal(("Europe/London", "Asia/Tokyo"), (before.TimeZone, after.TimeZone));
        Assert.Equal((before.Shop_, before.CurrencyCode, before.CreateTime), (after.Shop_, after.CurrencyCode, after.CreateTime));
        Assert.Equal(before.CreateTime, before.UpdateTime);
        Assert.True(after.UpdateTime > before.UpdateTime);
        Assert.NotEqual(before.Etag, after.Etag);
        Assert.Equal(after, await GetAsync());
    }

    [Fact]
    public async Task Every_partition_tells_every_change_in_its_order_and_when_it_was_made()
    {
        await UpdateAsync("Asia/Tokyo");
        await _house.RecordAsync([.. Enumerable.Range(0, 50).Select(i => Some.Page($"m{i}", $"u{i}"))]);
        var last = await UpdateAsync("Europe/London");

        var announced = await AnnouncedAsync();
        Assert.All(await ZonesAsync(), zones => Assert.Equal("Europe/London Asia/Tokyo Europe/London", zones));
        Assert.All(announced.SelectMany(p => p), e => Assert.Equal(("", IngestionHouse.Shop, "GBP"), (e.Customer, e.Shop, e.Event.ShopConfigured.CurrencyCode)));
        Assert.All(announced.SelectMany(p => p), e => Assert.Equal((e.EventTime, e.ReceiveTime), (e.Event.ShopConfigured.UpdateTime, e.Event.ShopConfigured.UpdateTime)));
        Assert.All(announced, p => Assert.True(p[0].EventTime < p[1].EventTime && p[1].EventTime < p[2].EventTime && p[2].EventTime == last.UpdateTime));
        Assert.Single(announced.Select(p => string.Join(' ', p.Select(e => e.EventTime))).Distinct());
    }

    [Fact]
    public async Task The_zone_that_it_has_already_is_no_change_whatever_the_caller_knew()
    {
        var before = await GetAsync();
        var changed = await UpdateAsync("Asia/Tokyo", before.Etag);

        Assert.Equal(changed, await UpdateAsync("Asia/Tokyo", before.Etag));
        Assert.Equal(changed, await UpdateAsync("Asia/Tokyo"));
        Assert.All(await ZonesAsync(), zones => Assert.Equal("Europe/London Asia/Tokyo", zones));
    }

    [Fact]
    public async Task Whoever_knows_other_settings_is_refused_and_told_the_remedy()
    {
        var before = await GetAsync();
        var changed = await UpdateAsync("Asia/Tokyo");

        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => UpdateAsync("Asia/Seoul", before.Etag));

        Assert.Equal((StatusCode.Aborted, "ETAG_MISMATCH", changed.Etag), (code, reason, metadata["etag"]));
        Assert.Equal("Asia/Tokyo", (await GetAsync()).TimeZone);
    }

    [Fact]
    public async Task What_is_only_validated_is_answered_and_not_done()
    {
        var before = await GetAsync();

        Assert.Equal("Asia/Tokyo", (await UpdateAsync("Asia/Tokyo", validateOnly: true)).TimeZone);
        Assert.Equal(before, await GetAsync());
        Assert.All(await ZonesAsync(), zones => Assert.Equal("Europe/London", zones));
    }

    [Theory]
    [InlineData("Europe/Londres", "", "time_zone")]
    [InlineData("GMT Standard Time", "", "time_zone")]
    [InlineData("europe/londres", "", "time_zone")]
    [InlineData("", "", "time_zone")]
    [InlineData("../../etc/passwd", "GBP", "time_zone")]
    [InlineData("+01:00", "", "time_zone")]
    [InlineData("Asia/Tokyo", "JPY", "currency_code")]
    [InlineData("Nowhere", "gbp", "time_zone,currency_code")]
    public async Task Names_all_that_is_wrong(string zone, string currency, string fields)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _house.Client.UpdateShopAsync(new UpdateShopRequest { Shop = IngestionHouse.Shop, TimeZone = zone, CurrencyCode = currency }, cancellationToken: Cancel));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(fields, string.Join(',', Refused.Fields(error)));
        var said = string.Join(' ', Errors.Detail<Google.Rpc.BadRequest>(Errors.Details(error))!.FieldViolations.Select(v => v.Description));
        if (fields.Contains("time_zone", StringComparison.Ordinal)) Assert.Contains("\"Europe/London\"", said, StringComparison.Ordinal);
        if (fields.Contains("currency_code", StringComparison.Ordinal)) Assert.Contains("is GBP and cannot change", said, StringComparison.Ordinal);
        Assert.Equal("Europe/London", (await GetAsync()).TimeZone);
    }

    [Fact]
    public async Task The_currency_that_it_has_may_be_sent_along()
        => Assert.Equal("Asia/Tokyo", (await _house.Client.UpdateShopAsync(new UpdateShopRequest { Shop = IngestionHouse.Shop, TimeZone = "Asia/Tokyo", CurrencyCode = "GBP" }, cancellationToken: Cancel)).TimeZone);

    [Fact]
    public async Task A_shop_that_moved_is_created_again_with_the_settings_that_it_has_and_no_others()
    {
        var moved = await UpdateAsync("Asia/Tokyo");

        Assert.Equal(moved, await _house.Client.CreateShopAsync(new CreateShopRequest { Shop = IngestionHouse.Shop, TimeZone = "Asia/Tokyo", CurrencyCode = "GBP" }, cancellationToken: Cancel));
        Assert.Equal("SHOP_EXISTS", (await IngestionHouse.RefusalAsync(() => _house.CreateShopAsync(IngestionHouse.Shop))).Reason);
    }

    [Fact]
    public async Task An_unknown_shop_is_not_found()
    {
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(async () => await _house.Client.UpdateShopAsync(new UpdateShopRequest { Shop = "nowhere", TimeZone = "Asia/Tokyo" }, cancellationToken: Cancel));

        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND", "nowhere"), (code, reason, metadata["shop"]));
    }
}
