using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using Microsoft.Extensions.Options;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>The door of this house; one file per RPC.</summary>
internal sealed partial class CampaignApi(CampaignStore store, Playbooks playbooks, Upstream upstream, IOptions<CampaignOptions> options, FeedConsumer feed, Metrics metrics, TimeProvider clock) : CampaignService.CampaignServiceBase
{
    /// <summary>What holds for every customer of one call.</summary>
    sealed record Setting(ShopSettings Shop, TimeZoneInfo Zone, CurrentPlaybook Playbook, DateTimeOffset AsOf);

    async Task<Setting> SettingAsync(string shop, DateTimeOffset asOf, CancellationToken cancellation)
    {
        // Segmentation knew the shop, so the log has it: this reader is still on its way there.
        var settings = await store.ReadShopAsync(shop, cancellation)
            ?? throw Errors.Of(CommonErrorReason.Unavailable, $"This service has not read shop '{shop}' from the log yet; retry.", ("shop", shop));
        return new Setting(settings, TimeZoneInfo.FindSystemTimeZoneById(settings.TimeZone), await playbooks.OfAsync(shop, cancellation), asOf);
    }

    NextAction Recommend(Setting setting, CustomerLifecycle lifecycle, CustomerEngagement engagement, IEnumerable<ContactFact> facts)
    {
        var inputs = Mapping.ToInputs(lifecycle, engagement, [.. facts], setting.Shop.CurrencyCode, setting.Zone, setting.AsOf);
        var decision = Decision.Choose(setting.Playbook.Playbook, inputs);
        metrics.Recommended(decision);
        return Mapping.ToProto(lifecycle, decision, inputs, setting.Playbook.Revision, setting.AsOf);
    }
}
