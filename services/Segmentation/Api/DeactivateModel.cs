using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> DeactivateModel(DeactivateModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Throw();
        if (request.Model == BuiltInModels.Default)
            throw Errors.Of(SegmentationErrorReason.ModelRequired, $"Model '{request.Model}' is what callers that name no model ask for; it stays active.", ("model", request.Model));
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var change = await store.DeactivateModelAsync(shop.Id, request.Model, request.Etag, clock.GetUtcNow(), context.CancellationToken);
        bell.Ring();
        return Answer(shop, request.Model, 0, change);
    }
}
