using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> ActivateModel(ActivateModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var change = await store.ActivateModelAsync(shop.Id, request.Model, request.Revision, request.Etag, request.ValidateOnly, Now(), context.CancellationToken);
        bell.Ring();
        return Answer(shop, request.Model, request.Revision, change);
    }
}
