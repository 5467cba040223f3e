using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Looks for commits of other replicas, once for all readers of this one, however many there are.</summary>
internal sealed class HeadWatch : BackgroundService
{
    readonly LogStore _store;
    readonly int _pollMillis;
    readonly ILogger _log;
    string? _problem;

    public HeadWatch(LogStore store, IOptions<IngestionOptions> options, HealthState health, ILogger<HeadWatch> log)
    {
        (_store, _pollMillis, _log) = (store, options.Value.PollMillis, log);
        health.AddCheck("log", () => _problem);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_pollMillis));
        while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
    }

    async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await _store.RefreshHeadsAsync(cancellation);
            _problem = null;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Said once per outage, not five times a second.
            if (_problem is null) _log.HeadsUnreadable(_pollMillis, e);
            _problem = $"the heads of the log cannot be read: {e.Message}";
        }
    }
}
