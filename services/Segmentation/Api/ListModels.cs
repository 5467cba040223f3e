using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).PageSize(request.PageSize).Throw();
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var after = Pages.Cursor(request.PageToken, request.Shop) ?? "";
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        // One more than asked tells whether there is another page.
        var models = await store.ListModelsAsync(shop.Id, after, size + 1, context.CancellationToken);
        var response = new ListModelsResponse { Models = { models.Take(size).Select(m => ModelMapping.ToProto(shop.Id, m)) } };
        if (models.Count > size) response.NextPageToken = Pages.Token(models[size - 1].Id, request.Shop);
        return response;
    }
}
