namespace Perennial.Load.Segmentation;

/// <summary>The ways to load segmentation.</summary>
static class SegmentationLoad
{
    public static async Task<Findings> RunAsync(SegmentationSettings settings)
    {
        using var store = StoreFolder.Open(settings);
        var findings = new Findings("segmentation --" + settings.Mode);
        await (settings.Mode switch
        {
            "apply" => CatchUp.ApplyAsync(settings, store, findings),
            "rebuild" => CatchUp.RebuildAsync(settings, store, findings),
            "visible" => Visibility.MeasureAsync(settings, store, findings),
            "lookup" => Lookups.MeasureAsync(settings, store, findings),
            "counts" => Counts.MeasureAsync(settings, store, findings),
            "sweep" => Sweep.MeasureAsync(settings, store, findings),
            "idle" => Idle.MeasureAsync(settings, store, findings),
            "feed-only" => FeedReading.MeasureAsync(settings, store, findings),
            var mode => throw new ArgumentException($"--{mode} is no mode"),
        });
        return findings;
    }
}
