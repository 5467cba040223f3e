using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<V1.Population> SetPopulation(SetPopulationRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Revision(request.ExpectedRevision, "expected_revision").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        new Violations().Population(request.Population, shop.Currency).Throw();
        var (refusal, population) = await store.SetPopulationAsync(shop.Id, ModelMapping.ToDomain(request.Population), request.ExpectedRevision, request.ValidateOnly, Now(), context.CancellationToken);
        bell.Ring();
        return refusal switch
        {
            Refusal.None => ModelMapping.ToProto(shop, population!),
            Refusal.EtagMismatch => throw Errors.Of(SegmentationErrorReason.EtagMismatch, $"The population is at revision {population?.Revision ?? 0}, not at {request.ExpectedRevision}; read it again.", ("shop", shop.Id)),
            _ => throw Errors.Of(SegmentationErrorReason.PopulationMissing, "An active model needs a part that these figures leave out; set it, or deactivate the model first.", ("shop", shop.Id)),
        };
    }
}
