using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Perennial.Sdks.Tests;

/// <summary>What a client is asked to do.</summary>
/// <param name="Run">What its ids begin with.</param>
/// <param name="Pace">Milliseconds between every 20 events.</param>
/// <param name="Resend">The caller sends again what failed, for SDKs that do not.</param>
sealed record Wanted(Uri Host, string Key, string Run, int Count = 1_000, int Pace = 0, bool Resend = false);

/// <summary>An SDK from npm, unmodified, in a program of the <c>clients</c> folder that node runs.</summary>
sealed class Sdk : IAsyncDisposable
{
    /// <summary>The repository that the tests were built in.</summary>
    internal static readonly string Root = Find(new DirectoryInfo(AppContext.BaseDirectory));

    internal static readonly string Folder = Path.Combine(Root, "tests", "Sdks.Tests", "clients");

    readonly Process _process;
    readonly Task _reading;
    readonly Task<string> _errors;
    readonly List<(int Count, TaskCompletionSource Reached)> _marks = [];
    readonly Lock _gate = new();

    Sdk(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>What arrived, as the SDK was told.</summary>
    public List<Sent> Arrived { get; } = [];

    /// <summary>Every failure that the SDK told its caller.</summary>
    public List<string> Failed { get; } = [];

    /// <summary>Starts a client, or skips the test with the reason where that cannot be.</summary>
    public static Sdk StartOrSkip(string program, Wanted wanted)
    {
        NeedsNode();
        return new Sdk(Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, program), JsonSerializer.Serialize(wanted, JsonSerializerOptions.Web)]) { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>How many have arrived by now.</summary>
    public int ArrivedCount
    {
        get
        {
            lock (_gate) return Arrived.Count;
        }
    }

    /// <summary>Completes when that many events have arrived; fails when the client ends before.</summary>
    public Task ArrivedAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (Arrived.Count >= count) reached.SetResult();
            else _marks.Add((count, reached));
        }
        return reached.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for the end of the client, which must be a good one.</summary>
    public async Task EndAsync()
    {
        await _reading.WaitAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(_process.ExitCode == 0, await _errors);
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line) Take(JsonDocument.Parse(line).RootElement);
        lock (_gate)
        {
            foreach (var (count, reached) in _marks) reached.TrySetException(new InvalidOperationException($"The client ended after {Arrived.Count} events, before {count}."));
        }
    }

    void Take(JsonElement line)
    {
        lock (_gate)
        {
            if (line.TryGetProperty("failed", out var error)) Failed.Add(error.GetString()!);
            else Arrived.Add(new Sent(line.GetProperty("arrived")));
            foreach (var (_, reached) in _marks.Where(mark => mark.Count <= Arrived.Count)) reached.TrySetResult();
        }
    }

    /// <summary>What the SDKs ask for.</summary>
    const int NodeMin = 20;

    /// <summary>Skips the test, with the reason, where there is no node, too old a one, or no SDK.</summary>
    internal static void NeedsNode()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules")), "tests/Sdks.Tests/clients has no node_modules: run ./check, or npm install there");
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            var version = node.StandardOutput.ReadToEnd().Trim();
            node.WaitForExit();
            // v20.20.2
            var major = int.Parse(version.TrimStart('v').Split('.')[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.SkipWhen(major < NodeMin, $"node is {version}, the SDKs need {NodeMin} or later");
        }
        catch (Win32Exception)
        {
            Assert.Skip("node is not installed");
        }
    }

    static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new DirectoryNotFoundException("These tests run inside the repository they were built in."),
        _ when File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props")) => folder.FullName,
        _ => Find(folder.Parent),
    };

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _reading;
        await _errors;
        _process.Dispose();
    }
}
