using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Campaigns.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.CampaignRecommendation.Api;

internal sealed partial class CampaignApi
{
    public override async Task<NextAction> RecommendNextAction(RecommendNextActionRequest request, ServerCallContext context)
    {
        Validation.Check(request);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        // Two houses asked at once; whose refusal comes first does not matter, segmentation's counts.
        var asked = upstream.EngagementAsync(request.Shop, [request.Customer], asOf.ToTimestamp(), context);
        var lifecycle = upstream.LifecycleAsync(request.Shop, request.Customer, asOf.ToTimestamp(), context);
        await Task.WhenAll(lifecycle, asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await lifecycle;
        var engagement = (await asked)[0];

        var setting = await SettingAsync(request.Shop, asOf, context.CancellationToken);
        var facts = await store.ReadFactsAsync(request.Shop, [request.Customer], context.CancellationToken);
        return Recommend(setting, await lifecycle, engagement, facts[request.Customer]);
    }
}
