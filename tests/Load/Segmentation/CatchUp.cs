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
        var (house, run) = await MeasureAsync(settings, store);
        await using (house)
        {
            findings.AddAtLeast(50_000, "applied", run.Rate, "events/s");
            await TellAsync(house, run, findings);
            AddRatios(findings, run.Rate);
        }
    }

    public static async Task RebuildAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) await CompareAsync(settings, store, findings);
        var (house, run) = await MeasureAsync(settings, store);
        await using (house)
        {
            findings.AddAtMost(240, "rebuilt in", run.Total.TotalSeconds, "s");
            findings.Add("customers", store.Log.Customers, "");
            findings.Add("rate", run.Rate, "events/s");
            await TellAsync(house, run, findings);
            AddRatios(findings, run.Rate);
        }
    }

    /// <summary>The house with the whole history applied; a store that has it already only catches up on what was appended.</summary>
    public static async Task<LoadedHouse> ReadyAsync(SegmentationSettings settings, StoreFolder store, DateTimeOffset now)
    {
        if (!store.IsBuilt) await Console.Error.WriteLineAsync($"load: building a store of {store.Log.Customers:N0} customers and {store.Log.Events:N0} events first; --keep keeps one");
        var house = await LoadedHouse.StartAsync(store, settings, now);
        await WaitAsync(house, 1);
        store.Built();
        return house;
    }

    /// <summary>Rate and processor time are of what follows the warm-up, the total is from the start of the process.</summary>
    static async Task<(LoadedHouse House, Run Run)> MeasureAsync(SegmentationSettings settings, StoreFolder store)
    {
        var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        var started = Stopwatch.GetTimestamp();
        var recorded = await house.Log.RecordedAsync();
        if (await house.AppliedAsync() > recorded / 2) throw new InvalidOperationException("the database holds an applied log already: name one that does not exist yet");
        var warm = await WaitAsync(house, WarmupShare);
        var (warmAt, processor) = (Stopwatch.GetTimestamp(), house.Service.Processor());
        house.LogProcess.Mark();
        await WaitAsync(house, 1);
        var measured = Stopwatch.GetElapsedTime(warmAt);
        if (store.Log.OrdersOnly) await WaitCountedAsync(house);
        var run = new Run(recorded, Stopwatch.GetElapsedTime(started), (recorded - warm) / measured.TotalSeconds, (house.Service.Processor() - processor) / (recorded - warm), house.LogProcess.Cores());
        store.Built();
        return (house, run);
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
        findings.Add("ceiling: reading the log", (await FeedReading.ReadAllAsync(log.Port, settings.Duration / 2)).Rate, "events/s");
        using var bare = new BareFolder(settings.Data);
        findings.Add("ceiling: bare insert loop of the same events", InsertLoop.Run(bare.Path, BatchBare, settings.Duration / 2, samples).Rate, "events/s");
    }

    static void AddRatios(Findings findings, double rate)
    {
        foreach (var ceiling in findings.Figures.Where(f => f.Name.StartsWith("ceiling: ", StringComparison.Ordinal)).ToList())
            findings.Add("ratio to " + ceiling.Name["ceiling: ".Length..], rate / ceiling.Value, "");
    }

    sealed record Run(long Events, TimeSpan Total, double Rate, TimeSpan Processor, double LogCores);
}
