using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Perennial.Common.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests;

/// <summary>The house on a port of its own, over SQLite in a folder of its own, tailing a log that the test writes.</summary>
sealed class RunningHouse : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    WebApplication? _app;
    GrpcChannel? _channel;

    RunningHouse(FakeIngestion log) => Log = log;

    internal FakeIngestion Log { get; }
    internal SegmentationService.SegmentationServiceClient Client => new(_channel);
    internal CallInvoker Invoker => _channel!.CreateCallInvoker();

    internal static async Task<RunningHouse> StartAsync(params string[] args)
    {
        var house = new RunningHouse(await FakeIngestion.StartAsync());
        await house.StartHouseAsync(args);
        return house;
    }

    /// <summary>Ends the process and starts it again over the same store.</summary>
    internal async Task RestartAsync()
    {
        await StopHouseAsync();
        await StartHouseAsync([]);
    }

    async Task StartHouseAsync(string[] args)
    {
        _app = Program.Build([.. args, "--Listen:Port=0", $"--Store:Data={_folder}", $"--Upstream:Ingestion={Log.Address}", "--Clock:Now=2024-06-30T12:00:00Z", "--Logging:LogLevel:Default=Warning", "--Feed:RetryMillisMax=100"]);
        await Program.House.StartAsync(_app);
        _channel = GrpcChannel.ForAddress(_app.Urls.Single());
    }

    async Task StopHouseAsync()
    {
        _channel?.Dispose();
        await _app!.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    /// <summary>Waits until all that was recorded is applied.</summary>
    internal async Task CatchUpAsync()
    {
        var since = Stopwatch.GetTimestamp();
        while (!await IsCaughtUpAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < Patience, "The house did not catch up with the log.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    async Task<bool> IsCaughtUpAsync()
    {
        var progress = await Client.GetFeedProgressAsync(new GetFeedProgressRequest(), cancellationToken: TestContext.Current.CancellationToken);
        return progress.Partitions.Count == FakeIngestion.PartitionCount && progress.Partitions.All(p => p.Position == Log.Head(p.Partition));
    }

    public async ValueTask DisposeAsync()
    {
        await StopHouseAsync();
        await Log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
