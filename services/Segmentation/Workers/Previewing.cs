using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>Works previews off, one after the other and step by step, and removes those that are old. Whatever is interrupted goes on from its last step.</summary>
internal sealed class Previewing(SegmentationStore store, [FromKeyedServices(Bell.Previews)] Bell bell, Metrics metrics, TimeProvider clock, IOptions<PreviewOptions> options, ILogger<Previewing> log)
    : RecurringWork(TimeSpan.FromSeconds(options.Value.LookSeconds), clock)
{
    /// <summary>How often to look whether what was recorded before a preview is applied.</summary>
    static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);

    protected override bool BeginsAtOnce => true;

    // Other replicas ring bells of their own.
    protected override Task CalledAsync() => bell.HeardAsync();

    protected override void Say(Exception failure) => log.PreviewsStuck(failure, options.Value.LookSeconds);

    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        while (await store.FindPreviewWorkAsync(cancellation) is (true, var next))
        {
            if (next is null) await Task.Delay(Wait, Clock, cancellation);
            else await StepAsync(next, cancellation);
        }
        await RemoveOldAsync(cancellation);
    }

    async Task StepAsync(Preview preview, CancellationToken cancellation)
    {
        try
        {
            if (await store.StepPreviewAsync(preview, options.Value.StepSize, options.Value.MoversMax, Clock.GetUtcNow(), cancellation) is not { } step) return;
            metrics.Previewed(step.Customers);
            if (step.State == PreviewState.Done) log.PreviewDone(preview.Shop, preview.Id, preview.Order.After.Id, preview.Done + step.Customers);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Once it has failed for good it holds up nobody; until then it is tried again after a pause.
            if (!await store.FailPreviewAsync(preview, $"The customers behind the first {preview.Done} could not be evaluated; the log of this house says why.", Clock.GetUtcNow(), cancellation)) throw;
            log.PreviewFailed(e, preview.Shop, preview.Id, preview.Order.After.Id);
        }
    }

    async Task RemoveOldAsync(CancellationToken cancellation)
    {
        var before = Clock.GetUtcNow().AddDays(-options.Value.KeepDays);
        var removed = 0;
        while (await store.RemovePreviewAsync(before, cancellation)) removed++;
        if (removed > 0) log.PreviewsRemoved(removed, options.Value.KeepDays);
    }
}
