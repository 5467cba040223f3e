using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Removes what is older than <see cref="IngestionOptions.RetentionDays"/> and applied by every registered reader, in pieces that no commit waits for.</summary>
internal sealed class Retention(RetentionStore store, LogStore log, Metrics metrics, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<Retention> logger)
    : RecurringWork(options.Value.RetentionDays == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(options.Value.RetentionPollSeconds), clock)
{
    /// <summary>Positions removed in one transaction: a few milliseconds.</summary>
    const int PieceSize = 500;

    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        var keptFrom = Clock.GetUtcNow().AddDays(-options.Value.RetentionDays);
        var total = 0L;
        for (var partition = 0; partition < log.Partitions; partition++) total += await RemoveAsync(partition, keptFrom, cancellation);
        if (total > 0) logger.EventsRemoved(total, keptFrom);
    }

    protected override void Say(Exception failure) => logger.RetentionFailed(options.Value.RetentionPollSeconds, failure);

    async Task<long> RemoveAsync(int partition, DateTimeOffset keptFrom, CancellationToken cancellation)
    {
        var total = 0L;
        await HalfTime.RunAsync(async stop =>
        {
            var (removed, more) = await store.RemoveAsync(partition, keptFrom, PieceSize, stop);
            metrics.Removed(removed);
            total += removed;
            return more;
        }, cancellation);
        return total;
    }
}
