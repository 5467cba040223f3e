using Perennial.EngagementTracking.Domain;
using Perennial.EngagementTracking.Storage;
using Perennial.Foundation.Feeds;

namespace Perennial.EngagementTracking.Workers;

/// <summary>Tails the log into the touches and subscriptions of this house.</summary>
internal sealed class EngagementFeed(FeedConsumerParts parts, EngagementStore store, Metrics metrics, ILogger<EngagementFeed> log) : FeedConsumer(parts)
{
    protected override Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => store.ReadCheckpointAsync(partition, cancellation);

    protected override async Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation)
    {
        if (!await store.ApplyAsync(batch.Partition, batch.After, batch.Next, Changes.Of(Observations.Of(batch.Events), batch.Resets), cancellation))
        {
            Log.Overtaken(log, batch.Partition, batch.After);
            return false;
        }
        metrics.Applied(batch.Events.Count);
        Log.Applied(log, batch.Partition, batch.Events.Count, batch.Next);
        return true;
    }
}
