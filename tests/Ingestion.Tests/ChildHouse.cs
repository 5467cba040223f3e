using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>The house as a process of its own, which can be killed.</summary>
sealed class ChildHouse : IDisposable
{
    readonly ChildProcess _process;

    ChildHouse(ChildProcess process) => (_process, Client) = (process, new IngestionService.IngestionServiceClient(process.Invoker));

    public int Port => _process.Port;
    public IngestionService.IngestionServiceClient Client { get; }

    /// <summary>Starts it without waiting for it.</summary>
    /// <param name="port">0: any that is free.</param>
    /// <param name="connection">To SQL Server; null where the settings name another store.</param>
    public static ChildHouse Start(int port, string? connection, params string[] settings) => new(ChildProcess.Start(typeof(Program).Assembly, port, connection, settings));

    /// <summary>Waits until it listens.</summary>
    public async Task<ChildHouse> ListensAsync()
    {
        await _process.ListensAsync();
        return this;
    }

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public void Kill() => _process.Kill();

    public Task KilledAsync() => _process.KilledAsync();

    /// <summary>Kills it in the middle of a call, however that ends.</summary>
    public async Task KilledAsync(Task call)
    {
        await KilledAsync();
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task ExitedAsync() => _process.ExitedAsync();

    public static int FreePort() => ChildProcess.FreePort();

    public void Dispose() => _process.Dispose();
}
