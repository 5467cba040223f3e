using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>The door. One file per RPC; this one holds what they share.</summary>
internal sealed partial class SegmentationApi(SegmentationStore store, FeedConsumer feed, TimeProvider clock, IOptions<SegmentationOptions> options) : SegmentationService.SegmentationServiceBase
{
    /// <exception cref="Grpc.Core.RpcException">SHOP_NOT_FOUND.</exception>
    async Task<Shop> ShopAsync(string id, CancellationToken cancellation)
        => await store.FindShopAsync(id, cancellation)
        ?? throw Errors.Of(CommonErrorReason.ShopNotFound, $"Shop '{id}' is not known here; create it first, or wait until this house has read that far.", ("shop", id));

    /// <exception cref="Grpc.Core.RpcException">MODEL_NOT_FOUND.</exception>
    static LifecycleModel Model(string id)
    {
        if (id.Length == 0) return BuiltInModels.Default;
        var known = string.Join(',', BuiltInModels.All.Select(m => m.Id));
        return BuiltInModels.Find(id)
            ?? throw Errors.Of(SegmentationErrorReason.ModelNotFound, $"There is no model '{id}'; there is {known}.", ("model", id), ("models", known));
    }

    /// <exception cref="Grpc.Core.RpcException">STAGE_NOT_FOUND.</exception>
    static void CheckStage(LifecycleModel model, string id)
    {
        if (id.Length == 0 || model.Stages.Any(s => s.Id == id)) return;
        var known = string.Join(',', model.Stages.Select(s => s.Id));
        throw Errors.Of(SegmentationErrorReason.StageNotFound, $"Model '{model.Id}' has no stage '{id}'; its stages are {known}.", ("model", model.Id), ("stage", id), ("stages", known));
    }
}
