using System.Diagnostics;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>The house applies a history: how fast, and what it takes.</summary>
static class CatchUp
{
    /// <summary>The first tenth warms up: code is compiled while it runs.</summary>
    const double WarmupShare = 0.1;
    const int BatchBare = 5_000;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(60), CountPatience = TimeSpan.FromMinutes(2), Pause = TimeSpan.FromMilliseconds(50);

    public static async Task ApplyAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) await CompareAsync(settings, store, findings);
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        var run = await MeasureAsync(house);
        findings.AddAtLeast(50_000, "applied", run.Rate, "events/s");
        await TellAsync(house, run, findings);
        findings.AddRatios(run.Rate, "events/s");
    }

    public static async Task RebuildAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) await CompareAsync(settings, store, findings);
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        var run = await MeasureAsync(house);
        findings.AddAtMost(240, "rebuilt in", run.Total.TotalSeconds, "s");
        findings.Add("customers", store.Log.Customers, "");
        findings.Add("rate", run.Rate, "events/s");
        await TellAsync(house, run, findings);
        findings.AddRatios(run.Rate, "events/s");
    }

    /// <summary>Waits until the house has applied the whole log; of a store that was built before that is what was appended since.</summary>
    public static async Task FinishAsync(LoadedHouse house)
    {
        var log = house.Store.Log;
        if (!house.Store.IsBuilt) await Console.Error.WriteLineAsync($"load: building a store of {log.Customers:N0} customers and {log.Events:N0} events first; --keep keeps one");
        await WaitAsync(house, 1);
        house.Store.Built();
    }

    /// <summary>Rate and processor time are of what follows the warm-up, the total is from the start of the process.</summary>
    static async Task<Run> MeasureAsync(LoadedHouse house)
    {
        var recorded = await house.Log.RecordedAsync();
        var warm = await WaitAsync(house, WarmupShare);
        if (warm >= recorded) throw new InvalidOperationException("everything was applied before it could be measured: name an empty database, or more --events");
        var (warmAt, processor) = (Stopwatch.GetTimestamp(), house.Service.Processor());
        house.LogProcess.Mark();
        await WaitAsync(house, 1);
        var measured = Stopwatch.GetElapsedTime(warmAt);
        if (house.Store.Log.OrdersOnly) await WaitCountedAsync(house);
        house.Store.Built();
        return new Run(recorded, house.Age, (recorded - warm) / measured.TotalSeconds, (house.Service.Processor() - processor) / (recorded - warm), house.LogProcess.Cores());
    }

    /// <summary>Waits until a share of the log is applied; answers how many events are.</summary>
    static async Task<long> WaitAsync(LoadedHouse house, double share)
    {
        var recorded = await house.Log.RecordedAsync();
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause))
        {
            if (await house.AppliedAsync() is var applied && applied >= recorded * share) return applied;
            if (house.Service.HasExited || Stopwatch.GetElapsedTime(started) > Patience) throw new InvalidOperationException($"the house has applied {applied} of {recorded} events: {string.Join(' ', house.Service.Lines.TakeLast(5))}");
        }
    }

    /// <summary>Waits until the counts know every customer: a store is built when it answers, not when it has read.</summary>
    static async Task WaitCountedAsync(LoadedHouse house)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause))
        {
            var counted = (await house.Clients[0].GetStageCountsAsync(new GetStageCountsRequest { Shop = LogSpec.Shop })).CustomerCount;
            if (counted == house.Store.Log.Customers) return;
            if (Stopwatch.GetElapsedTime(started) > CountPatience) throw new InvalidOperationException($"of {house.Store.Log.Customers} customers {counted} are counted");
        }
    }

    static async Task TellAsync(LoadedHouse house, Run run, Findings findings)
    {
        var counts = await house.Clients[0].GetStageCountsAsync(new GetStageCountsRequest { Shop = LogSpec.Shop });
        findings.Add("events", run.Events, "");
        findings.Add("from the start of the process", run.Total.TotalSeconds, "s");
        findings.Add("service: processor", run.Processor.TotalMicroseconds, "us an event");
        findings.Add("log: processor", run.LogCores, "cores");
        var memory = house.Service.Memory();
        findings.AddAtMost(500, "service: resident memory", memory.Resident, "MB");
        findings.Add("service: resident memory at its highest", memory.Highest, "MB");
        findings.Add("customers counted", counts.CustomerCount, "");
        if (!house.Store.OnSqlServer) findings.AddAtMost(1_536, "store on disk", house.Store.Megabytes(), "MB");
    }

    static async Task CompareAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        await using var log = await LoadedHouse.StartLogAsync(store.Log, store.Folder);
        var samples = await FeedReading.SamplesAsync(log.Port, BatchBare);
        findings.AddCeiling("reading the log", (await FeedReading.ReadAllAsync(log.Port, settings.Duration / 2)).Rate, "events/s");
        using var bare = new BareFolder(settings.Data);
        findings.AddCeiling("bare insert loop of the same events", InsertLoop.Run(bare.Path, BatchBare, settings.Duration / 2, samples).Rate, "events/s");
    }

    sealed record Run(long Events, TimeSpan Total, double Rate, TimeSpan Processor, double LogCores);
}
