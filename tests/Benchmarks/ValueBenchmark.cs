using System.Diagnostics;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;

namespace Perennial.Benchmarks;

/// <summary>
/// A shop of buyers who behave as BG/NBD says with the parameters of the CDNOW sample, in days over two years; the same in every run.
/// </summary>
static class ValueBenchmark
{
    const int Days = 728, Horizon = 90, OrdersTarget = 5_000_000;
    const double Level = 0.2;
    static readonly DateTimeOffset Start = new(2024, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(int customers, string? data)
    {
        Say($"{customers:N0} buyers, {Environment.ProcessorCount} cores, load average {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
        var histories = Enumerable.Range(0, customers).Select(History).ToArray();
        var known = Array.ConvertAll(histories, h => RepeatPurchases.Of(h, Days));
        Say($"  {known.Sum(k => (long)k.Count):N0} repeat purchases; {Memory():N0} MB before the fits");
        var table = Timed("collapse to distinct histories", () => RepeatTable.Of(known, null));
        Say($"  {table.Rows.Length:N0} distinct histories");
        foreach (var (name, fit) in ((string, Func<RepeatTable, PurchaseFit>)[])[("NBD", PurchaseFits.Nbd), ("BG/NBD", PurchaseFits.BgNbd), ("MBG/NBD", PurchaseFits.MbgNbd), ("Pareto/NBD", PurchaseFits.ParetoNbd)])
        {
            var found = Timed("fit of " + name, () => fit(table));
            Say($"  {string.Join(", ", found.Model.Parameters.Select(p => $"{p.Name} {p.Value:F4}"))}, ln L {found.LogLikelihood:F2}");
            Timed("scores of every buyer after " + name, () => Score(found.Model, known));
        }
        Say($"  {Memory():N0} MB at most");
        Gaps(histories);
        if (data is not null) await StoreAsync(histories, data);
    }

    /// <summary>Days with an order of the i-th buyer, from a generator of its own.</summary>
    static int[] History(int i)
    {
        var random = new Random(i);
        var (rate, stop) = (Gamma(random, 0.2426) / (7 * 4.4136), Gamma(random, 0.7929));
        stop /= stop + Gamma(random, 2.4259);
        var days = new List<int> { random.Next(0, Days) };
        for (double t = days[0]; rate > 0;)
        {
            t += -Math.Log(1 - random.NextDouble()) / rate;
            if (t > Days) break;
            if ((int)t > days[^1]) days.Add((int)t);
            if (random.NextDouble() < stop) break;
        }
        return [.. days];
    }

    /// <summary>Marsaglia and Tsang 2000, with their step up for shapes below 1.</summary>
    static double Gamma(Random random, double shape)
    {
        if (shape < 1) return Gamma(random, shape + 1) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        var d = shape - 1 / 3.0;
        while (true)
        {
            var x = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var v = Math.Pow(1 + x / Math.Sqrt(9 * d), 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < x * x / 2 + d - d * v + d * Math.Log(v)) return d * v;
        }
    }

    /// <summary>Expected orders of a year, the probability of one in 90 days, and P(alive).</summary>
    static double Score(PurchaseModel model, RepeatPurchases[] known)
    {
        var sum = 0.0;
        foreach (var k in known) sum += model.ExpectedPurchases(365, k) + model.ProbabilityOfPurchase(Horizon, k) + model.ProbabilityAlive(k);
        return sum;
    }

    static void Gaps(int[][] histories)
    {
        var orders = 0L;
        var analysis = Timed("order gap analysis of 5,000,000 orders in memory", () =>
        {
            var gaps = new OrderGaps();
            for (var i = 0; orders < OrdersTarget; i++)
            {
                gaps.Add(histories[i % histories.Length], Days);
                orders += histories[i % histories.Length].Length;
            }
            return gaps.Analyse(Horizon, Level);
        });
        Say($"  {orders:N0} orders, lapsed after {analysis.Threshold.Days} days");
    }

    /// <summary>What a worker does with a shop: reads every fact, folds orders, collects, fits.</summary>
    static async Task StoreAsync(int[][] histories, string data)
    {
        var folder = Directory.CreateDirectory(Path.Combine(data, "perennial-benchmark-" + Environment.ProcessId)).FullName;
        try
        {
            await using var database = new SqliteDatabase("segmentation", folder);
            await Migrator.ApplyAsync(database, typeof(SegmentationStore).Assembly, CancellationToken.None);
            await FillAsync(database, histories);
            var store = new SegmentationStore(database);
            var (clock, cpu) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime);
            var (sample, facts, shop) = (new ValueSample(Day(Days), Horizon), 0L, new Shop("tea", TimeZoneInfo.Utc, "GBP", 1));
            await foreach (var customer in store.ScanAsync(shop, includeAnonymous: false, CancellationToken.None))
            {
                var history = customer.Read(Sources.Purchases).Now(shop.Currency, shop.Zone, Sources.Purchases)!;
                facts += history.Facts.Count;
                sample.Add(Buyer.Of([.. history.Facts], shop.Currency, shop.Zone).Orders);
            }
            Say($"{clock.Elapsed.TotalSeconds,8:F2} s  {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds,8:F2} s of processor time  {facts:N0} orders read from the store and folded");
            Timed("  analysis of their gaps", () => sample.Gaps.Analyse(Horizon, Level));
            Timed("  every model fitted, twice, with holdout and spend", () => sample.Fit(Level));
            Say($"  {Memory():N0} MB at most");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static int Day(int day) => DateOnly.FromDateTime(Start.UtcDateTime).DayNumber + day;

    static Task FillAsync(SqliteDatabase database, int[][] histories) => database.WriteAsync(write =>
        write.AppendAsync("customer", ["id", "shop", "customer", "identified", "record"], [.. histories.Index()], static (row, h) =>
        {
            row.Add(CustomerKey.First(1) + h.Index);
            row.Add(1);
            row.Add($"user:{h.Index:D8}");
            row.Add(true);
            row.Add(RecordCodec.Write(CustomerRecord.Empty.With(h.Item.Select((day, n) => new Sighting("tea", "", true, Start.AddDays(day), new Fact(FactKind.Ordered, Start.AddDays(day), $"m{n}", $"o{n}", 35 + day, ""))))));
        }, CancellationToken.None), CancellationToken.None);

    static T Timed<T>(string what, Func<T> work)
    {
        var clock = Stopwatch.StartNew();
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var result = work();
        Say($"{clock.Elapsed.TotalSeconds,8:F2} s  {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds,8:F2} s of processor time  {what}");
        return result;
    }

    static double Memory() => Process.GetCurrentProcess().PeakWorkingSet64 / 1e6;

    static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
}
