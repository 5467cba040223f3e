using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<OverlaySettings> GetOverlaySettings(GetOverlaySettingsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        if (await store.FindOverlaysAsync(shop.Id, request.Revision, context.CancellationToken) is { } found) return AudienceMapping.ToProto(shop.Id, found);
        var latest = (await store.FindOverlaysAsync(shop.Id, 0, context.CancellationToken))!.Revision;
        throw Errors.Of(
            SegmentationErrorReason.OverlaySettingsNotFound,
            latest == 0 ? $"Shop '{shop.Id}' has set no overlay settings; set some with SetOverlaySettings." : $"The overlay settings have no revision {request.Revision}; the latest is {latest}.",
            ("shop", shop.Id), ("latest_revision", latest.ToString(CultureInfo.InvariantCulture)));
    }
}
