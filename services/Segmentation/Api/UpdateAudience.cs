using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override Task<Audience> UpdateAudience(UpdateAudienceRequest request, ServerCallContext context) => ReadingAsync(async () =>
    {
        new Violations().Shop(request.Shop).Audience(request.Audience).Title(request.Title).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        Read(request.Filter, await store.ReadGroundAsync(shop, context.CancellationToken));
        var changed = await store.UpdateAudienceAsync(shop, request.Audience, request.Title, request.Filter, request.Etag, request.ValidateOnly, Now(), context.CancellationToken);
        bell.Ring();
        return Answer(shop, request.Audience, changed);
    });
}
