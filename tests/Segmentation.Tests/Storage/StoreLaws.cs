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

    /// <summary>The same events, once with every built-in model at work from the start and once put to work somewhere on the way, in steps between the batches.</summary>
    [Fact]
    public void A_model_that_is_activated_on_the_way_leaves_the_rows_of_one_that_always_was()
    {
        var cases = from logs in AnyLogs().Generator
                    from start in Gen.Choose(0, logs.Retold.Length)
                    from size in Gen.Choose(1, 3)
                    select (logs, start, size);
        Prop.ForAll(cases.ToArbitrary(), c => InStore(async (store, test) =>
        {
            await ActivateAllAsync(store);
            await ApplyAsync(store, [c.logs.Told], 1);
            return await Tables.ReadAsync(test.Database);
        }).SequenceEqual(InStore(async (store, test) =>
        {
            await ApplyAsync(store, c.logs.Retold[..c.start], 1);
            await ActivateAllAsync(store, steps: false);
            foreach (var (i, batch) in c.logs.Retold[c.start..].Index())
            {
                await store.StepAsync(c.size, CancellationToken.None);
                await ApplyAsync(store, [batch], 1 + c.start + i);
            }
            while (await store.StepAsync(c.size, CancellationToken.None) is not null) { }
            return await Tables.ReadAsync(test.Database);
        }))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    static async Task ActivateAllAsync(SegmentationStore store, bool steps = true)
    {
        Assert.Equal(Refusal.None, (await store.SetPopulationAsync("shop", Figures, 0, false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        foreach (var model in BuiltInModels.All.Keys) Assert.Equal(Refusal.None, (await store.ActivateModelAsync("shop", model, 0, "", false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        while (steps && await store.StepAsync(100, CancellationToken.None) is not null) { }
    }

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

    static IReadOnlyList<string> Rows(Sighting[][] batches) => InStore(async (store, test) =>
    {
        await ActivateAllAsync(store);
        await ApplyAsync(store, batches, 1);
        return await Tables.ReadAsync(test.Database);
    });

    static T InStore<T>(Sighting[][] batches, Func<SegmentationStore, Task<T>> read) => InStore(async (store, _) =>
    {
        await ApplyAsync(store, batches, 1);
        return await read(store);
    });

    /// <param name="after">The checkpoint: 1 behind the announcement of the shop.</param>
    static async Task ApplyAsync(SegmentationStore store, Sighting[][] batches, int after)
    {
        for (var i = 0; i < batches.Length; i++) Assert.NotNull(await store.ApplyAsync(new EventBatch(0, after + i, after + i + 1, [], batches[i]), CancellationToken.None));
    }

    static T InStore<T>(Func<SegmentationStore, TestStore, Task<T>> work) => Task.Run(async () =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = new SegmentationStore(test.Database);
        Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 0, 1, [Settings], []), CancellationToken.None));
        return await work(store, test);
    }).GetAwaiter().GetResult();
}
