using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<V1.Population> GetPopulation(GetPopulationRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Revision(request.Revision).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        return ModelMapping.ToProto(shop, await PopulationAsync(shop, request.Revision, context.CancellationToken));
    }

    /// <summary>One revision, the latest for 0.</summary>
    /// <exception cref="RpcException">POPULATION_NOT_FOUND.</exception>
    async Task<PopulationState> PopulationAsync(Shop shop, int revision, CancellationToken cancellation)
    {
        if (await store.FindPopulationAsync(shop.Id, revision, cancellation) is { } found) return found;
        var latest = (await store.FindPopulationAsync(shop.Id, 0, cancellation))?.Revision ?? 0;
        throw Errors.Of(
            SegmentationErrorReason.PopulationNotFound,
            latest == 0 ? $"No population is set for shop '{shop.Id}'; set one with SetPopulation." : $"The population has no revision {revision}; the latest is {latest}.",
            ("shop", shop.Id), ("latest_revision", latest.ToString(CultureInfo.InvariantCulture)));
    }
}
