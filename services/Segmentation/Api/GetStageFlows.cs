using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task<StageFlows> GetStageFlows(GetStageFlowsRequest request, ServerCallContext context)
    {
        var now = clock.GetUtcNow();
        new Violations().Shop(request.Shop).Name(request.Model, "model")
            .Require(request.From is not null, "from", "is required")
            .Instant(request.From, "from")
            .Instant(request.To, "to")
            .InOrder(request.From, request.To, now)
            .Throw();
        var (from, to) = (request.From.ToInstant(now), request.To.ToInstant(now));
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var model = Model(request.Model);
        var totals = await store.CountFlowsAsync(shop, model, from, to, request.IncludeAnonymous, context.CancellationToken);
        var flows = new StageFlows { Shop = shop.Id, Model = model.Id, From = from.ToTimestamp(), To = to.ToTimestamp() };
        flows.Flows.AddRange(totals
            .OrderBy(t => Rank(model, t.FromStage))
            .ThenBy(t => Rank(model, t.ToStage))
            .Select(t => new StageFlow { FromStage = t.FromStage, ToStage = t.ToStage, CustomerCount = t.CustomerCount }));
        return flows;
    }

    /// <summary>The place of a stage in its model; -1 for "not yet seen".</summary>
    static int Rank(LifecycleModel model, string stage) => model.Stages.Index().FirstOrDefault(s => s.Item.Id == stage, (-1, null!)).Index;
}
