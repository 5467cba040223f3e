using System.Globalization;
using Grpc.Net.Client;
using Perennial.Load.Log;
using Perennial.Segmentation.V1;

namespace Perennial.Load.Segmentation;

/// <summary>The house in a process of its own, the log that it reads in another, and connections to both.</summary>
sealed class LoadedHouse : IAsyncDisposable
{
    readonly DateTimeOffset _now, _since;
    readonly GrpcChannel[] _channels;

    LoadedHouse(StoreFolder store, Served log, Served service, int connections, DateTimeOffset now, DateTimeOffset since)
    {
        (Store, LogProcess, Service, _now, _since) = (store, log, service, now, since);
        _channels = [.. Enumerable.Range(0, connections).Select(_ => GrpcChannel.ForAddress($"http://127.0.0.1:{service.Port}"))];
        Clients = [.. _channels.Select(channel => new SegmentationService.SegmentationServiceClient(channel))];
        Log = new LogClient(log.Port);
    }

    public StoreFolder Store { get; }
    public Served LogProcess { get; }
    public Served Service { get; }

    /// <summary>One for each connection.</summary>
    public IReadOnlyList<SegmentationService.SegmentationServiceClient> Clients { get; }

    public LogClient Log { get; }

    /// <summary>Since its process was started.</summary>
    public TimeSpan Age => DateTimeOffset.UtcNow - _since;

    /// <summary>What the clock of the house shows.</summary>
    public DateTimeOffset Now => _now + (DateTimeOffset.UtcNow - _since);

    /// <param name="now">Where the clock of the house starts.</param>
    public static async Task<LoadedHouse> StartAsync(StoreFolder store, SegmentationSettings settings, DateTimeOffset now)
    {
        var log = await StartLogAsync(store.Log, store.Folder);
        try
        {
            var (port, since) = (Served.FreePort(), DateTimeOffset.UtcNow);
            string[] place = settings.SqlServer is { } connection ? ["--store", "sqlserver", "--connection", connection, "--Store:Migrate=auto"] : ["--data", store.Folder];
            string[] clock = [$"--Clock:Now={now:O}", $"--Clock:Since={since:O}"];
            var service = await Served.StartAsync(Served.Assembly("services/Segmentation"), port, ["--port", port.ToString(CultureInfo.InvariantCulture), $"--Upstream:Ingestion=http://127.0.0.1:{log.Port}", .. place, .. clock]);
            return new LoadedHouse(store, log, service, settings.Connections, now, since);
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    /// <param name="folder">Of what is appended.</param>
    public static Task<Served> StartLogAsync(LogSpec log, string folder)
    {
        var port = Served.FreePort();
        return Served.StartAsync(typeof(Program).Assembly.Location, port, ["log", port.ToString(CultureInfo.InvariantCulture), folder, .. log.ToArguments()]);
    }

    /// <summary>Events that the house has applied.</summary>
    public async Task<long> AppliedAsync() => (await Clients[0].GetFeedProgressAsync(new GetFeedProgressRequest { Shop = LogSpec.Shop })).Partitions.Sum(p => p.Position);

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels) channel.Dispose();
        Log.Dispose();
        Store.Reached(Now);
        await Service.DisposeAsync();
        await LogProcess.DisposeAsync();
    }
}
