using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace Perennial.Testing;

/// <summary>A house as a process of its own, which can be killed.</summary>
public sealed class ChildProcess : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    readonly Process _process;
    readonly GrpcChannel _channel;

    ChildProcess(Process process, int port)
    {
        (_process, Port) = (process, port);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
    }

    public int Port { get; }
    public CallInvoker Invoker => _channel.CreateCallInvoker();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts it without waiting for it.</summary>
    /// <param name="port">0: any that is free.</param>
    /// <param name="connection">To SQL Server; null where the settings name another store.</param>
    public static ChildProcess Start(Assembly program, int port, string? connection, params string[] settings)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (port == 0) port = FreePort();
        // What it says goes nowhere: whoever reads a test's output looks for the test.
        var start = new ProcessStartInfo("dotnet", [program.Location, "--port", port.ToString(CultureInfo.InvariantCulture), "--Logging:LogLevel:Default=None", .. settings]);
        if (connection is not null) (start.Environment["PERENNIAL_Store__Kind"], start.Environment["PERENNIAL_Store__Connection"], start.Environment["PERENNIAL_Store__Migrate"]) = ("sqlserver", connection, "auto");
        return new ChildProcess(Process.Start(start)!, port);
    }

    /// <summary>Waits until it listens.</summary>
    public async Task<ChildProcess> ListensAsync()
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
