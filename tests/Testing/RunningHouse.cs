using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Perennial.Common.V1;
using Perennial.Foundation.Hosting;

namespace Perennial.Testing;

/// <summary>A house as it really runs: its own program, migrated SQLite in a folder of the test, a port that the system chose.</summary>
public sealed class RunningHouse : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly GrpcChannel _channel;

    RunningHouse(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(app.Urls.Single());
    }

    public CallInvoker Invoker => _channel.CreateCallInvoker();
    public IServiceProvider Services => _app.Services;

    /// <param name="data">Folder of the store; the caller removes it.</param>
    public static async Task<RunningHouse> StartAsync(House house, Func<string[], WebApplication> build, string data, params string[] settings)
    {
        ArgumentNullException.ThrowIfNull(house);
        ArgumentNullException.ThrowIfNull(build);
        var app = build(["--Listen:Port=0", $"--Store:Data={data}", "--Logging:LogLevel:Default=Error", .. settings]);
        await house.StartAsync(app);
        return new RunningHouse(app);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>Waiting for what happens in the background, without a fixed pause.</summary>
public static class Eventually
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Asks until the answer is true; fails with <paramref name="what"/> when it never is.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> ask, string what)
    {
        ArgumentNullException.ThrowIfNull(ask);
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            if (await ask()) return;
            if (TimeProvider.System.GetElapsedTime(started) > Deadline) throw new TimeoutException($"Never true within {Deadline.TotalSeconds} s: {what}.");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until a reader has applied as many events as the log of the test holds.</summary>
    public static Task AppliedAsync(Func<Task<FeedProgress>> progress, long events)
        => IsTrueAsync(async () => (await progress()).Partitions.Sum(p => p.Position) >= events, $"{events} events applied");
}
