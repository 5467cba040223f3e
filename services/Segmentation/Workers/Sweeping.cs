using Microsoft.Extensions.Options;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>
/// Brings into the feed of transitions what the clock alone changes, when it does. Only customers who are due are touched: until somebody is, one look into an index
/// a second is all it costs. Steps are small, so that events go on in between.
/// </summary>
internal sealed class Sweeping(SegmentationStore store, Metrics metrics, TimeProvider clock, IOptions<SegmentationOptions> options, ILogger<Sweeping> log) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    bool _fails;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
            await Task.Delay(await SweepAsync(stoppingToken), clock, stoppingToken);
    }

    /// <summary>Sweeps all that is due; answers how long to wait.</summary>
    async Task<TimeSpan> SweepAsync(CancellationToken cancellation)
    {
        try
        {
            for (var (total, started) = (0, clock.GetTimestamp()); ;)
            {
                var now = clock.GetUtcNow();
                var next = await store.FindNextDueAsync(cancellation);
                if (!(next <= now))
                {
                    if (total > 0) log.Swept(total, clock.GetElapsedTime(started).TotalMilliseconds);
                    _fails = false;
                    return next is { } due && due - now < Look ? due - now : Look;
                }
                var swept = await store.SweepAsync(now, options.Value.SweepStepSize, cancellation);
                metrics.Swept(swept);
                total += swept;
            }
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            if (!_fails) log.SweepFailed(e);
            _fails = true;
            return Look;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A stop reaches the store as a fault of its own; the host takes only this one as a stop.
            throw new OperationCanceledException("The house is stopping.", e, cancellation);
        }
    }
}
