namespace Perennial.AllInOne.Tests;

/// <summary>Runs a command as a person would, and hands back what it said.</summary>
internal static class Run
{
    public static async Task<(int Code, string Output, string Error)> AsyncWith(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Program.RunAsync(args, new Streams(output, error), TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Stops the command once it has said <paramref name="words"/>.</summary>
    public static async Task<(int Code, string Output, string Error)> UntilAsync(string words, params string[] args)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var output = new Announcement(words);
        using var error = new StringWriter();
        var running = Program.RunAsync(args, new Streams(output, error), stop.Token);
        await Task.WhenAny(running, output.Task);
        await stop.CancelAsync();
        return (await running, output.ToString(), error.ToString());
    }
}

/// <summary>Text that tells when certain words were written.</summary>
internal sealed class Announcement(string words) : StringWriter
{
    readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>All that was written up to the line with the words.</summary>
    public Task<string> Task => _said.Task;

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (value?.Contains(words, StringComparison.Ordinal) == true) _said.TrySetResult(ToString());
    }

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return System.Threading.Tasks.Task.CompletedTask;
    }
}
