using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

[assembly: AssemblyFixture(typeof(Perennial.Sdks.Tests.Platform))]
// The tests wait for child processes, most of the time for their pauses between two tries.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]

namespace Perennial.Sdks.Tests;

/// <summary>Ingestion and the gateway as they are shipped: built programs, each a process, on ports and in a folder of their own.</summary>
public sealed class Platform : IAsyncLifetime
{
    internal const string Shop = "sdks";
    static readonly string ServiceToken = Guid.NewGuid().ToString("N");
    static readonly Metadata Internal = new() { { "authorization", "Bearer " + ServiceToken } };

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-sdks-").FullName;
    HouseProcess? _ingestion;
    GrpcChannel? _channel;
    GatewayProcess? _gateway;

    /// <summary>The gateway that nobody kills.</summary>
    internal GatewayProcess Gateway => _gateway!;

    public async ValueTask InitializeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            // Nobody else ends what has started.
            await DisposeAsync();
            throw;
        }
    }

    async Task StartAsync()
    {
        _ingestion = await HouseProcess.StartAsync("Ingestion", "--Listen:Port=0", $"--Store:Data={_folder}", $"--Access:ServiceToken={ServiceToken}");
        _channel = GrpcChannel.ForAddress(_ingestion.Addresses[0], new GrpcChannelOptions { MaxReceiveMessageSize = 16 * 1024 * 1024 });
        _gateway = await StartGatewayAsync("gateway");
    }

    /// <summary>A gateway with a store of its own, and a key of the shop that it makes at its first start.</summary>
    internal async Task<GatewayProcess> StartGatewayAsync(string name)
    {
        string[] arguments =
        [
            $"--Listen:Port={FreePort()}", "--Listen:GrpcPort=0", $"--Store:Data={Path.Combine(_folder, name)}", $"--Access:ServiceToken={ServiceToken}",
            $"--Upstream:Ingestion={_ingestion!.Addresses[0]}", $"--Shop:Id={Shop}",
        ];
        return await GatewayProcess.StartAsync(arguments);
    }

    /// <summary>Every event of the log whose sender is of that run.</summary>
    internal async Task<List<RecordedEvent>> ReadAsync(string run)
    {
        var ingestion = new IngestionService.IngestionServiceClient(_channel);
        var events = new List<RecordedEvent>();
        var head = await ingestion.GetFeedHeadAsync(new GetFeedHeadRequest { Shop = Shop }, Internal);
        foreach (var partition in head.Partitions)
        {
            using var feed = ingestion.ReadFeed(new ReadFeedRequest { Shop = Shop, Partition = partition.Partition }, Internal);
            await foreach (var page in feed.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
                events.AddRange(page.Events.Where(e => IsOf(run, e.Event)));
        }
        return events;
    }

    static bool IsOf(string run, Event e) => e.UserId.StartsWith(run + "-", StringComparison.Ordinal) || e.AnonymousId.StartsWith(run + "-", StringComparison.Ordinal);

    /// <summary>Below the ports that systems give to outgoing connections: it is still free when a killed process comes back to it.</summary>
    static int FreePort()
    {
        for (; ; )
        {
            var port = Random.Shared.Next(6_100, 7_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        _channel?.Dispose();
        if (_ingestion is not null) await _ingestion.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>A gateway, its address for the SDKs and a key for it.</summary>
sealed class GatewayProcess : IAsyncDisposable
{
    readonly string[] _arguments;
    HouseProcess _process;

    GatewayProcess(string[] arguments, HouseProcess process, string key)
    {
        (_arguments, _process, Key) = (arguments, process, key);
        Address = process.Addresses[0];
    }

    public Uri Address { get; }
    public string Key { get; }

    public static async Task<GatewayProcess> StartAsync(string[] arguments)
    {
        var process = await HouseProcess.StartAsync("Gateway", arguments);
        return new GatewayProcess(arguments, process, await process.MatchAsync("key of shop .*: (.+)$"));
    }

    /// <summary>kill -9: nothing is flushed, nobody is told.</summary>
    public ValueTask KillAsync() => _process.DisposeAsync();

    /// <summary>A new process on the same port and store.</summary>
    public async Task RestartAsync() => _process = await HouseProcess.StartAsync("Gateway", _arguments);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

/// <summary>A built program of the platform.</summary>
sealed class HouseProcess : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly Process _process;
    readonly ConcurrentQueue<string> _said = new();
    bool _disposed;

    HouseProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    public static async Task<HouseProcess> StartAsync(string name, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, $"Perennial.{name}.dll");
        // It says where it listens, and nothing else below a warning.
        var start = new ProcessStartInfo("dotnet", [program, .. arguments, "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var house = new HouseProcess(Process.Start(start)!);
        try
        {
            await house.MatchAsync("Application started");
        }
        catch
        {
            await house.DisposeAsync();
            throw;
        }
        house.Addresses = [.. house._said.Select(line => Regex.Match(line, "Now listening on: (.+)$")).Where(m => m.Success).Select(m => new Uri(m.Groups[1].Value))];
        return house;
    }

    /// <summary>The last group of a line that it says sooner or later.</summary>
    public async Task<string> MatchAsync(string pattern)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            if (_said.Select(line => Regex.Match(line, pattern)).FirstOrDefault(m => m.Success) is { } match) return match.Groups[^1].Value;
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Patience) throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[0]} never said '{pattern}' but:\n{string.Join('\n', _said)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Kills it: what it acknowledged must be on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
