using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<Population> LearnPopulation(LearnPopulationRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var learned = await refresh.LearnAsync(shop, context.CancellationToken)
            ?? throw Errors.Of(SegmentationErrorReason.NothingToLearn, $"Nobody has bought in shop '{shop.Id}', so there is nothing to learn from; wait for orders, or set the figures with SetPopulation.", ("shop", shop.Id));
        return ModelMapping.ToProto(shop, learned);
    }
}
