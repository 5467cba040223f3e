using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ModelPreview> CancelModelPreview(CancelModelPreviewRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Preview(request.Preview).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var cancelled = await store.CancelPreviewAsync(shop.Id, Guid.Parse(request.Preview).ToString(), Now(), context.CancellationToken);
        return await AnswerAsync(shop, cancelled ?? throw PreviewNotFound(shop, request.Preview), context.CancellationToken);
    }
}
