using System.Diagnostics;
using Microsoft.Extensions.Options;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Removes what is older than <see cref="IngestionOptions.RetentionDays"/> and applied by every registered reader, in pieces that no commit waits for.</summary>
internal sealed class Retention(RetentionStore store, LogStore log, Metrics metrics, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<Retention> logger) : BackgroundService
{
    /// <summary>Positions removed in one transaction: a few milliseconds.</summary>
    const int PieceSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.RetentionDays == 0) return;
        var seconds = options.Value.RetentionPollSeconds;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(seconds));
        var failing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RemoveAsync(stoppingToken);
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing) logger.RetentionFailed(seconds, e);
                failing = true;
            }
        }
    }

    async Task RemoveAsync(CancellationToken cancellation)
    {
        var keptFrom = clock.GetUtcNow().AddDays(-options.Value.RetentionDays);
        var total = 0L;
        for (var partition = 0; partition < log.Partitions; partition++) total += await RemoveAsync(partition, keptFrom, cancellation);
        if (total > 0) logger.EventsRemoved(total, keptFrom);
    }

    async Task<long> RemoveAsync(int partition, DateTimeOffset keptFrom, CancellationToken cancellation)
    {
        for (var total = 0L; ;)
        {
            var started = Stopwatch.GetTimestamp();
            var (removed, more) = await store.RemoveAsync(partition, keptFrom, PieceSize, cancellation);
            metrics.Removed(removed);
            total += removed;
            if (!more) return total;
            // Half of the time at most: the commits have the other half for themselves.
            await Task.Delay(Stopwatch.GetElapsedTime(started), cancellation);
        }
    }
}
