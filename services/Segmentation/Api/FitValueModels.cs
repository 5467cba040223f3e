using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    /// <summary>The fit goes on when the caller goes away; its revision is then found by GetValueModel.</summary>
    public override async Task<ValueModel> FitValueModels(FitValueModelsRequest request, ServerCallContext context)
    {
        var now = clock.GetUtcNow();
        new Violations().Shop(request.Shop).Past(request.AsOf, "as_of", now).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return ValueMapping.ToValueModel(shop.Id, await refresh.FitAsync(shop, request.AsOf?.ToInstant(now), context.CancellationToken));
    }
}
