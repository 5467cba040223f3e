using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>Tails the log into the store.</summary>
internal sealed class HistoryFeed(FeedConsumerParts parts, SegmentationStore store, Bell bell, Metrics metrics, TimeProvider clock, ILogger<HistoryFeed> log) : FeedConsumer(parts)
{
    // More at once would only hold more in memory: planning a batch takes a core, and writing goes one at a time.
    readonly SemaphoreSlim _turns = new(Environment.ProcessorCount);

    protected override Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => store.ReadCheckpointAsync(partition, cancellation);

    protected override async Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation)
    {
        await _turns.WaitAsync(cancellation);
        try
        {
            var started = clock.GetTimestamp();
            var events = ToEvents(batch);
            if (await store.ApplyAsync(events, clock.GetUtcNow(), cancellation) is not { } applied)
            {
                log.CheckpointMoved(batch.Partition, batch.After);
                return false;
            }
            Tell(events, applied, clock.GetElapsedTime(started));
            return true;
        }
        finally
        {
            _turns.Release();
        }
    }

    public override void Dispose()
    {
        _turns.Dispose();
        base.Dispose();
    }

    void Tell(EventBatch batch, Applied applied, TimeSpan duration)
    {
        metrics.Applied(applied, duration);
        log.BatchApplied(batch.Partition, batch.Next, batch.Sightings.Count, applied.Facts, applied.Customers, duration.TotalMilliseconds);
        // A shop in another zone is derived anew.
        if (batch.Shops.Count > 0) bell.Ring();
        foreach (var shop in batch.Shops) log.ShopAnnounced(shop.Shop, shop.TimeZone, shop.Currency);
        if (applied.ForeignAmounts > 0) log.ForeignAmountsLeftOut(batch.Partition, batch.Next, applied.ForeignAmounts);
    }

    internal static EventBatch ToEvents(FeedBatch batch) => new(
        batch.Partition,
        batch.After,
        batch.Next,
        [.. batch.Recorded.Where(IsSettings).Select(Events.ToSettings)],
        [.. batch.Recorded.Where(e => !IsSettings(e)).Select(Events.ToSighting)]);

    static bool IsSettings(RecordedEvent recorded) => recorded.Event.PayloadCase == Event.PayloadOneofCase.ShopConfigured;
}
