using System.ComponentModel;
using System.Diagnostics;

namespace Perennial.StandIns.Tests;

/// <summary>Programs of the <c>interop</c> folder, run by node as child processes.</summary>
sealed class Node : IAsyncDisposable
{
    static readonly string Folder = Path.Combine(Repository.Root, "tests", "StandIns.Tests", "interop");
    static readonly string Proto = Path.Combine(Repository.Root, "tests", "StandIns.Tests", "echo.proto");

    readonly Process _process;
    readonly Task<string> _errors;

    Node(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a program, or skips the test with the reason where that cannot be.</summary>
    internal static Node StartOrSkip(string program, params string[] arguments)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules")), "tests/StandIns.Tests/interop has no node_modules: run ./check, or npm install there");
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, program), Proto, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return new Node(Process.Start(start)!);
        }
        catch (Win32Exception)
        {
            Assert.Skip("node is not installed");
            throw;
        }
    }

    /// <summary>The first line it prints.</summary>
    internal async Task<string> LineAsync()
        => await _process.StandardOutput.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException($"node said nothing: {await _errors}");

    public async ValueTask DisposeAsync()
    {
        // Its input ends, so it ends; one that does not is stopped.
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _errors;
        _process.Dispose();
    }
}
