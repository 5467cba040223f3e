using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    /// <summary>Of every shop together: partitions are shared.</summary>
    public override Task<FeedProgress> GetFeedProgress(GetFeedProgressRequest request, ServerCallContext context) => Task.FromResult(feed.Progress);
}
