using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<ListModelPreviewsResponse> ListModelPreviews(ListModelPreviewsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).PageSize(request.PageSize).Throw();
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var before = Pages.Cursor(request.PageToken, request.Shop) is { } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : int.MaxValue;
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        // One more than asked tells whether there is another page.
        var previews = await store.ListPreviewsAsync(shop.Id, before, size + 1, context.CancellationToken);
        var response = new ListModelPreviewsResponse { Previews = { previews.Take(size).Select(p => PreviewMapping.ToHeading(shop, p)) } };
        if (previews.Count > size) response.NextPageToken = Pages.Token(previews[size - 1].Number.ToString(CultureInfo.InvariantCulture), request.Shop);
        return response;
    }
}
