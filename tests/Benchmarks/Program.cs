using System.Globalization;

namespace Perennial.Benchmarks;

/// <summary>Measures what is computed inside a house, in one process: <c>value</c> (fits, scores and order gaps of a synthetic shop).</summary>
static class Program
{
    const string Usage = """
        usage: Benchmarks audiences --customers N   counts and streams filters over a SQLite store of N customers
               Benchmarks value [options]
          --customers N   1 to 10,000,000 buyers (1,000,000)
          --store         also write them to a SQLite store of the house and read, analyse and fit them from there, as the worker does
          --data DIR      where that store lies while it runs (a temporary folder; removed afterwards)
        """;

    static async Task<int> Main(string[] args)
    {
        if (args is ["records", var count, var size]) { await RecordsBenchmark.RunAsync(int.Parse(count, CultureInfo.InvariantCulture), int.Parse(size, CultureInfo.InvariantCulture), Path.GetTempPath()); return 0; }
        if (args is ["audiences", "--customers", var members] && int.TryParse(members.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var count1) && count1 is >= 1 and <= 10_000_000) { await AudienceBenchmark.RunAsync(count1, Path.GetTempPath()); return 0; }
        if (args is not ["value", ..]) return await FailAsync("the first word names what to measure: value");
        var (customers, store, data) = (1_000_000, false, Path.GetTempPath());
        for (var i = 1; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--customers" when i + 1 < args.Length && int.TryParse(args[i + 1].Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out customers) && customers is >= 1 and <= 10_000_000:
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

    static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"benchmarks: {problem}\n{Usage}");
        return 1;
    }
}
