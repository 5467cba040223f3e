using System.Diagnostics;
using System.Globalization;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;

namespace Perennial.Benchmarks;

/// <summary>Takes orders into a store of segmentation as its feed does, in the order of time, without a feed: what the house itself costs.</summary>
static class RecordsBenchmark
{
    const int Partitions = 4, Days = 1_825;
    static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task RunAsync(int customers, int batch, string data)
    {
        var folder = Directory.CreateDirectory(Path.Combine(data, "perennial-benchmark-" + Environment.ProcessId)).FullName;
        try
        {
            await using var database = new SqliteDatabase("segmentation", folder);
            await Migrator.ApplyAsync(database, typeof(SegmentationStore).Assembly, CancellationToken.None);
            var store = new SegmentationStore(database);
            await store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", Start)], []), Start, CancellationToken.None);
            var orders = customers * 5;
            var (clock, cpu, allocated) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes());
            await Task.WhenAll(Enumerable.Range(0, Partitions).Select(p => Task.Run(async () =>
            {
                var (random, position, next) = (new Random(p), p == 0 ? 1L : 0L, 0);
                for (var done = 0; done < orders / Partitions;)
                {
                    var sightings = new List<Sighting>(batch);
                    for (; sightings.Count < batch && done < orders / Partitions; done++)
                    {
                        var time = Start.AddMilliseconds((double)done / (orders / Partitions) * Days * 86_400_000);
                        var customer = done % 5 == 0 ? next++ : random.Next(Math.Max(1, next));
                        var id = Guid.NewGuid().ToString();
                        sightings.Add(new Sighting("tea", string.Create(CultureInfo.InvariantCulture, $"user:{customer * Partitions + p}"), true, time, new Fact(FactKind.Ordered, time, id, string.Create(CultureInfo.InvariantCulture, $"o-{done}"), 20 + done % 100, "GBP")) { Known = time.AddSeconds(1) });
                    }
                    await store.ApplyAsync(new EventBatch(p, position, position + sightings.Count, [], sightings), Start.AddDays(Days), CancellationToken.None);
                    position += sightings.Count;
                }
            })));
            var seconds = clock.Elapsed.TotalSeconds;
            Console.WriteLine($"{orders / seconds,10:N0} orders/s  {seconds,8:F2} s  {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds,8:F2} s of processor time  {(GC.GetTotalAllocatedBytes() - allocated) / 1e3 / orders:F1} KB allocated an order  {GC.CollectionCount(0)}/{GC.CollectionCount(1)}/{GC.CollectionCount(2)} collections  {new DirectoryInfo(folder).GetFiles().Sum(f => f.Length) / 1e6:N0} MB on disk, {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:N0} MB at most");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
