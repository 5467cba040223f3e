using System.ComponentModel.DataAnnotations;

namespace Perennial.CampaignRecommendation;

/// <summary>How this house asks the others (section <c>Campaigns</c>). What it recommends is data: see the playbook.</summary>
internal sealed class CampaignOptions
{
    /// <summary>Longest wait for one answer of another house; a shorter deadline of the caller counts first. 10 s: a page of customers takes well below one.</summary>
    [Range(100, 600_000)]
    public int UpstreamMillisMax { get; set; } = 10_000;

    /// <summary>Customers asked for at once by the streaming call. 500: large enough to hide two round trips, small enough to start soon. Engagement answers at most 1,000.</summary>
    [Range(1, 1_000)]
    public int PageSize { get; set; } = 500;
}
