using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<ListAudiencesResponse> ListAudiences(ListAudiencesRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).PageSize(request.PageSize).Throw();
        var size = Pages.Size(request.PageSize, Math.Min(options.Value.PageSize, options.Value.PageSizeMax), options.Value.PageSizeMax);
        var after = Pages.Cursor(request.PageToken, request.Shop) ?? "";
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        // One more than asked tells whether there is another page.
        var audiences = await store.ListAudiencesAsync(shop.Id, after, size + 1, context.CancellationToken);
        var response = new ListAudiencesResponse { Audiences = { audiences.Take(size).Select(a => AudienceMapping.ToProto(shop.Id, a)) } };
        if (audiences.Count > size) response.NextPageToken = Pages.Token(audiences[size - 1].Id, request.Shop);
        return response;
    }
}
