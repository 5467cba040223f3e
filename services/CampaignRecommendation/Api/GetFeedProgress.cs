using Grpc.Core;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;

namespace Perennial.CampaignRecommendation.Api;

internal sealed partial class CampaignApi
{
    // Partitions hold every shop's events: progress is the house's, whatever shop asks.
    public override Task<FeedProgress> GetFeedProgress(GetFeedProgressRequest request, ServerCallContext context) => Task.FromResult(feed.Progress);
}
