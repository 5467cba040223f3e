using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Perennial.Ingestion.V1;

namespace Perennial.Load;

/// <summary>The ways to load ingestion.</summary>
static class IngestionLoad
{
    /// <summary>Longest a preload may take, whatever it was asked for.</summary>
    static readonly TimeSpan PreloadPatience = TimeSpan.FromMinutes(30);
    const int PreloadBatch = 500, PreloadCallers = 4;

    public static async Task<Report> RunAsync(Settings settings)
    {
        var folder = Directory.CreateDirectory(Path.Combine(settings.Data, "perennial-load-" + Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            var before = Machine.Load();
            var report = new Report("ingestion --" + settings.Mode, new Machine(Environment.ProcessorCount, before, 0), Math.Round(Samples.EventBytes()));
            if (settings.Compare) await CompareAsync(settings, folder, report);
            await MeasureAsync(settings, folder, report);
            return report with { Machine = report.Machine with { LoadAfter = Machine.Load() } };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task CompareAsync(Settings settings, string folder, Report report)
    {
        if (settings.Mode == "feed") return;
        var own = Environment.CpuUsage.TotalTime;
        var (rows, rate) = InsertLoop.Run(folder, settings.Batch, settings.Duration / 2);
        (report.CeilingRate, report.CeilingMicros) = (Math.Round(rate), Math.Round((Environment.CpuUsage.TotalTime - own).TotalMicroseconds / rows, 2));
        var port = Served.FreePort();
        await using var echo = await Served.StartAsync(typeof(Program).Assembly.Location, port, "echo", port.ToString(CultureInfo.InvariantCulture));
        using var channels = new Channels(port, settings.Callers);
        var call = Calls(channels, settings.Batch, settings.Callers, settings.Visitors);
        await Driver.FloodAsync(call, settings.Callers, settings.Warmup);
        report.EchoRate = Math.Round(await Driver.FloodAsync(call, settings.Callers, settings.Duration / 2));
    }

    static async Task MeasureAsync(Settings settings, string folder, Report report)
    {
        var port = Served.FreePort();
        await using var service = await Served.StartAsync(Served.Assembly("services/Ingestion"), port, "--port", port.ToString(CultureInfo.InvariantCulture), "--data", folder);
        using var channels = new Channels(port, settings.Callers);
        await channels[0].CreateShopAsync(new CreateShopRequest { Shop = Samples.Shop, TimeZone = "UTC", CurrencyCode = "EUR" });
        if (settings.Mode == "feed") await FeedAsync(settings, channels, service, report);
        else if (settings.Mode == "gateway") await GatewayAsync(settings, folder, port, service, report);
        else await AppendAsync(settings, Calls(channels, settings.Batch, settings.Callers, settings.Visitors), channels, service, report);
        report.ServiceMemory = service.Memory();
        report.Events = (await channels[0].GetFeedHeadAsync(new GetFeedHeadRequest())).Partitions.Sum(p => p.Position);
        report.ClientMemory = Math.Round(Environment.WorkingSet / 1_048_576.0);
    }

    static async Task AppendAsync(Settings settings, Func<int, Task<int>> call, Channels channels, Served service, Report report, Served? gateway = null)
    {
        await Driver.FloodAsync(call, settings.Callers, settings.Warmup);
        (report.Rate, report.ServiceCores, report.ClientCores, report.GatewayCores) = await RateAsync(settings, call, service, gateway);
        report.ServiceMicros = Micros(report.ServiceCores, report.Rate);
        report.Ratio = Share(report.Rate, report.CeilingRate);
        report.EchoRatio = Share(report.Rate, report.EchoRate);
        var rate = settings.Rate > 0 ? settings.Rate : report.Rate * 0.8;
        report.Latency = Pace.Of(await Driver.PaceAsync(call, settings.Callers, rate / settings.Batch, settings.Duration), rate);
        if (settings.Preload == 0) return;
        report.PreloadRate = Math.Round(await PreloadAsync(channels, settings));
        (report.RateAfterPreload, report.ServiceCores, report.ClientCores, report.GatewayCores) = await RateAsync(settings, call, service, gateway);
        report.ServiceMicrosAfterPreload = Micros(report.ServiceCores, report.RateAfterPreload.Value);
        report.RateKept = Share(report.RateAfterPreload.Value, report.Rate);
    }

    static async Task<(double Rate, double Service, double Client, double? Gateway)> RateAsync(Settings settings, Func<int, Task<int>> call, Served service, Served? gateway)
    {
        service.Mark();
        gateway?.Mark();
        var (own, at) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var rate = await Driver.FloodAsync(call, settings.Callers, settings.Duration);
        return (Math.Round(rate), service.Cores(), Math.Round((Environment.CpuUsage.TotalTime - own) / Stopwatch.GetElapsedTime(at), 2), gateway?.Cores());
    }

    static async Task FeedAsync(Settings settings, Channels channels, Served service, Report report)
    {
        report.PreloadRate = Math.Round(await PreloadAsync(channels, settings));
        // The first pass warms up, the second counts.
        await ReadAllAsync(channels, settings.Warmup);
        service.Mark();
        var (own, started) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var events = await ReadAllAsync(channels, settings.Duration);
        var elapsed = Stopwatch.GetElapsedTime(started);
        (report.Rate, report.ServiceCores, report.ClientCores) = (Math.Round(events / elapsed.TotalSeconds), service.Cores(), Math.Round((Environment.CpuUsage.TotalTime - own) / elapsed, 2));
        report.ServiceMicros = Micros(report.ServiceCores, report.Rate);
    }

    /// <summary>Reads every partition from 0 at once, as a house does; stops early when the time is over. Answers how many events came.</summary>
    static async Task<long> ReadAllAsync(Channels channels, TimeSpan duration)
    {
        using var limit = new CancellationTokenSource(duration);
        var heads = await channels[0].GetFeedHeadAsync(new GetFeedHeadRequest());
        return (await Task.WhenAll(heads.Partitions.Select(p => Task.Run(() => ReadAsync(channels[0], p.Partition, limit.Token))))).Sum();
    }

    static async Task<long> ReadAsync(IngestionService.IngestionServiceClient client, int partition, CancellationToken limit)
    {
        var events = 0L;
        try
        {
            using var call = client.ReadFeed(new ReadFeedRequest { Partition = partition }, cancellationToken: limit);
            await foreach (var page in call.ResponseStream.ReadAllAsync(limit)) events += page.Events.Count;
        }
        catch (Exception e) when (limit.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            // The time is over: what was read counts.
        }
        return events;
    }

    static async Task GatewayAsync(Settings settings, string folder, int ingestionPort, Served service, Report report)
    {
        var (http, grpc) = (Served.FreePort(), Served.FreePort());
        string[] args = ["--data", folder, $"--Upstream:Ingestion=http://127.0.0.1:{ingestionPort}", $"--Shop:Id={Samples.Shop}", "--Gateway:RequestsPerSecond=1000000", "--Gateway:Burst=1000000"];
        await using var gateway = await Served.StartAsync(Served.Assembly("gateway"), http, [.. args, "--port", http.ToString(CultureInfo.InvariantCulture), $"--Listen:GrpcPort={grpc}"]);
        string? shown;
        for (var i = 0; (shown = gateway.Lines.FirstOrDefault(l => l.Contains("shown this once", StringComparison.Ordinal))) is null; i++)
        {
            if (i == 200) throw new InvalidOperationException("the gateway shows no key: " + string.Join(' ', gateway.Lines));
            await Task.Delay(50);
        }
        var key = shown[(shown.LastIndexOf(' ') + 1)..];
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
        using var channels = new Channels(ingestionPort, PreloadCallers);
        await AppendAsync(settings, caller => PostAsync(client, settings.Batch), channels, service, report, gateway);
        report.GatewayMemory = gateway.Memory();
    }

    static async Task<int> PostAsync(HttpClient client, int batch)
    {
        var json = new StringBuilder("{\"batch\":[");
        for (var i = 0; i < batch; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"type\":\"track\",\"event\":\"Order Completed\",\"messageId\":\"{Guid.NewGuid():D}\",\"userId\":\"customer-{Random.Shared.Next(1_000_000):D7}\",\"timestamp\":\"2026-01-05T10:00:00.000Z\",\"properties\":{{\"order_id\":\"order-0123456789\",\"total\":129.9,\"currency\":\"EUR\",\"products\":[{{\"product_id\":\"sku-48211\",\"name\":\"Wool blanket, grey\",\"price\":129.9,\"quantity\":1}}]}}}}");
        }
        json.Append("],\"sentAt\":\"2026-01-05T10:00:01.000Z\"}");
        using var content = new StringContent(json.ToString(), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri("/v1/batch", UriKind.Relative), content);
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"the gateway answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return batch;
    }

    static Task<double> PreloadAsync(Channels channels, Settings settings)
        => Driver.FloodAsync(Calls(channels, PreloadBatch, PreloadCallers, settings.Visitors), PreloadCallers, PreloadPatience, settings.Preload);

    /// <summary>A call per caller, each with a batch of its own that it fills anew.</summary>
    static Func<int, Task<int>> Calls(Channels channels, int batch, int callers, bool visitors)
    {
        var requests = Enumerable.Range(0, callers).Select(_ => Samples.Batch(batch, visitors)).ToArray();
        return async caller =>
        {
            var request = requests[caller];
            Samples.Renew(request, visitors);
            var answer = await channels[caller].RecordEventsAsync(request);
            return answer.RecordedCount == batch ? batch : throw new InvalidOperationException($"of {batch} events {answer.RecordedCount} were recorded: {answer}");
        };
    }

    static double Micros(double cores, double rate) => rate > 0 ? Math.Round(cores * 1_000_000 / rate, 2) : 0;

    static double? Share(double rate, double? of) => of is { } ceiling and > 0 ? Math.Round(rate / ceiling, 3) : null;

    /// <summary>A few connections, shared by the callers.</summary>
    sealed class Channels : IDisposable
    {
        const int ConnectionsMax = 4;
        readonly GrpcChannel[] _channels;
        readonly IngestionService.IngestionServiceClient[] _clients;

        public Channels(int port, int callers)
        {
            _channels = [.. Enumerable.Range(0, Math.Min(callers, ConnectionsMax)).Select(_ => GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 4 * 1024 * 1024 } }))];
            _clients = [.. _channels.Select(c => new IngestionService.IngestionServiceClient(c))];
        }

        public IngestionService.IngestionServiceClient this[int caller] => _clients[caller % _clients.Length];

        public void Dispose()
        {
            foreach (var channel in _channels) channel.Dispose();
        }
    }
}
