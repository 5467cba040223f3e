using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<Empty> DeleteAudience(DeleteAudienceRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Audience(request.Audience).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        if (await store.DeleteAudienceAsync(shop, request.Audience, request.Etag, Now(), context.CancellationToken) != Storage.Refusal.None) throw Changed(request.Audience);
        bell.Ring();
        return new Empty();
    }
}
