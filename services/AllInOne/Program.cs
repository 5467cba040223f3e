using Perennial.AllInOne.Demo;
using Perennial.AllInOne.Import;
using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne;

/// <summary>The whole platform in one process: <c>serve</c> (without a command), <c>demo</c>, <c>import</c>, <c>migrate</c>.</summary>
internal static class Program
{
    const int Failed = 1;
    const int WrongUsage = 2;

    static async Task<int> Main(string[] args)
    {
        using var signals = new Signals();
        return await RunAsync(args, Streams.Standard, signals.Stop);
    }

    /// <summary>0 when the command did all it was asked, 1 when it failed, 2 when it was called wrongly.</summary>
    internal static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        try
        {
            if (args.Any(a => a is "--help" or "-h" or "-?" or "help")) return await HelpAsync(streams);
            return args switch
            {
                ["demo", .. var rest] => await DemoCommand.RunAsync(rest, streams, stop),
                ["import", .. var rest] => await ImportCommand.RunAsync(rest, streams, stop),
                ["migrate", .. var rest] => await MigrateCommand.RunAsync(rest, streams, stop),
                _ when args.Contains("--health") => await HealthProbe.RunAsync(Gateway.Program.House, [.. args.Where(a => a != "--health")]),
                [var word, ..] when !word.StartsWith('-') => throw new UsageException($"unknown command '{word}'; write demo, import, migrate, or no command. --help says more."),
                _ => await ServeCommand.RunAsync(args, streams, stop),
            };
        }
        catch (UsageException e)
        {
            return await FailAsync(streams, e.Message, WrongUsage);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return await FailAsync(streams, "stopped.", Failed);
        }
        catch (Exception e) when (House.Explain(e) is { } line)
        {
            return await FailAsync(streams, line, Failed);
        }
    }

    static async Task<int> FailAsync(Streams streams, string line, int code)
    {
        await streams.Error.WriteLineAsync("perennial: " + line.ReplaceLineEndings(" "));
        return code;
    }

    static async Task<int> HelpAsync(Streams streams)
    {
        await streams.Out.WriteLineAsync(Help.Text);
        return 0;
    }
}
