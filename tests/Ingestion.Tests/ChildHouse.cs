using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests;

/// <summary>The house as a process of its own, which can be killed.</summary>
sealed class ChildHouse : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly Process _process;
    readonly GrpcChannel _channel;

    ChildHouse(Process process, int port)
    {
        (_process, Port) = (process, port);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        Client = new IngestionService.IngestionServiceClient(_channel);
    }

    public int Port { get; }
    public IngestionService.IngestionServiceClient Client { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts it without waiting for it.</summary>
    /// <param name="port">0: any that is free.</param>
    /// <param name="connection">To SQL Server; null where the settings name another store.</param>
    public static ChildHouse Start(int port, string? connection, params string[] settings)
    {
        if (port == 0) port = FreePort();
        // What it says goes nowhere: whoever reads a test's output looks for the test.
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--port", port.ToString(CultureInfo.InvariantCulture), "--Logging:LogLevel:Default=None", .. settings]);
        if (connection is not null) (start.Environment["PERENNIAL_Store__Kind"], start.Environment["PERENNIAL_Store__Connection"], start.Environment["PERENNIAL_Store__Migrate"]) = ("sqlserver", connection, "auto");
        return new ChildHouse(Process.Start(start)!, port);
    }

    /// <summary>Waits until it listens.</summary>
    public async Task<ChildHouse> ListensAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            Assert.False(_process.HasExited || waited.Elapsed > Patience, "the house does not start");
            await Task.Delay(10, Cancel);
        }
        return this;
    }

    /// <summary>SIGKILL: it gets no chance to finish anything.</summary>
    public void Kill() => _process.Kill();

    public async Task KilledAsync()
    {
        Kill();
        await _process.WaitForExitAsync(Cancel);
    }

    /// <summary>Kills it in the middle of a call, however that ends.</summary>
    public async Task KilledAsync(Task call)
    {
        await KilledAsync();
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task ExitedAsync() => _process.WaitForExitAsync(Cancel);

    async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _channel.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
