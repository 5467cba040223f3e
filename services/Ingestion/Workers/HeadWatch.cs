using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Looks for commits of other replicas, once for all readers of this one, however many there are.</summary>
internal sealed class HeadWatch : RecurringWork
{
    readonly LogStore _store;
    readonly int _pollMillis;
    readonly ILogger _log;

    public HeadWatch(LogStore store, IOptions<IngestionOptions> options, HealthState health, TimeProvider clock, ILogger<HeadWatch> log) : base(TimeSpan.FromMilliseconds(options.Value.PollMillis), clock)
    {
        (_store, _pollMillis, _log) = (store, options.Value.PollMillis, log);
        health.AddCheck("log", () => Failure is { } failure ? $"the heads of the log cannot be read: {failure.Message}" : null);
    }

    protected override Task WorkAsync(CancellationToken cancellation) => _store.RefreshHeadsAsync(cancellation);

    protected override void Say(Exception failure) => _log.HeadsUnreadable(_pollMillis, failure);
}
