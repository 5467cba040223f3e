using Microsoft.Extensions.Options;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>
/// Derives the stages of models that were activated and removes those of models that are no longer, step by step, so that the feed goes on in between. Whatever is
/// interrupted goes on from its last step.
/// </summary>
internal sealed class Deriving(SegmentationStore store, Bell bell, TimeProvider clock, IOptions<SegmentationOptions> options, ILogger<Deriving> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await TryStepAsync(stoppingToken)) continue;
            // Another replica rings a bell of its own.
            await bell.WaitAsync(TimeSpan.FromSeconds(options.Value.DerivationLookSeconds), stoppingToken);
        }
    }

    /// <summary>False where there is nothing to do, or it failed and is better tried again later.</summary>
    async Task<bool> TryStepAsync(CancellationToken cancellation)
    {
        try
        {
            if (await store.StepAsync(options.Value.DerivationStepSize, clock.GetUtcNow(), cancellation) is not { } step) return false;
            if (step.IsDone) Tell(step);
            return true;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.DerivationFailed(e);
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A stop reaches the store as a fault of its own; the host takes only this one as a stop.
            throw new OperationCanceledException("The house is stopping.", e, cancellation);
        }
    }

    void Tell(DerivationStep step)
    {
        if (step.State == DerivationState.Deriving) log.ModelActive(step.Shop, step.Model, step.Number);
        else log.ModelRetired(step.Shop, step.Model, step.Number);
    }
}
