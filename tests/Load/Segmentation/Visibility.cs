using System.Diagnostics;
using Grpc.Core;
using Perennial.Foundation.Feeds;
using Perennial.Ingestion.V1;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>Events at a rate: how long until the house's answers rest on them.</summary>
static class Visibility
{
    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        var bare = settings.Compare ? Seen.Of(await CompareAsync(settings, store)) : null;
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        await CatchUp.FinishAsync(house);
        var traffic = new LiveTraffic(house.Log, store.Log, () => house.Now, EventMix.Draw, (e, _) => ShowsAsync(house, e));
        await traffic.RunAsync(settings.Rate, settings.Warmup);
        var (before, started) = (await house.Log.RecordedAsync(), Stopwatch.GetTimestamp());
        house.Service.Mark();
        house.LogProcess.Mark();
        var seen = await traffic.RunAsync(settings.Rate, settings.Duration);
        findings.AddAtLeast(settings.Rate * 0.98, "events appended", (await house.Log.RecordedAsync() - before) / Stopwatch.GetElapsedTime(started).TotalSeconds, "events/s");
        findings.Add("orders watched", seen.Count, "");
        var visible = Seen.Of(seen);
        findings.Add("accepted to visible", visible, p99Max: 250);
        if (bare is not null) Compare(findings, visible, bare);
        findings.Add("service: processor", house.Service.Cores(), "cores");
        findings.Add("log: processor", house.LogProcess.Cores(), "cores");
        findings.AddAtMost(500, "service: resident memory", house.Service.Memory().Resident, "MB");
    }

    /// <summary>Whether the customer's stage rests on that order.</summary>
    public static async Task<bool> ShowsAsync(LoadedHouse house, LogEvent order)
    {
        try
        {
            var answer = await house.Clients[order.Customer % house.Clients.Count].GetCustomerLifecycleAsync(new GetCustomerLifecycleRequest { Shop = LogSpec.Shop, Customer = LogSpec.CustomerId(order.Customer) });
            return answer.Why.LastOrderId == LogSpec.OrderId(order.Customer, order.Ordinal);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    static void Compare(Findings findings, Latencies visible, Latencies bare)
    {
        findings.Add("accepted to read by a bare reader", bare);
        findings.Add("ratio to the bare reader: p50", visible.Millis(0.5) / bare.Millis(0.5), "");
        findings.Add("ratio to the bare reader: p99", visible.Millis(0.99) / bare.Millis(0.99), "");
    }

    /// <summary>The same traffic, read by nobody but a reader that only notes how far it is; dated before anything that the house will be told.</summary>
    static async Task<IReadOnlyList<Seen>> CompareAsync(SegmentationSettings settings, StoreFolder store)
    {
        await using var process = await LoadedHouse.StartLogAsync(store.Log, store.Folder);
        using var log = new LogClient(process.Port);
        using var stop = new CancellationTokenSource();
        var read = new long[LogSpec.Partitions];
        var heads = await log.Feed.GetFeedHeadAsync(new GetFeedHeadRequest());
        var readers = heads.Partitions.Select(p => FollowAsync(log.Feed, p.Partition, p.HeadPosition, read, stop.Token)).ToList();
        var since = Stopwatch.GetTimestamp();
        var start = store.Now - settings.Warmup - settings.Duration;
        var traffic = new LiveTraffic(log, store.Log, () => start + Stopwatch.GetElapsedTime(since), EventMix.Draw,
            (e, position) => Task.FromResult(Volatile.Read(ref read[StableHash.Partition(LogSpec.Shop, LogSpec.CustomerId(e.Customer), LogSpec.Partitions)]) >= position));
        var seen = await traffic.RunAsync(settings.Rate, settings.Duration / 2);
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        return seen;
    }

    static async Task FollowAsync(IngestionService.IngestionServiceClient log, int partition, long after, long[] read, CancellationToken stop)
    {
        try
        {
            using var call = log.ReadFeed(new ReadFeedRequest { Partition = partition, AfterPosition = after, Follow = true }, cancellationToken: stop);
            await foreach (var page in call.ResponseStream.ReadAllAsync(stop)) Volatile.Write(ref read[partition], page.NextPosition);
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            // The traffic is over.
        }
    }
}
