using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<CustomerLifecycle> GetCustomerLifecycle(GetCustomerLifecycleRequest request, ServerCallContext context)
    {
        var now = clock.GetUtcNow();
        new Violations().Shop(request.Shop).Subject(request.Customer).Name(request.Model, "model").Instant(request.AsOf, "as_of").Known(request.KnownAt, now).Throw();
        var (asOf, knownAt) = (request.AsOf.ToInstant(now), request.KnownAt.ToKnown(now));
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        // Most ask of now: that takes one look into the store.
        if (knownAt is null && await store.FindStandingAsync(shop, request.Customer, ModelOf(request.Model), context.CancellationToken) is var (found, active))
            return Mapping.ToLifecycle(found, shop, active, asOf, knownAt) ?? throw Lookups.CustomerNotFound(shop, request.Customer, asOf);
        var use = await UseAsync(shop, request.Model, knownAt, context.CancellationToken);
        var customer = await store.FindCustomerAsync(shop, request.Customer, use.Model.Sources | Sources.Purchases, context.CancellationToken);
        return (customer is null ? null : Mapping.ToLifecycle(customer, shop, use, asOf, knownAt)) ?? throw Lookups.CustomerNotFound(shop, request.Customer, asOf, knownAt);
    }
}
