using Perennial.Campaigns.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>What a request must look like. All that is wrong is told at once.</summary>
internal static class Validation
{
    public static void Check(RecommendNextActionRequest request)
        => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Subject(request.Customer).Throw();

    // Whether there is such a stage is segmentation's to say.
    public static void Check(StreamNextActionsRequest request) => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Throw();

    public static void Check(GetPlaybookRequest request) => new Violations().Shop(request.Shop).Throw();
}
