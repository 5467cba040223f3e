using System.Globalization;

namespace Perennial.Benchmarks;

/// <summary>Measures what is computed inside a house, in one process: <c>value</c> (fits, scores and order gaps of a synthetic shop), <c>audiences</c>, <c>metrics</c>, <c>records</c>.</summary>
static class Program
{
    const string Usage = """
        usage: Benchmarks audiences --customers N   counts and streams filters over a SQLite store of N customers
               Benchmarks metrics --customers N   a cohort table and flows of 60 months over a SQLite store of N customers
               Benchmarks records --customers N --batch N   takes five orders a customer into a SQLite store, as the feed does in batches of N
               Benchmarks value [options]
          --customers N   1 to 10,000,000 buyers (1,000,000)
          --store         also write them to a SQLite store of the house and read, analyse and fit them from there, as the worker does
          --data DIR      where that store lies while it runs (a temporary folder; removed afterwards)
        """;

    static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["records", "--customers", var buyers, "--batch", var events] when IsCount(buyers, out var many) && IsCount(events, out var batch):
                await RecordsBenchmark.RunAsync(many, batch, Path.GetTempPath());
                return 0;
            case ["audiences", "--customers", var members] when IsCount(members, out var many):
                await AudienceBenchmark.RunAsync(many, Path.GetTempPath());
                return 0;
            case ["metrics", "--customers", var shoppers] when IsCount(shoppers, out var many):
                await MetricsBenchmark.RunAsync(many, Path.GetTempPath());
                return 0;
            case not ["value", ..]:
                return await FailAsync("the first word names what to measure: value, audiences, metrics or records, and its options follow");
        }
        var (customers, store, data) = (1_000_000, false, Path.GetTempPath());
        for (var i = 1; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--customers" when i + 1 < args.Length && IsCount(args[i + 1], out customers):
                    i++;
                    break;
                case "--data" when i + 1 < args.Length:
                    data = args[++i];
                    break;
                case "--store":
                    store = true;
                    break;
                default:
                    return await FailAsync($"'{args[i]}' is no option, or has no good value");
            }
        }
        await ValueBenchmark.RunAsync(customers, store ? data : null);
        return 0;
    }

    static bool IsCount(string text, out int count)
        => int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= 10_000_000;

    static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"benchmarks: {problem}\n{Usage}");
        return 1;
    }
}
