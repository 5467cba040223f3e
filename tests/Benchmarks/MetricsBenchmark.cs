using System.Diagnostics;
using System.Globalization;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Benchmarks;

/// <summary>A cohort table of 60 months, and months of stages, of a synthetic shop with five orders a customer in a SQLite store of the house: wall and processor time, the best of a few runs.</summary>
static class MetricsBenchmark
{
    const int Partitions = 4, Runs = 5, Batch = 5_000, OrdersPerCustomer = 5, Months = 60;
    static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), Now = Start.AddYears(5);

    public static async Task RunAsync(int customers, string data)
    {
        var folder = Directory.CreateDirectory(Path.Combine(data, "perennial-metrics-" + Environment.ProcessId)).FullName;
        try
        {
            await using var database = new SqliteDatabase("segmentation", folder);
            await Migrator.ApplyAsync(database, typeof(SegmentationStore).Assembly, CancellationToken.None);
            var store = new SegmentationStore(database);
            await FillAsync(store, customers);
            var shop = (await store.FindShopAsync("tea", CancellationToken.None))!;
            var tally = (await store.FindTallyAsync("tea", CancellationToken.None))!;
            var use = (await store.FindActiveAsync("tea", BuiltInModels.Default, CancellationToken.None))!;
            var day = Calendar.DateOf(Now, tally.Zone);
            await PrintAsync($"cohorts of {Months} months", async () => (await store.SumOrdersAsync(tally, day, true, CancellationToken.None)).Count, "cells");
            DateTimeOffset[] ends = [.. Enumerable.Range(0, Months + 1).Select(m => Calendar.StartOf(DateOnly.FromDateTime(Start.UtcDateTime).AddMonths(m), use.Zone))];
            await PrintAsync($"flows of {Months} months", async () => (await store.CountMonthsAsync(shop, use, ends, true, CancellationToken.None)).Flows.Sum(f => f.Count), "flows");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task PrintAsync(string what, Func<Task<int>> work, string unit)
    {
        var (count, wall, cpu) = (0, double.MaxValue, double.MaxValue);
        for (var i = 0; i < Runs; i++)
        {
            var (clock, before) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime);
            count = await work();
            (wall, cpu) = (Math.Min(wall, clock.Elapsed.TotalMilliseconds), Math.Min(cpu, (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-24} {count,7:N0} {unit,-6} {wall,8:F0} ms  {cpu,8:F0} ms of processor time"));
    }

    /// <summary>Customers by customer: what comes in together lies in all of the five years.</summary>
    static async Task FillAsync(SegmentationStore store, int customers)
    {
        await store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], []), Now, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(p => Task.Run(async () =>
        {
            var (random, position) = (new Random(p), p == 0 ? 1L : 0L);
            foreach (var chunk in Enumerable.Range(0, customers / Partitions).Chunk(Batch))
            {
                var sightings = chunk.SelectMany(n => Orders(n * Partitions + p, random)).ToList();
                await store.ApplyAsync(new EventBatch(p, position, position + sightings.Count, [], sightings), Now, CancellationToken.None);
                position += sightings.Count;
            }
        })));
    }

    static IEnumerable<Sighting> Orders(int customer, Random random)
    {
        for (var i = 0; i < OrdersPerCustomer; i++)
        {
            var time = Start.AddMinutes(random.Next((int)(Now - Start).TotalMinutes));
            yield return new Sighting("tea", string.Create(CultureInfo.InvariantCulture, $"user:{customer}"), true, time, new Fact(FactKind.Ordered, time, Guid.NewGuid().ToString(), string.Create(CultureInfo.InvariantCulture, $"{customer}-{i}"), random.Next(10, 90), "GBP"));
        }
    }
}
