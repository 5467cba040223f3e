using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
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
        var active = await ActiveAsync(shop, request.Model, context.CancellationToken);
        var totals = await store.CountFlowsAsync(shop, active.Key, from, to, request.IncludeAnonymous, context.CancellationToken);
        // "Not yet seen" is no stage of the model: its place is -1, the first.
        var order = active.Model.Model.Stages.Select(s => s.Id).ToList();
        var flows = new StageFlows { Shop = shop.Id, Model = active.Model.Id, ModelRevision = active.Model.Revision, PopulationRevision = active.Model.PopulationRevision, From = from.ToTimestamp(), To = to.ToTimestamp() };
        flows.Flows.AddRange(totals
            .OrderBy(t => order.IndexOf(t.FromStage))
            .ThenBy(t => order.IndexOf(t.ToStage))
            .Select(t => new StageFlow { FromStage = t.FromStage, ToStage = t.ToStage, CustomerCount = t.CustomerCount }));
        return flows;
    }
}
