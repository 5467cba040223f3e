using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>
/// Brings into the feed of transitions what the clock alone changes, when it does. Only customers who are due are touched: until somebody is, one look into an index
/// a second is all it costs. Steps are small, so that events go on in between.
/// </summary>
internal sealed class Sweeping(SegmentationStore store, Metrics metrics, TimeProvider clock, IOptions<SegmentationOptions> options, ILogger<Sweeping> log) : RecurringWork(Look, clock)
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    DateTimeOffset? _due;

    protected override bool BeginsAtOnce => true;

    /// <summary>When somebody falls due before the next look. What is due already and could not be swept waits for that.</summary>
    protected override Task CalledAsync()
        => _due - Clock.GetUtcNow() is { Ticks: > 0 } wait && wait < Look ? Task.Delay(wait, Clock) : base.CalledAsync();

    protected override void Say(Exception failure) => log.SweepFailed(failure);

    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        var (total, started) = (0, Clock.GetTimestamp());
        for (var now = Clock.GetUtcNow(); (_due = await store.FindNextDueAsync(cancellation)) <= now; now = Clock.GetUtcNow())
        {
            var swept = await store.SweepAsync(now, options.Value.SweepStepSize, cancellation);
            metrics.Swept(swept);
            total += swept;
        }
        if (total > 0) log.Swept(total, Clock.GetElapsedTime(started).TotalMilliseconds);
    }
}
