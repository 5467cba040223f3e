using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Perennial.Ingestion.V1;
using Perennial.Load.Log;

namespace Perennial.Load.Segmentation;

/// <summary>Reads the log as a house does, and does nothing with it: what serving and parsing alone cost.</summary>
static class FeedReading
{
    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        await using var log = await LoadedHouse.StartLogAsync(store.Log, store.Folder);
        await ReadAllAsync(log.Port, settings.Warmup);
        log.Mark();
        var (own, started) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var (events, rate) = await ReadAllAsync(log.Port, settings.Duration);
        var elapsed = Stopwatch.GetElapsedTime(started);
        findings.Add("read", rate, "events/s");
        var cores = log.Cores();
        findings.Add("log: processor", cores * elapsed.TotalMicroseconds / events, "us an event");
        findings.Add("log: processor", cores, "cores");
        findings.Add("reader: processor", (Environment.CpuUsage.TotalTime - own) / elapsed, "cores");
        findings.Add("log: resident memory", log.Memory().Resident, "MB");
        findings.Add("events read", events, "");
    }

    /// <summary>Every partition at once, again from the beginning when it ends, until the time is over.</summary>
    public static async Task<(long Events, double Rate)> ReadAllAsync(int port, TimeSpan duration)
    {
        using var log = new LogClient(port);
        using var limit = new CancellationTokenSource(duration);
        var started = Stopwatch.GetTimestamp();
        var events = (await Task.WhenAll(Enumerable.Range(0, LogSpec.Partitions).Select(p => Task.Run(() => ReadAsync(log.Feed, p, limit.Token))))).Sum();
        return (events, events / Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Events of the log as rows of a store.</summary>
    public static async Task<IReadOnlyList<(string Customer, string MessageId, byte[] Payload)>> SamplesAsync(int port, int count)
    {
        using var log = new LogClient(port);
        using var call = log.Feed.ReadFeed(new ReadFeedRequest { PageSize = count, AfterPosition = 1 });
        await call.ResponseStream.MoveNext(CancellationToken.None);
        return [.. call.ResponseStream.Current.Events.Select(e => (e.Customer, e.Event.MessageId, e.Event.ToByteArray()))];
    }

    static async Task<long> ReadAsync(IngestionService.IngestionServiceClient client, int partition, CancellationToken limit)
    {
        var events = 0L;
        try
        {
            while (true)
            {
                using var call = client.ReadFeed(new ReadFeedRequest { Partition = partition, PageSize = 1_000 }, cancellationToken: limit);
                await foreach (var page in call.ResponseStream.ReadAllAsync(limit)) events += page.Events.Count;
            }
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            // The time is over: what was read counts.
        }
        return events;
    }
}
