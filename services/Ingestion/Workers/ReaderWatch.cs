using Microsoft.Extensions.Options;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Measures how far the registered readers are behind, for the metrics.</summary>
internal sealed class ReaderWatch(ReaderStore readers, LogStore log, Metrics metrics, IOptions<IngestionOptions> options, ILogger<ReaderWatch> logger) : BackgroundService
{
    const int PageSize = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seconds = options.Value.ReaderPollSeconds;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(seconds));
        var failing = false;
        do
        {
            try
            {
                metrics.Measured(await ReadAllAsync(stoppingToken));
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Once per outage: a store that is gone is said by many already.
                if (!failing) logger.ReadersUnreadable(seconds, e);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task<IReadOnlyList<LogReader>> ReadAllAsync(CancellationToken cancellation)
    {
        var all = new List<LogReader>();
        while (await readers.ListAsync("", all.Count == 0 ? null : all[^1].Id, PageSize, log.Partitions, cancellation) is { Count: > 0 } page)
        {
            all.AddRange(page);
            if (page.Count < PageSize) break;
        }
        return all;
    }
}
