using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>What holds of the feed of transitions for every log of events, whenever they come in and whenever the clock is looked at.</summary>
public sealed class TransitionLaws
{
    static readonly DateTimeOffset Start = Utc("2010-09-30T22:00:00Z");

    /// <summary>A batch that comes in at an instant, and how often the clock was looked at since the one before; nobody is in the batch of a mere look.</summary>
    /// <param name="Looks">Steps of sweeps, each of a size, at instants since the batch before.</param>
    sealed record Moment(DateTimeOffset Now, Sighting[] Batch, (int Days, int Size)[] Looks);

    static Gen<Moment[]> Moments() =>
        from told in Arbitrarily.Sightings()
        from resets in Gen.ArrayOf(Gen.Frequency((12, Gen.Constant(ResetKind.None)), (1, Gen.Constant(ResetKind.Moved)), (1, Gen.Constant(ResetKind.Erased))), told.Length)
        from leaves in Gen.ArrayOf(Gen.Frequency((20, Gen.Constant(false)), (1, Gen.Constant(true))), told.Length)
        let sightings = told.Select((s, i) => resets[i] != ResetKind.None ? new Sighting(s.Shop, s.Customer, s.Identified, s.Time, null) { Reset = resets[i] } : leaves[i] ? s with { Fact = null, Activity = null, Opinion = null, Leaves = true } : s).ToArray()
        from size in Gen.Choose(1, 6)
        let batches = sightings.Chunk(size).ToArray()
        from days in Gen.ArrayOf(Gen.Choose(0, 300), batches.Length)
        from minutes in Gen.ArrayOf(Gen.Choose(1, 1_440), batches.Length)
        from looks in Gen.ArrayOf(from count in Gen.Choose(0, 3) from many in Gen.ArrayOf(from at in Gen.Choose(0, 300) from few in Gen.Choose(1, 3) select (at, few), count) select many, batches.Length)
        let nows = days.Zip(minutes).Aggregate(new List<DateTimeOffset> { Start }, (list, next) => [.. list, list[^1].AddDays(next.First).AddMinutes(next.Second)])
        select batches.Select((batch, i) => new Moment(nows[i + 1], [.. batch.Select(s => s with { Known = nows[i + 1] })], [.. looks[i].Order()])).ToArray();

    static void Hold(int times, Func<Moment[], Task<bool>> law) => Prop.ForAll(Moments().ToArbitrary(), moments => Task.Run(() => law(moments)).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(times));

