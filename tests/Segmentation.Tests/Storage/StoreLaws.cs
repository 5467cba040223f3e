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
    static readonly ShopSettings Settings = new("shop", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);

    /// <summary>In the midst of what happens, so that stages fall due and events lie in the future.</summary>
    static readonly DateTimeOffset Now = Utc("2012-03-25T10:30:00Z");

    /// <summary>The same events twice: as they came, and mixed, cut and repeated, also with a delay.</summary>
    sealed record Logs(Sighting[] Told, Sighting[][] Retold);

    static Gen<Logs> AnyLogs() =>
        from told in Arbitrarily.Sightings()
        from repeated in Gen.SubListOf(told)
        from delayed in Gen.SubListOf(told)
        from mixed in Gen.Shuffle(told.Concat(repeated).Concat(delayed.Select(d => d with { Known = d.Known.AddDays(3) })))
        from size in Gen.Choose(1, mixed.Length)
        select new Logs(told, [.. mixed.Chunk(size)]);

    [Fact]
    public void Any_order_batching_or_repetition_of_the_same_events_gives_the_same_state()
        => Prop.ForAll(AnyLogs().ToArbitrary(), logs => Rows([logs.Told]).SequenceEqual(Rows(logs.Retold))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    /// <summary>The same events, once with every built-in model at work from the start and once put to work somewhere on the way, in steps between the batches.</summary>
    [Fact]
    public void A_model_that_is_activated_on_the_way_leaves_the_rows_of_one_that_always_was()
    {
        var cases = from logs in AnyLogs()
                    from start in Gen.Choose(0, logs.Retold.Length)
                    from size in Gen.Choose(1, 3)
                    select (logs, start, size);
        Prop.ForAll(cases.ToArbitrary(), c => Rows([c.logs.Told]).SequenceEqual(InStore(async (store, test) =>
        {
            await ApplyAsync(store, c.logs.Retold[..c.start], 1);
            await ActivateAllAsync(store, steps: false);
            foreach (var (i, batch) in c.logs.Retold[c.start..].Index())
            {
                await store.StepAsync(c.size, Now, CancellationToken.None);
                await ApplyAsync(store, [batch], 1 + c.start + i);
            }
            while (await store.StepAsync(c.size, Now, CancellationToken.None) is not null) { }
            return await Tables.ReadAsync(test.Database);
        }))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    sealed record Moves(Logs Logs, (int At, string Zone)[] Changes, int Size, int Behind);

    static Arbitrary<Moves> AnyMoves()
    {
        var gen = from logs in AnyLogs()
                  from count in Gen.Choose(1, 3)
                  from places in Gen.ArrayOf(Gen.Choose(0, logs.Retold.Length), count)
                  from zones in Gen.ArrayOf(Gen.Elements("America/New_York", "Pacific/Kiritimati", "Pacific/Apia", "Australia/Lord_Howe", "Europe/London"), count)
                  from size in Gen.Choose(1, 3)
                  from behind in Gen.Choose(0, logs.Retold.Length)
                  select new Moves(logs, [.. places.Order().Zip(zones)], size, behind);
        return gen.ToArbitrary();
    }

    /// <summary>
    /// The shop moves between batches, and steps of derivations too; another partition, which is behind, tells of all moves at another time. What it told of stages in
    /// the end is where its customers are.
    /// </summary>
    [Fact]
    public void A_shop_that_moves_on_the_way_leaves_the_rows_of_one_that_was_there_from_the_start()
        => Prop.ForAll(AnyMoves(), c => InStore(async (store, test) =>
        {
            await ActivateAllAsync(store);
            ShopSettings[] told = [Settings, .. c.Changes.Select((m, i) => Settings with { TimeZone = m.Zone, UpdateTime = Settings.UpdateTime.AddMinutes(i + 1) })];
            for (var i = 0; i <= c.Logs.Retold.Length; i++)
            {
                if (i == c.Behind) Assert.NotNull(await store.ApplyAsync(new EventBatch(1, 0, 1, told, []), Now, CancellationToken.None));
                ShopSettings[] announced = [.. told.Skip(1).Where((_, n) => c.Changes[n].At == i)];
                Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 1 + i, 2 + i, announced, i < c.Logs.Retold.Length ? c.Logs.Retold[i] : []), Now, CancellationToken.None));
                await store.StepAsync(c.Size, Now, CancellationToken.None);
            }
            while (await store.StepAsync(c.Size, Now, CancellationToken.None) is not null) { }
            var (feed, evaluated) = (await Feed.ReadAsync(store, "shop"), await Feed.EvaluateAsync(store, "shop", BuiltIn, Now));
            var ends = feed.GroupBy(t => (t.Model, t.Customer)).Select(g => KeyValuePair.Create(g.Key, g.Last().To)).Where(e => e.Value.Length > 0).ToDictionary();
            return (Rows: await Tables.ReadAsync(test.Database, isNumbered: false), IsToldInFull: ends.Sorted().SequenceEqual(evaluated.Sorted()));
        }) is var moved && moved.IsToldInFull && moved.Rows.SequenceEqual(RowsIn(c.Changes[^1].Zone, c.Logs.Told))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    static IReadOnlyList<string> RowsIn(string zone, Sighting[] told) => InStore(async (store, test) =>
    {
        await ActivateAllAsync(store);
        await ApplyAsync(store, [told], 1);
        return await Tables.ReadAsync(test.Database, isNumbered: false);
    }, zone);

    static async Task ActivateAllAsync(SegmentationStore store, bool steps = true)
    {
        Assert.Equal(Refusal.None, (await store.SetPopulationAsync("shop", Figures, 0, false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        foreach (var model in BuiltInModels.All.Keys) Assert.Equal(Refusal.None, (await store.ActivateModelAsync("shop", model, 0, "", false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        while (steps && await store.StepAsync(100, Now, CancellationToken.None) is not null) { }
    }

    sealed record Counted(Logs Logs, DateTimeOffset[] AsOf, DateTimeOffset KnownAt);

    static Arbitrary<Counted> AnyCounts()
    {
        var gen = from logs in AnyLogs()
                  let facts = logs.Told.Select(s => s.Fact ?? Ordered("o", s.Time.ToString("O"))).ToArray()
                  from near in Gen.ArrayOf(Arbitrarily.InstantNear(facts, London), 6)
                  from known in Gen.Elements(logs.Told)
                  from millis in Gen.Choose(-1, 1)
                  select new Counted(logs, [.. near, .. Switches], known.Known.AddMilliseconds(millis));
        return gen.ToArbitrary();
    }

    /// <summary>Clocks go forward and back, on and around; before everything, and long after.</summary>
    static IEnumerable<DateTimeOffset> Switches
        => [Utc("2011-03-27T00:59:59.999Z"), Utc("2011-03-27T01:00:00Z"), Utc("2011-10-30T00:30:00Z"), Utc("2011-10-29T23:00:00Z"), Utc("2012-03-25"), Utc("2001-01-01"), Utc("2031-07-01T12:00:00Z"), Now];

    static readonly bool[] Both = [true, false];

    [Fact]
    public void Counts_are_those_of_every_customer_evaluated_alone_in_every_model_at_any_instant()
        => Prop.ForAll(AnyCounts(), c => InStore(async (store, _) =>
        {
            await ActivateAllAsync(store);
            await ApplyAsync(store, c.Logs.Retold, 1);
            return await AreAsEvaluatedAsync(store, c, Now);
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Counts_as_known_then_are_those_of_what_was_known_and_nothing_later_changes_them()
        => Prop.ForAll(AnyCounts(), c => InStore(async (store, _) =>
        {
            await ActivateAllAsync(store);
            await ApplyAsync(store, c.Logs.Retold, 1);
            var shop = (await store.FindShopAsync("shop", CancellationToken.None))!;
            var known = c.Logs.Told.Where(s => s.Known <= c.KnownAt).ToArray();
            foreach (var asOf in c.AsOf)
            {
                foreach (var model in BuiltIn)
                {
                    var active = (await store.FindActiveAsync("shop", model.Id, CancellationToken.None))!;
                    if (!Text(await store.CountStagesAsync(shop, active, asOf, c.KnownAt, true, CancellationToken.None)).SequenceEqual(Text(Evaluated(known, model, asOf, true)))) return false;
                    var flows = await store.CountFlowsAsync(shop, active, c.AsOf[0], asOf, c.KnownAt, true, CancellationToken.None);
                    if (!flows.Select(f => $"{f.Key.From?.Id} {f.Key.To.Id} {f.Value}").Order(StringComparer.Ordinal).SequenceEqual(Flows(known, model, c.AsOf[0], asOf).Order(StringComparer.Ordinal))) return false;
                }
            }
            return true;
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(30));

    static async Task<bool> AreAsEvaluatedAsync(SegmentationStore store, Counted c, DateTimeOffset now)
    {
        var shop = (await store.FindShopAsync("shop", CancellationToken.None))!;
        foreach (var model in BuiltIn)
        {
            var active = (await store.FindActiveAsync("shop", model.Id, CancellationToken.None))!;
            foreach (var asOf in c.AsOf)
            {
                foreach (var anonymous in Both)
                {
                    var counted = Text(await store.CountStagesAsync(shop, active, asOf, anonymous, CancellationToken.None)).ToList();
                    if (!counted.SequenceEqual(Text(Evaluated(c.Logs.Told, model, asOf, anonymous)))) return false;
                    if (!counted.SequenceEqual(Text(await store.CountStagesAsync(shop, active, asOf, now.AddYears(100), anonymous, CancellationToken.None)))) return false;
                }
            }
        }
        return true;
    }

    static IEnumerable<string> Text(Dictionary<Stage, StageTotal> totals) => totals.Where(t => t.Value != default).Select(t => $"{t.Key.Id} {t.Value.Customers} {t.Value.Value:F4}").Order(StringComparer.Ordinal);

    /// <summary>All activities, not only those that the store keeps.</summary>
    static IEnumerable<History> Histories(IEnumerable<Sighting> sightings, bool anonymous) => sightings
        .Where(s => anonymous || s.Identified)
        .GroupBy(s => s.Customer)
        .Select(s => s.ToList())
        .Select(s => History.Of(s.Min(t => t.Time), s.Select(t => t.Fact).OfType<Fact>(), "GBP", null, s.Select(t => t.Activity).OfType<Activity>(), s.Select(t => t.Opinion).OfType<Opinion>()));

    static Dictionary<Stage, StageTotal> Evaluated(IEnumerable<Sighting> sightings, BoundModel model, DateTimeOffset asOf, bool anonymous) => Histories(sightings, anonymous)
        .Select(h => Lifecycle.At(h, model, London, asOf))
        .OfType<Lifecycle>()
        .GroupBy(l => l.Stage)
        .ToDictionary(g => g.Key, g => new StageTotal(g.LongCount(), g.Sum(l => l.Purchases.Value)));

    static IEnumerable<string> Flows(IEnumerable<Sighting> sightings, BoundModel model, DateTimeOffset from, DateTimeOffset to) => Histories(sightings, true)
        .Select(h => (From: Lifecycle.At(h, model, London, from)?.Stage.Id, To: Lifecycle.At(h, model, London, to)?.Stage.Id))
        .Where(f => f.To is not null)
        .CountBy(f => f)
        .Select(f => $"{f.Key.From} {f.Key.To} {f.Value}");

    static IReadOnlyList<string> Rows(Sighting[][] batches) => InStore(async (store, test) =>
    {
        await ActivateAllAsync(store);
        await ApplyAsync(store, batches, 1);
        return await Tables.ReadAsync(test.Database);
    });

    /// <param name="after">The checkpoint: 1 behind the announcement of the shop.</param>
    static async Task ApplyAsync(SegmentationStore store, Sighting[][] batches, int after)
    {
        for (var i = 0; i < batches.Length; i++) Assert.NotNull(await store.ApplyAsync(new EventBatch(0, after + i, after + i + 1, [], batches[i]), Now, CancellationToken.None));
    }

    static T InStore<T>(Func<SegmentationStore, TestStore, Task<T>> work, string zone = "Europe/London") => Task.Run(async () =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = new SegmentationStore(test.Database);
        Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 0, 1, [Settings with { TimeZone = zone }], []), Now, CancellationToken.None));
        return await work(store, test);
    }).GetAwaiter().GetResult();
}
