using Perennial.CampaignRecommendation.Storage;
using Perennial.Foundation.Feeds;

namespace Perennial.CampaignRecommendation.Workers;

/// <summary>Tails the log into the contact facts and shop settings of this house.</summary>
internal sealed class CampaignFeed(FeedConsumerParts parts, CampaignStore store, Metrics metrics, ILogger<CampaignFeed> log) : FeedConsumer(parts)
{
    protected override Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => store.ReadCheckpointAsync(partition, cancellation);

    protected override async Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation)
    {
        if (!await store.ApplyAsync(batch.Partition, batch.After, batch.Next, ContactFacts.Of(batch), cancellation))
        {
            Log.Overtaken(log, batch.Partition, batch.After);
            return false;
        }
        metrics.Applied(batch.Events.Count);
        Log.Applied(log, batch.Partition, batch.Events.Count, batch.Next);
        return true;
    }
}
