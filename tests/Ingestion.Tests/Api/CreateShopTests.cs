using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Api;

public sealed class CreateShopTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Answers_the_shop_and_again_the_same_one()
    {
        var request = new CreateShopRequest { Shop = "tea-house", TimeZone = "Asia/Tokyo", CurrencyCode = "JPY" };
        var shop = await _house.Client.CreateShopAsync(request, cancellationToken: Cancel);

        Assert.Equal(("tea-house", "Asia/Tokyo", "JPY"), (shop.Shop_, shop.TimeZone, shop.CurrencyCode));
        Assert.True(shop.CreateTime.ToDateTimeOffset() >= Some.Instant);
        Assert.Equal(shop, await _house.Client.CreateShopAsync(request, cancellationToken: Cancel));
        Assert.Equal(shop, await _house.Client.GetShopAsync(new GetShopRequest { Shop = "tea-house" }, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Other_settings_of_the_same_id_are_refused()
    {
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(async () => await _house.Client.CreateShopAsync(new CreateShopRequest { Shop = IngestionHouse.Shop, TimeZone = "Europe/London", CurrencyCode = "EUR" }, cancellationToken: Cancel));

        Assert.Equal((StatusCode.AlreadyExists, "SHOP_EXISTS", IngestionHouse.Shop), (code, reason, metadata["shop"]));
    }

    [Fact]
    public async Task Announces_the_shop_first_in_every_partition()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 50).Select(i => Some.Page($"m{i}", $"u{i}"))]);

        for (var partition = 0; partition < 4; partition++)
        {
            using var call = _house.Client.ReadFeed(new ReadFeedRequest { Partition = partition }, cancellationToken: Cancel);
            Assert.True(await call.ResponseStream.MoveNext(Cancel));
            var first = call.ResponseStream.Current.Events[0];
            Assert.Equal((1, IngestionHouse.Shop, "", false), (first.Position, first.Shop, first.Customer, first.Identified));
            Assert.Equal(("Europe/London", "GBP"), (first.Event.ShopConfigured.TimeZone, first.Event.ShopConfigured.CurrencyCode));
            Assert.Equal(first.EventTime, first.Event.ShopConfigured.CreateTime);
            Assert.All(call.ResponseStream.Current.Events.Skip(1), e => Assert.NotEqual(Event.PayloadOneofCase.ShopConfigured, e.Event.PayloadCase));
        }
    }

    [Theory]
    [InlineData("Shop", "Europe/London", "GBP", "shop")]
    [InlineData("", "Europe/London", "GBP", "shop")]
    [InlineData("shop", "Europe/Londres", "GBP", "time_zone")]
    [InlineData("shop", "GMT Standard Time", "GBP", "time_zone")]
    [InlineData("shop", "", "GBP", "time_zone")]
    [InlineData("shop", "../../etc/passwd", "GBP", "time_zone")]
    [InlineData("shop", "Europe/London", "gbp", "currency_code")]
    [InlineData("2", "Nowhere", "£", "shop,time_zone,currency_code")]
    public async Task Names_all_that_is_wrong(string shop, string zone, string currency, string fields)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _house.Client.CreateShopAsync(new CreateShopRequest { Shop = shop, TimeZone = zone, CurrencyCode = currency }, cancellationToken: Cancel));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(fields, string.Join(',', Refused.Fields(error)));
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("America/Argentina/Buenos_Aires")]
    public async Task Takes_any_IANA_zone(string zone)
        => Assert.Equal(zone, (await _house.Client.CreateShopAsync(new CreateShopRequest { Shop = "anywhere", TimeZone = zone, CurrencyCode = "USD" }, cancellationToken: Cancel)).TimeZone);

    [Fact]
    public async Task An_unknown_shop_is_not_found()
    {
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(async () => await _house.Client.GetShopAsync(new GetShopRequest { Shop = "nowhere" }, cancellationToken: Cancel));

        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND", "nowhere"), (code, reason, metadata["shop"]));
    }
}
