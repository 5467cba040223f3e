using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>What holds for every log of events.</summary>
public sealed class StoreLaws
{
    static readonly ShopSettings Settings = new("shop", "Europe/London", "GBP");

    /// <summary>The same events twice: as they came, and mixed, cut and repeated.</summary>
    sealed record Logs(Sighting[] Told, Sighting[][] Retold);

    static Arbitrary<Logs> AnyLogs()
    {
        var gen = from told in Arbitrarily.Sightings()
                  from repeated in Gen.SubListOf(told)
                  from mixed in Gen.Shuffle(told.Concat(repeated))
                  from size in Gen.Choose(1, mixed.Length)
                  select new Logs(told, [.. mixed.Chunk(size)]);
        return gen.ToArbitrary();
    }

    [Fact]
    public void Any_order_batching_or_repetition_of_the_same_events_gives_the_same_state()
        => Prop.ForAll(AnyLogs(), logs => Rows([logs.Told]).SequenceEqual(Rows(logs.Retold))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Counts_are_those_of_every_customer_evaluated_alone()
        => Prop.ForAll(AnyLogs(), Gen.Choose(0, 2_000).ToArbitrary(), (logs, days) => InStore(logs.Retold, async store =>
        {
            var (asOf, shop) = (Utc("2010-09-01").AddDays(days), (await store.FindShopAsync("shop", CancellationToken.None))!);
            var counted = (await store.CountStagesAsync(shop, "clc", asOf, true, CancellationToken.None)).Select(t => (t.Stage, t.CustomerCount, t.TotalValue));
            var evaluated = Arrivals.Of(logs.Told)
                .Select(a => Lifecycle.At(History.Of(a.FirstSeen, a.Facts, shop.Currency), Clc, shop.Zone, asOf))
                .OfType<Lifecycle>()
                .GroupBy(l => l.Stage.Id)
                .Select(g => (g.Key, g.LongCount(), g.Sum(l => l.Purchases.Value)));
            return counted.Order().SequenceEqual(evaluated.Order());
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    static IReadOnlyList<string> Rows(Sighting[][] batches) => InStore(batches, (_, test) => Tables.ReadAsync(test.Database));

    static T InStore<T>(Sighting[][] batches, Func<SegmentationStore, Task<T>> read) => InStore(batches, (store, _) => read(store));

    static T InStore<T>(Sighting[][] batches, Func<SegmentationStore, TestStore, Task<T>> read) => Task.Run(async () =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = new SegmentationStore(test.Database);
        for (var i = 0; i < batches.Length; i++)
            Assert.NotNull(await store.ApplyAsync(new EventBatch(0, i, i + 1, i == 0 ? [Settings] : [], batches[i]), CancellationToken.None));
        return await read(store, test);
    }).GetAwaiter().GetResult();
}
