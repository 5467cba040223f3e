using System.Diagnostics;
using System.Globalization;
using Perennial.Foundation.Sql;
using Perennial.Segmentation;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Activity = Perennial.Segmentation.Domain.Activity;
using ActivityKind = Perennial.Segmentation.Domain.ActivityKind;

namespace Perennial.Benchmarks;

/// <summary>Counts and streams audiences of a synthetic shop in a SQLite store of the house: wall and processor time, the best of a few runs.</summary>
static class AudienceBenchmark
{
    const int Partitions = 4, Runs = 5, Batch = 5_000;
    static readonly DateTimeOffset Now = new(2024, 6, 30, 12, 0, 0, TimeSpan.Zero);

    static readonly string[] Filters =
    [
        "order_count >= 2 AND spend > 100 AND days_since_last_order <= 90",
        "stage = (at_risk OR new)",
        "stage = (at_risk OR new) AND spend >= 50 AND NOT warm",
        "warm OR (repeat AND NOT new_customer) OR last_review_rating >= 4",
        "engagement_score >= 0.5",
        "traits.plan = gold",
        "traits.plan = 'g*' AND traits.seats >= 3 AND spend > 100",
        "orders_within_365_days >= 2",
        "orders_within_365_days = 1 AND orders_within_730_days >= 3",
        "churn_probability >= 0.7",
        "predicted_number_of_orders > 0.6",
        "predicted_clv > 30 AND repeat",
    ];

    /// <summary>Some fit: what it says does not change what it costs.</summary>
    static readonly ValueModel Fit = new(
        new ValueGate(1_000, 700, 0, 1_000), 1_000, 1_000, 0, [new FittedModel(PurchaseModelKind.MbgNbd, [.. new BetaGeometric(0.9, 150, 0.4, 2, StopsAtFirst: true).Parameters.Select(p => new ModelParameter(p.Name, p.Value))], 0, 10, true, null)],
        PurchaseModelKind.MbgNbd, "", new FittedSpend(6, 4, 15, 0, 1_000, 0, true), new LapseThreshold(90, 0.2, 200, ""), [], []);

    public static async Task RunAsync(int customers, string data)
    {
        var folder = Directory.CreateDirectory(Path.Combine(data, "perennial-audiences-" + Environment.ProcessId)).FullName;
        try
        {
            await using var database = new SqliteDatabase("segmentation", folder);
            await Migrator.ApplyAsync(database, typeof(SegmentationStore).Assembly, CancellationToken.None);
            var store = new SegmentationStore(database);
            await FillAsync(store, customers);
            var shop = (await store.FindShopAsync("tea", CancellationToken.None))!;
            var ground = await store.ReadGroundAsync(shop, CancellationToken.None);
            ground = ground with { Measures = ground.Measures with { Predictor = Predictor.Of(Fit, ForecastTerms.Default) } };
            var filters = new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model));
            foreach (var filter in Filters)
            {
                var question = new AudienceQuestion(shop, filters.Read(filter), ground, Now, true);
                var count = await BestAsync(async () => (await store.CountMembersAsync(question, 5, CancellationToken.None)).Count);
                var stream = await BestAsync(async () => await store.ListMembersAsync(question, "", CancellationToken.None).LongCountAsync());
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count.Result,9:N0} members  counted {count.Wall,7:F0} ms ({count.Cpu:F0} ms of processor)  streamed {stream.Wall,7:F0} ms ({stream.Cpu:F0} ms), {stream.Result / Math.Max(stream.Cpu, 1) * 1e3,9:N0} members/s of processor time  {filter}"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task<(long Result, double Wall, double Cpu)> BestAsync(Func<Task<long>> work)
    {
        var best = (Result: 0L, Wall: double.MaxValue, Cpu: double.MaxValue);
        for (var i = 0; i < Runs; i++)
        {
            var (clock, cpu) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime);
            var result = await work();
            best = (result, Math.Min(best.Wall, clock.Elapsed.TotalMilliseconds), Math.Min(best.Cpu, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds));
        }
        return best;
    }

    static readonly string[] Plans = ["bronze", "silver", "gold", "green", "grey"];

    /// <summary>One to four orders a customer, a day of visits and two traits for every third.</summary>
    static async Task FillAsync(SegmentationStore store, int customers)
    {
        await store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], []), Now, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(p => Task.Run(async () =>
        {
            var (random, position) = (new Random(p), p == 0 ? 1L : 0L);
            foreach (var chunk in Enumerable.Range(0, customers / Partitions).Chunk(Batch))
            {
                var sightings = chunk.SelectMany(n => Events(n * Partitions + p, random)).ToList();
                await store.ApplyAsync(new EventBatch(p, position, position + sightings.Count, [], sightings), Now, CancellationToken.None);
                position += sightings.Count;
            }
        })));
    }

    static IEnumerable<Sighting> Events(int customer, Random random)
    {
        // No one after another: ids of a shop are in no order.
        var id = string.Create(CultureInfo.InvariantCulture, $"user:{unchecked((uint)customer * 2_654_435_761u)}");
        for (var i = random.Next(4); i >= 0; i--)
        {
            var time = Now.AddMinutes(-random.Next(1_000_000));
            yield return new Sighting("tea", id, true, time, new Fact(FactKind.Ordered, time, Guid.NewGuid().ToString(), string.Create(CultureInfo.InvariantCulture, $"{customer}-{i}"), random.Next(10, 90), "GBP"));
        }
        if (customer % 3 != 0) yield break;
        var visit = Now.AddMinutes(-random.Next(100_000));
        yield return new Sighting("tea", id, true, visit, null) { Activity = new Activity(ActivityKind.Visit, visit, "v", new Perennial.Segmentation.Domain.Touch(Perennial.Segmentation.Domain.TouchKind.Visit)) };
        yield return new Sighting("tea", id, true, visit, null) { Traits = new Identification(visit, "t", [new Trait("plan", FieldValue.Of(Plans[random.Next(Plans.Length)])), new Trait("seats", FieldValue.Of((decimal?)random.Next(1, 6)))]) };
    }
}
