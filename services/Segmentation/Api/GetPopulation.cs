using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Population> GetPopulation(GetPopulationRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        if (await store.FindPopulationAsync(shop.Id, request.Revision, context.CancellationToken) is { } found) return ModelMapping.ToProto(shop, found);
        var latest = (await store.FindPopulationAsync(shop.Id, 0, context.CancellationToken))?.Revision ?? 0;
        throw Errors.Of(
            SegmentationErrorReason.PopulationNotFound,
            latest == 0 ? $"No population is set for shop '{shop.Id}'; set one with SetPopulation." : $"The population has no revision {request.Revision}; the latest is {latest}.",
            ("shop", shop.Id), ("latest_revision", latest.ToString(CultureInfo.InvariantCulture)));
    }
}
