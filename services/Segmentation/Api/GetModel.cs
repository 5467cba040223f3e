using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        if (await store.FindModelAsync(shop.Id, request.Model, request.Revision, context.CancellationToken) is { } found) return ModelMapping.ToProto(shop.Id, found);
        var latest = request.Revision == 0 ? null : await store.FindModelAsync(shop.Id, request.Model, 0, context.CancellationToken);
        throw Fault(shop, request.Model, request.Revision, new ModelChange(latest is null ? Refusal.NotFound : Refusal.RevisionNotFound, latest));
    }
}
