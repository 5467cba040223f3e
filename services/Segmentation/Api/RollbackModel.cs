using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> RollbackModel(RollbackModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Require(request.Revision > 0, "revision", "must be 1 or more").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var change = await store.RollbackModelAsync(shop.Id, request.Model, request.Revision, request.Etag, Now(), context.CancellationToken);
        bell.Ring();
        return Answer(shop, request.Model, request.Revision, change);
    }
}
