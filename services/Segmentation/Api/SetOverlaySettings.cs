using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    public override async Task<OverlaySettings> SetOverlaySettings(SetOverlaySettingsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Revision(request.ExpectedRevision, "expected_revision").Settings(request.Settings).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var (refusal, overlays) = await store.SetOverlaysAsync(shop, AudienceMapping.ToDomain(request.Settings), request.ExpectedRevision, request.ValidateOnly, Now(), context.CancellationToken);
        bell.Ring();
        return refusal == Storage.Refusal.None
            ? AudienceMapping.ToProto(shop.Id, overlays)
            : throw Errors.Of(SegmentationErrorReason.EtagMismatch, $"The overlay settings are at revision {overlays.Revision}, not at {request.ExpectedRevision}; read them again.", ("shop", shop.Id));
    }
}
