using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Shop = Perennial.Ingestion.Domain.Shop;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<V1.Shop> UpdateShop(UpdateShopRequest request, ServerCallContext context)
    {
        var shop = await shops.RequireSettingsAsync(request.Shop, context.CancellationToken);
        Check(request, shop);
        var change = await shops.UpdateAsync(shop.Id, request.TimeZone, request.Etag, request.ValidateOnly, clock.GetUtcNow().WholeMillis(), Announcements, context.CancellationToken);
        var now = change.Shop!;
        if (change.IsStale)
            throw Errors.Of(IngestionErrorReason.EtagMismatch, $"Shop '{now.Id}' has changed since it was read; read it again.", ("shop", now.Id), ("etag", now.Etag));
        if (change.IsChanged) logger.ShopUpdated(now.Id, shop.TimeZone, now.TimeZone);
        return Mapping.ToProto(now);
    }

    static void Check(UpdateShopRequest request, Shop shop) => new Violations()
        .Zone(request.TimeZone)
        .Require(request.CurrencyCode.Length == 0 || request.CurrencyCode == shop.Currency, "currency_code", $"is {shop.Currency} and cannot change, as every amount of the shop is in it; leave it out, or create another shop")
        .Throw();
}
