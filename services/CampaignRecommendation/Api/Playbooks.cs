using System.Collections.Concurrent;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage;
using Perennial.CampaignRecommendation.Storage.Playbooks;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>A playbook in force, with the revision that answers name.</summary>
internal sealed record CurrentPlaybook(long Revision, DateTimeOffset CreateTime, Playbook Playbook);

/// <summary>The playbook of a shop as it is now; read from the text once per revision.</summary>
internal sealed class Playbooks(CampaignStore store)
{
    // One entry per shop with a playbook of its own, and one for the default.
    readonly ConcurrentDictionary<string, CurrentPlaybook> _parsed = new(StringComparer.Ordinal);

    public async Task<CurrentPlaybook> OfAsync(string shop, CancellationToken cancellation)
    {
        var row = await store.ReadPlaybookAsync(shop, cancellation) ?? throw new InvalidOperationException("There is no default playbook: the house has not been seeded.");
        if (_parsed.TryGetValue(row.Shop, out var parsed) && parsed.Revision == row.Revision) return parsed;
        return _parsed[row.Shop] = new CurrentPlaybook(row.Revision, row.CreateTime, PlaybookFile.Parse(row.Body));
    }
}
