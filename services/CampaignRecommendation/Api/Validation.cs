using System.Text.RegularExpressions;
using Perennial.Campaigns.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>What a request must look like. All that is wrong is told at once.</summary>
internal static partial class Validation
{
    public static void Check(RecommendNextActionRequest request)
        => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Require(CustomerId().IsMatch(request.Customer), "customer", "must be user:{id} or anon:{id}, at most 210 characters, none of them a control character").Throw();

    // Whether there is such a stage is segmentation's to say.
    public static void Check(StreamNextActionsRequest request) => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Throw();

    public static void Check(GetPlaybookRequest request) => new Violations().Shop(request.Shop).Throw();

    [GeneratedRegex(@"\A(user|anon):[^\p{Cc}]{1,205}\z")]
    private static partial Regex CustomerId();
}
