using Grpc.Core;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.CampaignRecommendation.Api;

internal sealed partial class CampaignApi
{
    public override async Task<Playbook> GetPlaybook(GetPlaybookRequest request, ServerCallContext context)
    {
        Validation.Check(request);
        var settings = await store.ReadShopAsync(request.Shop, context.CancellationToken)
            ?? throw Errors.Of(CommonErrorReason.ShopNotFound, $"Shop '{request.Shop}' does not exist; create it first.", ("shop", request.Shop));
        return Mapping.ToProto(settings, await playbooks.OfAsync(request.Shop, context.CancellationToken));
    }
}
