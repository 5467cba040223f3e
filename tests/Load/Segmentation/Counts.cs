using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>What a shop asks of its past: counts at an instant, flows of a month, lists of customers. One caller, so that each answer is timed alone.</summary>
static class Counts
{
    const int ListPage = 100, ListPages = 5;

    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) Compare(settings, store, findings);
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        await CatchUp.FinishAsync(house);
        var client = house.Clients[0];
        // One of each kind first: plans are made and code is compiled.
        await CountAsync(client, store.Log);
        await FlowAsync(client, store.Log);
        await ListAsync(client, new Latencies());
        house.Service.Mark();

        var counts = await TimedAsync(() => CountAsync(client, store.Log), settings.Duration);
        findings.Add("counts as of a past instant: p50", counts.Millis(0.5), "ms");
        findings.Add("counts as of a past instant: p99", counts.Millis(0.99), "ms");
        findings.AddAtMost(1_000, "counts as of a past instant: max", counts.Millis(1), "ms");
        findings.AddRatios(counts.Millis(0.5), "ms");
        findings.Add("flows of a month", await TimedAsync(() => FlowAsync(client, store.Log), settings.Duration / 2));
        findings.Add($"page of {ListPage} customers of a stage", await ListsAsync(client, settings.Duration / 2));
        findings.Add("service: processor", house.Service.Cores(), "cores");
        findings.AddAtMost(500, "service: resident memory", house.Service.Memory().Resident, "MB");
    }

    static void Compare(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        using var folder = new BareFolder(settings.Data);
        using var bare = new BareStore(folder.Path, store.Log.Customers);
        bare.Count();
        findings.AddCeiling("counting every customer's row in SQLite", bare.Count().TotalMilliseconds, "ms");
    }

    static async Task<Latencies> TimedAsync(Func<Task> call, TimeSpan duration)
    {
        var latencies = new Latencies();
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration;)
        {
            var began = Stopwatch.GetTimestamp();
            await call();
            latencies.Add(Stopwatch.GetElapsedTime(began));
        }
        return latencies;
    }

    /// <summary>At the start of a day or in the middle of one.</summary>
    static async Task CountAsync(SegmentationService.SegmentationServiceClient client, LogSpec log)
        => await client.GetStageCountsAsync(new GetStageCountsRequest { Shop = LogSpec.Shop, AsOf = Day(log).AddHours(Random.Shared.Next(2) * 13.5).ToTimestamp() });

    static async Task FlowAsync(SegmentationService.SegmentationServiceClient client, LogSpec log)
    {
        var day = Day(log);
        await client.GetStageFlowsAsync(new GetStageFlowsRequest { Shop = LogSpec.Shop, From = day.ToTimestamp(), To = day.AddMonths(1).ToTimestamp() });
    }

    static async Task<Latencies> ListsAsync(SegmentationService.SegmentationServiceClient client, TimeSpan duration)
    {
        var latencies = new Latencies();
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration;) await ListAsync(client, latencies);
        return latencies;
    }

    /// <summary>Some pages of a stage, as of now, each timed.</summary>
    static async Task ListAsync(SegmentationService.SegmentationServiceClient client, Latencies latencies)
    {
        string[] stages = ["new", "promising", "loyal", "drifting", "sleeper", "at_risk", "red_alert"];
        var request = new ListCustomersRequest { Shop = LogSpec.Shop, Stage = stages[Random.Shared.Next(stages.Length)], PageSize = ListPage };
        for (var page = 0; page < ListPages; page++)
        {
            var began = Stopwatch.GetTimestamp();
            request.PageToken = (await client.ListCustomersAsync(request)).NextPageToken;
            latencies.Add(Stopwatch.GetElapsedTime(began));
            if (request.PageToken.Length == 0) return;
        }
    }

    /// <summary>A day of the log that is at least a month old at its end.</summary>
    static DateTimeOffset Day(LogSpec log) => log.Start.AddDays(Random.Shared.Next((int)(LogSpec.End - log.Start).TotalDays - 31));
}
