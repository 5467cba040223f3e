using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;
using Shop = Perennial.Ingestion.Domain.Shop;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<V1.Shop> CreateShop(CreateShopRequest request, ServerCallContext context)
    {
        Check(request);
        var now = clock.GetUtcNow().WholeMillis();
        var wanted = new Shop(request.Shop, request.TimeZone, request.CurrencyCode, now, now);
        var (shop, added) = await shops.AddAsync(wanted, Announcements, context.CancellationToken);
        if (!shop.HasSettingsOf(wanted))
            throw Errors.Of(IngestionErrorReason.ShopExists, $"Shop '{shop.Id}' exists with time zone {shop.TimeZone} and currency {shop.Currency}; UpdateShop changes the zone, another currency needs another id.", ("shop", shop.Id));
        if (added) logger.ShopCreated(shop.Id, shop.TimeZone, shop.Currency);
        return Mapping.ToProto(shop);
    }

    static void Check(CreateShopRequest request) => new Violations()
        .Require(Shop.IsId(request.Shop), "shop", "must have 1 to 63 characters a-z, 0-9 and hyphens, starting with a letter")
        .Zone(request.TimeZone)
        .Require(Shop.IsCurrency(request.CurrencyCode), "currency_code", "must be an ISO 4217 code in upper case, for example \"GBP\"")
        .Throw();
}
