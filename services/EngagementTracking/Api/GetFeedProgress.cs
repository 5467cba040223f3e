using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Engagement.V1;

namespace Perennial.EngagementTracking.Api;

internal sealed partial class EngagementApi
{
    // Partitions hold every shop's events: progress is the house's, whatever shop asks.
    public override Task<FeedProgress> GetFeedProgress(GetFeedProgressRequest request, ServerCallContext context) => Task.FromResult(feed.Progress);
}
