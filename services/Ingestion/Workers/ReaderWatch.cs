using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Measures how far the registered readers are behind, for the metrics.</summary>
internal sealed class ReaderWatch(ReaderStore readers, LogStore log, Metrics metrics, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<ReaderWatch> logger)
    : RecurringWork(TimeSpan.FromSeconds(options.Value.ReaderPollSeconds), clock)
{
    const int PageSize = 1_000;

    protected override bool BeginsAtOnce => true;

    protected override async Task WorkAsync(CancellationToken cancellation) => metrics.Measured(await ReadAllAsync(cancellation));

    protected override void Say(Exception failure) => logger.ReadersUnreadable(options.Value.ReaderPollSeconds, failure);

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
