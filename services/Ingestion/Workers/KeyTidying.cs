using System.Diagnostics;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>Puts the keys of events in order between commits, in pieces of a few milliseconds, so that no caller waits for a merge.</summary>
internal sealed class KeyTidying(LogStore store, ILogger<KeyTidying> log) : BackgroundService
{
    /// <summary>Between two looks: at the highest rates the set of keys grows meanwhile by a tenth.</summary>
    const int PauseMillis = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(PauseMillis));
        var failing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TidyAsync(stoppingToken);
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Commits go on meanwhile and say their own troubles: here once per outage.
                if (!failing) log.KeysUntidy(PauseMillis, e);
                failing = true;
            }
        }
    }

    async Task TidyAsync(CancellationToken cancellation)
    {
        for (var started = Stopwatch.GetTimestamp(); await store.TidyAsync(cancellation); started = Stopwatch.GetTimestamp())
        {
            // Half of the time at most: the commits have the other half for themselves.
            await Task.Delay(Stopwatch.GetElapsedTime(started), cancellation);
        }
    }
}
