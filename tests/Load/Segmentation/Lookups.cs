using System.Diagnostics;
using System.Globalization;
using Grpc.Net.Client;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>Stages of random customers, asked for by many callers at once, each waiting for its answer.</summary>
static class Lookups
{
    public static async Task MeasureAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        if (settings.Compare) await CompareAsync(settings, store, findings);
        await using var house = await LoadedHouse.StartAsync(store, settings, store.Now);
        await CatchUp.FinishAsync(house);
        await FloodAsync(house.Clients, settings, store.Log, settings.Warmup);
        house.Service.Mark();
        var (own, started) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var (rate, latencies) = await FloodAsync(house.Clients, settings, store.Log, settings.Duration);
        var (cores, client) = (house.Service.Cores(), (Environment.CpuUsage.TotalTime - own) / Stopwatch.GetElapsedTime(started));
        findings.AddAtLeast(20_000, "lookups", rate, "calls/s");
        findings.Add("lookup", latencies, p99Max: 10);
        findings.Add("service: processor", cores * 1_000_000 / rate, "us a call");
        findings.Add("service: processor", cores, "cores");
        findings.Add("client: processor", client, "cores");
        findings.AddAtMost(500, "service: resident memory", house.Service.Memory().Resident, "MB");
        findings.AddRatios(rate, "calls/s");
    }

    static async Task CompareAsync(SegmentationSettings settings, StoreFolder store, Findings findings)
    {
        var port = Served.FreePort();
        await using (await Served.StartAsync(typeof(Program).Assembly.Location, port, "lifecycle-echo", port.ToString(CultureInfo.InvariantCulture)))
        {
            var channels = Enumerable.Range(0, settings.Connections).Select(_ => GrpcChannel.ForAddress($"http://127.0.0.1:{port}")).ToList();
            var clients = channels.Select(channel => new SegmentationService.SegmentationServiceClient(channel)).ToList();
            await FloodAsync(clients, settings, store.Log, settings.Warmup);
            var (rate, latencies) = await FloodAsync(clients, settings, store.Log, settings.Duration / 2);
            findings.AddCeiling("bare gRPC echo of such an answer", rate, "calls/s");
            findings.Add("bare gRPC echo", latencies);
            channels.ForEach(channel => channel.Dispose());
        }
        using var folder = new BareFolder(settings.Data);
        using var bare = new BareStore(folder.Path, store.Log.Customers);
        findings.AddCeiling("raw point lookups, one thread", bare.Lookups(settings.Duration / 4), "calls/s");
    }

    static async Task<(double Rate, Latencies Latencies)> FloodAsync(IReadOnlyList<SegmentationService.SegmentationServiceClient> clients, SegmentationSettings settings, LogSpec log, TimeSpan duration)
    {
        var latencies = new Latencies();
        var rate = await Driver.FloodAsync(async caller =>
        {
            var request = new GetCustomerLifecycleRequest { Shop = LogSpec.Shop, Customer = LogSpec.CustomerId(Random.Shared.Next(log.Customers)) };
            var began = Stopwatch.GetTimestamp();
            await clients[caller % clients.Count].GetCustomerLifecycleAsync(request);
            latencies.Add(Stopwatch.GetElapsedTime(began));
            return 1;
        }, settings.Callers, duration);
        return (rate, latencies);
    }
}
