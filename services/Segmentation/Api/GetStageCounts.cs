using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<StageCounts> GetStageCounts(GetStageCountsRequest request, ServerCallContext context)
    {
        var now = clock.GetUtcNow();
        new Violations().Shop(request.Shop).Name(request.Model, "model").Instant(request.AsOf, "as_of").Known(request.KnownAt, now).Throw();
        var (asOf, knownAt) = (request.AsOf.ToInstant(now), request.KnownAt.ToKnown(now));
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var use = await UseAsync(shop, request.Model, knownAt, context.CancellationToken);
        // Asked before the store: the answer rests on at least what it says.
        var progress = feed.Progress;
        var totals = knownAt is { } known
            ? await store.CountStagesAsync(shop, use, asOf, known, request.IncludeAnonymous, context.CancellationToken)
            : await store.CountStagesAsync(shop, use, asOf, request.IncludeAnonymous, context.CancellationToken);
        var counts = new StageCounts
        {
            Shop = shop.Id,
            Model = use.Model.Id,
            ModelRevision = use.Model.Revision,
            PopulationRevision = use.Model.PopulationRevision,
            AsOf = asOf.ToTimestamp(),
            KnownAt = knownAt?.ToTimestamp(),
            CustomerCount = totals.Values.Sum(t => t.Customers),
            Progress = progress,
        };
        foreach (var stage in use.Model.Model.Stages)
        {
            var total = totals.GetValueOrDefault(stage);
            counts.Stages.Add(new StageCount { Stage = stage.Id, CustomerCount = total.Customers, Value = total.Value.ToMoney(shop.Currency) });
        }
        return counts;
    }
}
