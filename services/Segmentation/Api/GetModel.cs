using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Model> GetModel(GetModelRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Model(request.Model).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return ModelMapping.ToProto(shop.Id, await ModelAsync(shop, request.Model, request.Revision, context.CancellationToken));
    }

    /// <summary>One revision, the latest for 0.</summary>
    /// <exception cref="RpcException">MODEL_NOT_FOUND, REVISION_NOT_FOUND.</exception>
    async Task<ModelState> ModelAsync(Shop shop, string model, int revision, CancellationToken cancellation)
    {
        if (await store.FindModelAsync(shop.Id, model, revision, cancellation) is { } found) return found;
        var latest = revision == 0 ? null : await store.FindModelAsync(shop.Id, model, 0, cancellation);
        throw Fault(shop, model, revision, new ModelChange(latest is null ? Refusal.NotFound : Refusal.RevisionNotFound, latest));
    }
}
