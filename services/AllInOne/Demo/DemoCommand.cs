using System.Diagnostics;
using Perennial.AllInOne.Import;
using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;

namespace Perennial.AllInOne.Demo;

/// <summary>A real shop's year, in through the gateway and out as stages, flows and next actions.</summary>
internal static class DemoCommand
{
    public static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        var options = DemoOptions.Parse(args);
        using var data = options.Settings.Connection.Length > 0 ? null : options.Data is { } folder ? DataFolder.Open(folder) : DataFolder.Temporary();
        var screen = new Screen(streams, toError: options.Json);
        var watch = Stopwatch.StartNew();

        // The file is read while the houses start.
        var reading = Task.Run(() => DemoSample.Read(stop), stop);
        await using var platform = await Platform.StartAsync(options.Settings with { Data = data?.Path ?? "" }, stop);
        data?.Announce(platform.Http);
        await platform.EnsureShopAsync(DemoSample.Shop, DemoSample.TimeZone, DemoSample.Currency, stop);
        var key = await platform.CreateKeyAsync(DemoSample.Shop, "demo", stop);
        using var gateway = new GatewayClient(platform.Http, key);

        var answers = await AskAsync(options, gateway, platform, key, reading, screen, watch, stop);
        if (options.Json) await streams.Out.WriteLineAsync(DemoDocument.Write(answers));
        else DemoReport.Write(answers, screen);
        if (options.Exit) return 0;

        screen.Line($"""

            The platform runs on at {ServeCommand.Trim(platform.Http)} (JSON) and {ServeCommand.Trim(platform.Grpc)} (gRPC). Ask it, for example:
              curl -u {key}: '{ServeCommand.Trim(platform.Http)}/v1/shops/{DemoSample.Shop}/customers/{answers.Customers[0].Lifecycle.Customer}/lifecycle'
            Ctrl-C ends it.
            """);
        await ServeCommand.UntilAsync(stop);
        return 0;
    }

    static async Task<DemoAnswers> AskAsync(DemoOptions options, GatewayClient gateway, Platform platform, string key, Task<OrderImport> reading, Screen screen, Stopwatch watch, CancellationToken stop)
    {
        var started = watch.Elapsed;
        var sample = await reading;
        await screen.ProgressAsync(FormattableString.Invariant($"Importing {sample.Orders.Count:N0} orders and refunds"), async done =>
        {
            using var door = new ImportDoor(platform.Grpc, key);
            var import = await new ImportStream(door.Ingestion, new ImportName(DemoSample.Shop, "demo", "the sample", Backfill: true)).SendAsync(sample.Source, sent => done(sent.Share), stop);
            if (import.RefusedCount > 0) throw new StartException($"the platform refused a part of the sample: {import.Refusals[0]}");
        });
        var imported = watch.Elapsed;
        await screen.ProgressAsync("Every service catches up", done => new CatchUp(gateway, DemoSample.Shop).WaitAsync(done, stop));
        var caughtUp = watch.Elapsed;
        var answers = await new DemoQuestions(gateway).AskAsync(options.Days, stop);
        return answers with { Timings = new DemoTimings(started, imported - started, caughtUp - imported, watch.Elapsed - caughtUp, watch.Elapsed) };
    }
}