    static async Task<SegmentationStore> OpenAsync(TestStore test)
    {
        var store = new SegmentationStore(test.Database);
        Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 0, 1, [new("shop", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], []), Start, CancellationToken.None));
        Assert.Equal(Refusal.None, (await store.SetPopulationAsync("shop", Figures, 0, false, Start, CancellationToken.None)).Refusal);
        foreach (var model in BuiltInModels.All.Keys) Assert.Equal(Refusal.None, (await store.ActivateModelAsync("shop", model, 0, "", false, Start, CancellationToken.None)).Refusal);
        while (await store.StepAsync(100, Start, CancellationToken.None) is not null) { }
        return store;
    }

    static async Task SweepAllAsync(SegmentationStore store, DateTimeOffset now, int size)
    {
        while (await store.SweepAsync(now, size, CancellationToken.None) == size) { }
        Assert.False(await store.FindNextDueAsync(CancellationToken.None) <= now);
    }

    static async Task ApplyAsync(SegmentationStore store, int index, Moment moment)
        => Assert.NotNull(await store.ApplyAsync(new EventBatch(0, index + 1, index + 2, [], moment.Batch), moment.Now, CancellationToken.None));

    static async Task<bool> IsToldAsync(SegmentationStore store, DateTimeOffset now)
        => (await Feed.EvaluateAsync(store, "shop", BuiltIn, now)).Sorted().SequenceEqual(Feed.Replay(await Feed.ReadAsync(store, "shop", 7), London, isDense: false).Sorted());

    [Fact]
    public void Whoever_replays_the_feed_has_the_present_stages_at_every_moment() => Hold(60, async moments =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = await OpenAsync(test);
        foreach (var (i, moment) in moments.Index())
        {
            await ApplyAsync(store, i, moment);
            await SweepAllAsync(store, moment.Now, 2);
            if (!await IsToldAsync(store, moment.Now)) return false;
        }
        return true;
    });

    [Fact]
    public void Nothing_changes_until_the_announced_next_change() => Hold(30, async moments =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = await OpenAsync(test);
        foreach (var (i, moment) in moments.Index())
        {
            await ApplyAsync(store, i, moment);
            await SweepAllAsync(store, moment.Now, 100);
            if (await store.FindNextDueAsync(CancellationToken.None) is not { } due) continue;
            if (due <= moment.Now || await store.SweepAsync(due.AddMilliseconds(-1), 100, CancellationToken.None) != 0) return false;
            if (!await IsToldAsync(store, due.AddMilliseconds(-1)) || !await IsToldAsync(store, moment.Now + (due - moment.Now) / 2)) return false;
        }
        return true;
    });

    [Fact]
    public void Sums_are_those_of_the_records_whoever_came_moved_left_or_was_erased() => Hold(60, async moments =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = await OpenAsync(test);
        foreach (var (i, moment) in moments.Index()) await ApplyAsync(store, i, moment);
        var (shop, now) = ((await store.FindShopAsync("shop", CancellationToken.None))!, moments[^1].Now);
        foreach (var model in BuiltIn)
        {
            var active = (await store.FindActiveAsync("shop", model.Id, CancellationToken.None))!;
            foreach (var asOf in moments.SelectMany(m => m.Batch).SelectMany(s => (DateTimeOffset[])[s.Time, Calendar.StartOf(Calendar.DateOf(s.Time, London), London).AddDays(40)]).Append(now))
                if (!(await store.CountStagesAsync(shop, active, asOf, true, CancellationToken.None)).Where(t => t.Value != default).OrderBy(t => t.Key.Id, StringComparer.Ordinal)
                    .SequenceEqual((await store.CountStagesAsync(shop, active, asOf, now, true, CancellationToken.None)).OrderBy(t => t.Key.Id, StringComparer.Ordinal))) return false;
        }
        var rows = await Tables.ReadAsync(test.Database);
        return !rows.Any(r => r.StartsWith("stage_day", StringComparison.Ordinal) && r.EndsWith("| ", StringComparison.Ordinal));
    });

    static LifecycleModel Split(int orders) => new("Split", "", "", [
        new("few", "", "", "", [new(Condition.Whole(Feature.OrdersWithin, null, orders - 1, 60))]),
        new("many", "", "", "", [new(Condition.Whole(Feature.OrdersWithin, orders, null, 60))]),
    ]);

    /// <summary>Steps of a derivation, batches and sweeps in turn: what the feed says of a model is true by the revision that is active.</summary>
    [Fact]
    public void A_revision_that_takes_over_on_the_way_tells_whom_it_moves_and_nothing_twice() => Hold(60, async moments =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = await OpenAsync(test);
        await store.CreateModelAsync("shop", "mine", Split(1), false, Start, CancellationToken.None);
        await store.ActivateModelAsync("shop", "mine", 0, "", false, Start, CancellationToken.None);
        while (await store.StepAsync(100, Start, CancellationToken.None) is not null) { }
        foreach (var (i, moment) in moments.Index())
        {
            if (i % 3 == 1)
            {
                await store.UpdateModelAsync("shop", "mine", Split(1 + i % 2), "", false, moment.Now, CancellationToken.None);
                await store.ActivateModelAsync("shop", "mine", 0, "", false, moment.Now, CancellationToken.None);
            }
            await ApplyAsync(store, i, moment);
            await store.StepAsync(1 + moment.Looks.Length, moment.Now, CancellationToken.None);
            if (moment.Looks.Length % 2 == 0) await SweepAllAsync(store, moment.Now, 2);
        }
        var now = moments[^1].Now.AddDays(50);
        while (await store.StepAsync(2, now, CancellationToken.None) is not null) { }
        await SweepAllAsync(store, now, 2);
        var active = (await store.FindActiveAsync("shop", "mine", CancellationToken.None))!.Model;
        return (await Feed.EvaluateAsync(store, "shop", [.. BuiltIn, active], now)).Sorted().SequenceEqual(Feed.Replay(await Feed.ReadAsync(store, "shop"), London, isDense: false).Sorted());
    });

    /// <summary>What is told of each customer, without when it was recorded and by whom.</summary>
    static async Task<IEnumerable<string>> ToldAsync(SegmentationStore store)
        => [.. (await Feed.ReadAsync(store, "shop")).GroupBy(t => (t.Model, t.Customer)).Select(g => $"{g.Key}: {string.Join(", ", g.Select(t => $"{t.From} -> {t.To} {t.Effective:O} {t.Cause}"))}").Order(StringComparer.Ordinal)];

    [Fact]
    public void The_same_is_told_whenever_the_clock_is_looked_at() => Hold(60, async moments =>
    {
        await using var often = await TestStore.SqliteAsync(Program.House);
        await using var once = await TestStore.SqliteAsync(Program.House);
        var (looks, waits) = (await OpenAsync(often), await OpenAsync(once));
        var last = Start;
        foreach (var (i, moment) in moments.Index())
        {
            foreach (var (days, size) in moment.Looks)
                if (last.AddDays(days) < moment.Now) await looks.SweepAsync(last.AddDays(days), size, CancellationToken.None);
            await ApplyAsync(looks, i, moment);
            await ApplyAsync(waits, i, moment);
            last = moment.Now;
        }
        await SweepAllAsync(looks, last.AddDays(1_000), 1);
        await SweepAllAsync(waits, last.AddDays(1_000), 1_000);
        Assert.Equal(await ToldAsync(waits), await ToldAsync(looks));
        Assert.Equal(await Tables.ReadAsync(once.Database), await Tables.ReadAsync(often.Database));
        return true;
    });
}
