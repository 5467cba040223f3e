using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ModelPreview> GetModelPreview(GetModelPreviewRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Preview(request.Preview).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return await AnswerAsync(shop, await PreviewAsync(shop, request.Preview, context.CancellationToken), context.CancellationToken);
    }

    /// <exception cref="RpcException">PREVIEW_NOT_FOUND.</exception>
    async Task<Preview> PreviewAsync(Shop shop, string id, CancellationToken cancellation)
        => await store.FindPreviewAsync(shop.Id, Guid.Parse(id).ToString(), cancellation) ?? throw PreviewNotFound(shop, id);

    static RpcException PreviewNotFound(Shop shop, string id) => Errors.Of(
        SegmentationErrorReason.PreviewNotFound,
        $"Shop '{shop.Id}' has no preview '{id}'; ListModelPreviews names those that are kept.",
        ("shop", shop.Id), ("preview", id));

    /// <summary>With its result, where it has one.</summary>
    async Task<ModelPreview> AnswerAsync(Shop shop, Preview preview, CancellationToken cancellation)
    {
        var answer = PreviewMapping.ToProto(shop, preview);
        if (preview is { State: PreviewState.Done, Sums: { } sums })
            answer.Result = PreviewMapping.ToResult(shop, preview.Order.Compare(shop, preview.KnownAt), sums, await store.CountMoversAsync(preview, cancellation));
        return answer;
    }
}
