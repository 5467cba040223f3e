using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;

namespace Perennial.AllInOne.Running;

/// <summary><c>migrate</c>: brings the schema of every house and of the gateway up to date, then ends: what a deployment runs once before the services.</summary>
internal static class MigrateCommand
{
    static readonly (House House, Func<string[], WebApplication> Build)[] Schemas =
    [
        (Ingestion.Program.House, Ingestion.Program.Build),
        (Segmentation.Program.House, Segmentation.Program.Build),
        (EngagementTracking.Program.House, EngagementTracking.Program.Build),
        (CampaignRecommendation.Program.House, CampaignRecommendation.Program.Build),
        (Gateway.Program.House, Gateway.Program.Build),
    ];

    /// <summary>The store is named by <c>--store</c>, <c>--connection</c>, <c>--data</c>, or by <c>PERENNIAL_Store__*</c> in the environment.</summary>
    public static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        var line = CommandLine.Parse(args, [.. PlatformOptions.Store, new("--data")]);
        if (line.Words is [var word, ..]) throw new UsageException($"'{word}' is not understood; --help lists what there is.");
        foreach (var (house, build) in Schemas)
        {
            await using var app = build(args);
            var database = app.Services.GetRequiredService<Database>();
            if (await database.CreateIfMissingAsync(stop)) await streams.Out.WriteLineAsync("database created.");
            var applied = await Migrator.ApplyAsync(database, house.Home, stop);
            await streams.Out.WriteLineAsync($"{house.Name}: {applied} migrations applied, schema up to date.");
        }
        return 0;
    }
}
