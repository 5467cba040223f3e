using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    // A revision holds a curve and accuracies: some 20 KB.
    const int ModelsPageSize = 20, ModelsPageSizeMax = 100;

    /// <summary>The cursor is the revision to go on from.</summary>
    public override async Task<ListValueModelsResponse> ListValueModels(ListValueModelsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).PageSize(request.PageSize).Throw();
        var size = Pages.Size(request.PageSize, ModelsPageSize, ModelsPageSizeMax);
        var from = Pages.Cursor(request.PageToken, request.Shop) is { } cursor ? int.Parse(cursor, CultureInfo.InvariantCulture) : int.MaxValue;
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var revisions = await store.ListAsync(shop.Id, from, size + 1, context.CancellationToken);
        var response = new ListValueModelsResponse();
        response.ValueModels.AddRange(revisions.Take(size).Select(r => ValueMapping.ToValueModel(shop.Id, r)));
        if (revisions.Count > size) response.NextPageToken = Pages.Token(revisions[size].Number.ToString(CultureInfo.InvariantCulture), request.Shop);
        return response;
    }
}
