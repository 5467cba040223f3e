using Microsoft.Extensions.Options;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>
/// Derives the stages of models that were activated and removes those of models that are no longer, step by step, so that the feed goes on in between. Whatever is
/// interrupted goes on from its last step.
/// </summary>
internal sealed class Deriving(SegmentationStore store, Bell bell, TimeProvider clock, IOptions<SegmentationOptions> options, ILogger<Deriving> log)
    : RecurringWork(TimeSpan.FromSeconds(options.Value.DerivationLookSeconds), clock)
{
    protected override bool BeginsAtOnce => true;

    // Other replicas ring bells of their own.
    protected override Task CalledAsync() => bell.HeardAsync();

    protected override void Say(Exception failure) => log.DerivationFailed(failure);

    protected override async Task WorkAsync(CancellationToken cancellation)
    {
        while (await store.StepAsync(options.Value.DerivationStepSize, Clock.GetUtcNow(), cancellation) is { } step)
            if (step.IsDone) Tell(step);
    }

    void Tell(DerivationStep step)
    {
        if (step.State == DerivationState.Deriving) log.ModelActive(step.Shop, step.Model, step.Number);
        else log.ModelRetired(step.Shop, step.Model, step.Number);
    }
}
