using System.Globalization;
using Perennial.Load.Log;

namespace Perennial.Load.Segmentation;

/// <summary>What the house costs while nothing happens.</summary>
static class Idle
{
    /// <summary>A hundredth of a core: timers, heartbeats of the log, the runtime's own.</summary>
    const double CoresMax = 0.01;
    const double SettledCores = 0.05;
    static readonly TimeSpan Look = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(120);

    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) await CompareAsync(settings, findings);
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        await CatchUp.FinishAsync(house);
        findings.Add("customers", store.Log.Customers, "");
        findings.Add("events applied", await house.AppliedAsync(), "");
        findings.Add("until it rested", (await SettleAsync(house.Service)).TotalSeconds, "s");
        var processor = await SpendAsync(house.Service, settings.Duration);
        findings.AddAtMost(CoresMax * settings.Duration.TotalSeconds, $"processor time in {settings.Duration.TotalSeconds:N0} s", processor.TotalSeconds, "s");
        findings.AddRatios(processor.TotalSeconds, "s");
        findings.AddAtMost(500, "service: resident memory", house.Service.Memory().Resident, "MB");
        if (!store.OnSqlServer) findings.Add("store on disk", store.Megabytes(), "MB");
    }

    static async Task CompareAsync(SegmentationSettings settings, Findings findings)
    {
        var port = Served.FreePort();
        await using var bare = await Served.StartAsync(typeof(Program).Assembly.Location, port, "lifecycle-echo", port.ToString(CultureInfo.InvariantCulture));
        await SettleAsync(bare);
        findings.AddCeiling("bare gRPC service", (await SpendAsync(bare, settings.Duration)).TotalSeconds, "s");
    }

    static async Task<TimeSpan> SettleAsync(Served process)
    {
        for (var waited = Look; ; waited += Look)
        {
            var spent = await SpendAsync(process, Look);
            if (spent / Look < SettledCores || waited > Patience) return waited;
        }
    }

    static async Task<TimeSpan> SpendAsync(Served process, TimeSpan duration)
    {
        var before = process.Processor();
        await Task.Delay(duration);
        return process.Processor() - before;
    }
}
