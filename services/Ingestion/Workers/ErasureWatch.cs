using Microsoft.Extensions.Options;
using Perennial.Ingestion.Storage.Privacy;

namespace Perennial.Ingestion.Workers;

/// <summary>Ends the erasures that every registered reader has followed: the resets, which name the person, go.</summary>
internal sealed class ErasureWatch(ErasureStore erasures, IOptions<IngestionOptions> options, ILogger<ErasureWatch> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seconds = options.Value.ErasurePollSeconds;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(seconds));
        var failing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await erasures.SettleAsync(stoppingToken) is > 0 and var settled) logger.ErasuresDone(settled);
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing) logger.ErasuresStuck(seconds, e);
                failing = true;
            }
        }
    }
}
