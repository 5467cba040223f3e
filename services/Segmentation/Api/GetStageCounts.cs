using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<StageCounts> GetStageCounts(GetStageCountsRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Name(request.Model, "model").Instant(request.AsOf, "as_of").Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var active = await ActiveAsync(shop, request.Model, context.CancellationToken);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        // Asked before the store: the answer rests on at least what it says.
        var progress = feed.Progress;
        var totals = await store.CountStagesAsync(shop, active.Key, asOf, request.IncludeAnonymous, context.CancellationToken);
        var counts = new StageCounts { Shop = shop.Id, Model = active.Model.Id, ModelRevision = active.Model.Revision, PopulationRevision = active.Model.PopulationRevision, AsOf = asOf.ToTimestamp(), CustomerCount = totals.Sum(t => t.CustomerCount), Progress = progress };
        counts.Stages.AddRange(
            from stage in active.Model.Model.Stages
            join total in totals on stage.Id equals total.Stage into found
            from total in found.DefaultIfEmpty()
            select new StageCount { Stage = stage.Id, CustomerCount = total?.CustomerCount ?? 0, Value = (total?.TotalValue ?? 0).ToMoney(shop.Currency) });
        return counts;
    }
}
