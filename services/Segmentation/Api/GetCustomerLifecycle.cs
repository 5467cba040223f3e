using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    /// <summary>Computed from the customer's facts, so it is exact at any instant, the future included.</summary>
    public override async Task<CustomerLifecycle> GetCustomerLifecycle(GetCustomerLifecycleRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Subject(request.Customer).Name(request.Model, "model").Instant(request.AsOf, "as_of").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var model = (await ActiveAsync(shop, request.Model, context.CancellationToken)).Model;
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var customer = await store.FindCustomerAsync(shop, request.Customer, model.Sources, context.CancellationToken);
        return (customer is null ? null : Mapping.ToLifecycle(customer, shop, model, asOf)) ?? throw Lookups.CustomerNotFound(shop, request.Customer, asOf);
    }
}
