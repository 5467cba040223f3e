using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Perennial.Load;

/// <summary>A program of this repository in a process of its own, as it is built beside this one.</summary>
sealed class Served : IAsyncDisposable
{
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    readonly Process _process;
    readonly List<string> _lines = [];
    TimeSpan _cpu;
    long _at;

    Served(Process process) => _process = process;

    public int Port { get; private init; }

    /// <summary>What it has printed.</summary>
    public IReadOnlyList<string> Lines
    {
        get { lock (_lines) return [.. _lines]; }
    }

    public static async Task<Served> StartAsync(string assembly, int port, params string[] args)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [assembly, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var served = new Served(process) { Port = port };
        process.OutputDataReceived += served.Keep;
        process.ErrorDataReceived += served.Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var deadline = Stopwatch.StartNew();
        while (!await AnswersAsync(port))
        {
            if (process.HasExited || deadline.Elapsed > StartPatience)
            {
                await served.DisposeAsync();
                throw new InvalidOperationException($"{Path.GetFileName(assembly)} does not start: {string.Join(' ', served.Lines)}");
            }
            await Task.Delay(50);
        }
        served.Mark();
        return served;
    }

    /// <summary>The assembly of a project, built as this one is.</summary>
    public static string Assembly(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var (framework, configuration) = (here.Name, here.Parent!.Name);
        var root = here.Parent.Parent!.Parent!.Parent!.Parent!.FullName;
        var file = Path.Combine(root, project, "bin", configuration, framework, $"Perennial.{Path.GetFileName(project) switch { "gateway" => "Gateway", var name => name }}.dll");
        return File.Exists(file) ? file : throw new FileNotFoundException($"{file} is not built");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Processor time since its start.</summary>
    public TimeSpan Processor()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>From here on <see cref="Cores"/> counts.</summary>
    public void Mark()
    {
        _process.Refresh();
        (_cpu, _at) = (_process.TotalProcessorTime, Stopwatch.GetTimestamp());
    }

    /// <summary>Processors in use since the mark, on average.</summary>
    public double Cores()
    {
        _process.Refresh();
        return Math.Round((_process.TotalProcessorTime - _cpu) / Stopwatch.GetElapsedTime(_at), 2);
    }

    /// <summary>Resident memory now and at its highest, in megabytes; without the pages of mapped files, which the system takes back when it likes.</summary>
    public Memory Memory() => new(StatusOf("VmRSS"), StatusOf("VmHWM"), StatusOf("RssFile"));

    double StatusOf(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return Math.Round(double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1_024, 0);
    }

    void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_lines) if (_lines.Count < 1_000) _lines.Add(line.Data);
    }

    static async Task<bool> AnswersAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

/// <summary>In megabytes. <paramref name="MappedFiles"/> is the part of <paramref name="Resident"/> that maps files.</summary>
sealed record Memory(double Resident, double Highest, double MappedFiles);
