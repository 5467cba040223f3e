using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<Audience> GetAudience(GetAudienceRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Audience(request.Audience).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return AudienceMapping.ToProto(shop.Id, await store.FindAudienceAsync(shop.Id, request.Audience, context.CancellationToken) ?? throw NotFound(shop, request.Audience));
    }
}
