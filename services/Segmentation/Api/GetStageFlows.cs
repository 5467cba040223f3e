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
            .Known(request.KnownAt, now)
            .Throw();
        var (from, to, knownAt) = (request.From.ToInstant(now), request.To.ToInstant(now), request.KnownAt.ToKnown(now));
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var use = await UseAsync(shop, request.Model, knownAt, context.CancellationToken);
        var model = use.Model;
        var totals = await store.CountFlowsAsync(shop, use, from, to, knownAt, request.IncludeAnonymous, context.CancellationToken);
        var flows = new StageFlows
        {
            Shop = shop.Id,
            Model = model.Id,
            ModelRevision = model.Revision,
            PopulationRevision = model.PopulationRevision,
            From = from.ToTimestamp(),
            To = to.ToTimestamp(),
            KnownAt = knownAt?.ToTimestamp(),
        };
        // "Not yet seen" is no stage of the model, and comes first.
        flows.Flows.AddRange(
            from flow in totals
            orderby flow.Key.From is { } stage ? model.OrdinalOf(stage) : -1, model.OrdinalOf(flow.Key.To)
            select new StageFlow { FromStage = flow.Key.From?.Id ?? "", ToStage = flow.Key.To.Id, CustomerCount = flow.Value });
        return flows;
    }
}
