using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using Perennial.Segmentation.Tests.Domain.Value;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;
using Audience = Perennial.Segmentation.Domain.Audiences.Audience;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Tests.Storage;

/// <summary>What holds for every log of events, every filter and every instant: SQL, records and what is kept say the same.</summary>
public sealed class AudienceStoreLaws
{
    static readonly ShopSettings Settings = new("shop", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);

    /// <summary>In the midst of what happens, so that stages fall due and events lie in the future.</summary>
    static readonly DateTimeOffset Now = Utc("2012-03-25T10:30:00Z");

    /// <summary>Of every kind of value, on either side of each, with texts that differ in case, in spaces at the end, or in where engines sort them.</summary>
    internal static readonly string[] Traits =
    [
        "traits.plan:*", "traits:age", "traits.plan = gold", "traits.plan != gold", "traits.plan = 'gold '", "traits.plan < gold", "traits.plan <= gold", "traits.plan > 'gold '", "traits.plan >= gold", "traits.plan = ''", "traits.plan > ''", "traits.plan != ''",
        "traits.plan = '\ue000'", "traits.plan != '😀'", "traits.plan < '\ue000'", "traits.plan <= '😀'", "traits.plan > '\ud7ff'", "traits.plan >= '\uff01'", "traits.plan < 'gold 😀'", "traits.plan > 'gold\u001f'", "traits.plan = 'gold\u001f'", "traits.plan != 'gold\u001f'",
        "traits.plan = 'gold*'", "traits.plan != 'gold*'", "traits.plan = '*'", "traits.plan != '*'", "traits.plan = '*ld'", "traits.plan = '* '", "traits.plan != '*ol*'", "traits.plan = 'ab*ba'", "traits.plan != 'ab*ba'", "traits.plan = 'a*b*a'", "traits.plan = '*b*b*'", "traits.plan = '*😀'", "traits.plan = 'gold*\u001f'", "traits.plan != '*\u001f'", "traits.plan = 'x*'",
        "traits.age = 41", "traits.age != 41", "traits.age > 41", "traits.age >= 41.0000001", "traits.age < 41.5", "traits.age <= -1.000001", "traits.age > 1e25", "traits.age < 1e25", "traits.age = 41.00000001", "traits.age = '4'", "traits.age = 4", "traits.age != '4'",
        "traits.news = true", "traits.news != true", "traits.news = false", "traits.news = 'true'", "traits.plan = true", "traits.colour = red", "traits.colour != red", "traits.colour:*",
    ];

    /// <summary>Every field, comparison and kind of bound, on the grid and off it, within reach and beyond.</summary>
    internal static readonly string[] Restrictions =
    [
        "stage = (new OR promising)", "stage != loyal", "stage:*", "stages.active-lapsed = lapsed", "stages.rfm = (champions OR lost)", "stages.rfm != lost",
        "order_count > 1", "order_count != 2", "order_count <= 1000000000000000000000000", "days_since_last_order >= 31", "days_since_last_order = 61", "days_since_last_order != 61", "days_since_last_order < -5", "days_since_last_order:*",
        "orders_within_30_days = 1", "orders_within_365_days >= 2", "orders_within_90_days < 3", "orders_within_1000_days = 4", "orders_within_1000_days != 5", "orders_within_300_days > 5", "orders_within_3650_days = 6", "orders_within_700_days <= 6", "orders_within_30_days >= 0", "orders_within_1_days < -1", "orders_within_30_days:*", "days_beyond_lapse > 0", "days_beyond_lapse <= -10", "recency_score <= 2", "recency_score = 3", "recency_score > 0", "recency_score > 5", "frequency_score >= 4", "frequency_score = 1", "monetary_score < 3", "monetary_score != 5",
        "days_since_last_view < 17", "days_since_last_visit:*", "days_since_last_event != 90", "engagement_score >= 0.5", "engagement_score > 0.5", "engagement_score >= 0.0001", "engagement_score < 0.00005", "engagement_score = 2", "engagement_score <= -1", "engagement_score:*", "engagement_score = 0", "engagement_score < 2.25", "days_since_last_event > 100", "referral_count = 0", "review_count >= 1", "share_count > 0", "last_review_rating >= 2.25", "last_review_rating != 2.00005", "last_nps_score >= 9", "last_nps_score < 7",
        "spend >= 25.5", "spend < 25.55555", "spend = 10", "spend != 10.00001", "spend > -79000000000000000000000000000", "spend_relative > 0.5", "spend_relative <= 0.1234", "spend_relative = 0", "historic_clv > 12.3", "historic_clv:*",
        "first_seen_time >= 2011-03-01T00:00:00Z", "first_order_time < 2011-06-01T00:00:00.0001Z", "last_order_time:*", "last_order_time != 2011-06-01T00:00:00Z", "last_order_time <= 9999-12-31T23:59:59.999Z",
        "identified", "identified = false", "identified != true", "vip", "vip = false", "vip:*", "one_time", "repeat != true", "warm", "cold", "cold = false", "new_customer", "returning", "returning = false", "predicted_clv > 50", "NOT predicted_clv:*", "predicted_clv <= 20.0000005", "predicted_number_of_orders >= 0.5", "predicted_number_of_orders < 0.1", "churn_probability > 0.7", "churn_probability <= 0.95", "churn_probability != 1",
        .. Traits,
    ];

    static Gen<string> Filter(int depth) => depth == 0 ? Gen.Elements(Restrictions) : Gen.Frequency(
        (3, Gen.Elements(Restrictions)),
        (1, Filter(depth - 1).Select(f => $"NOT ({f})")),
        (1, Filter(depth - 1).Zip(Filter(depth - 1), (a, b) => $"({a}) AND ({b})")),
        (1, Filter(depth - 1).Zip(Filter(depth - 1), (a, b) => $"({a}) OR ({b})")));

    sealed record Logs(Sighting[] Told, Sighting[][] Retold);

    static Gen<Logs> AnyLogs() =>
        from told in Arbitrarily.Sightings()
        from repeated in Gen.SubListOf(told)
        from mixed in Gen.Shuffle(told.Concat(repeated))
        from size in Gen.Choose(1, mixed.Length)
        select new Logs(told, [.. mixed.Chunk(size)]);

    /// <summary>Of any kind, or none.</summary>
    static Gen<ValueModel?> Fits() =>
        from model in Gen.Elements(GivenValue.Models.Append(null))
        from lapse in Gen.Elements<int?>(1, 46, null)
        select model is null ? null : GivenValue.Fitted(model, lapse);

    static AudienceGround By(ValueModel? fit, AudienceGround ground) => ground with { Measures = ground.Measures with { Predictor = Predictor.Of(fit, ForecastTerms.Default) } };

    static Gen<DateTimeOffset> InstantNear(Sighting[] told)
        => Arbitrarily.InstantNear([.. told.Select(s => s.Fact ?? Ordered("o", s.Time.ToString("O")))], London);

    [Fact]
    public void Whom_sql_finds_are_those_of_whom_the_filter_holds()
    {
        var cases = from logs in AnyLogs()
                    from filters in Gen.ArrayOf(Filter(3), 8)
                    from instants in Gen.ArrayOf(InstantNear(logs.Told), 3)
                    from population in Gen.Elements(true, true, false)
                    from top in Gen.Elements(true, false)
                    from fit in Fits()
                    select (logs, filters, instants, population, top, fit);
        Prop.ForAll(cases.ToArbitrary(), c => InStore(async (store, _) =>
        {
            if (c.population) await ActivateAllAsync(store);
            if (c.top) await store.SetOverlaysAsync(await ShopAsync(store), new OverlaySettings(null, 40, 45, 90), 0, false, Now, CancellationToken.None);
            await ApplyAsync(store, c.logs.Retold, 1);
            var shop = await ShopAsync(store);
            await store.CountTopSpendAsync(shop, Now, CancellationToken.None);
            var ground = By(c.fit, await store.ReadGroundAsync(shop, CancellationToken.None));
            var filters = new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model));
            foreach (var text in c.filters.Where(f => c.population || !f.Contains("stages.", StringComparison.Ordinal)))
            {
                foreach (var asOf in c.instants.Append(Now))
                {
                    foreach (var anonymous in (bool[])[true, false])
                    {
                        var question = new AudienceQuestion(shop, filters.Read(text), ground, asOf, anonymous);
                        var expected = Evaluated(c.logs.Told, question).Order(StringComparer.Ordinal).ToList();
                        var found = await store.ListMembersAsync(question, "", CancellationToken.None, pageSize: 2).ToListAsync();
                        if (!found.SequenceEqual(expected)) return false;
                        if (await store.CountMembersAsync(question, 2, CancellationToken.None) is var (count, first) && (count != expected.Count || !first.SequenceEqual(expected.Take(2)))) return false;
                        if (!(await store.ListStatesAsync(question, "", CancellationToken.None, pageSize: 2).Select(m => m.Customer).ToListAsync()).SequenceEqual(expected)) return false;
                    }
                }
            }
            return true;
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void Members_that_are_kept_are_those_evaluated_alone_and_the_feed_replays_to_them()
    {
        var cases = from logs in AnyLogs()
                    from filters in Gen.ArrayOf(Filter(2), 3)
                    from start in Gen.Choose(0, logs.Retold.Length)
                    from update in Gen.Choose(0, logs.Retold.Length)
                    from fits in Gen.ArrayOf(Fits(), 2)
                    from fitted in Gen.ArrayOf(Gen.Choose(0, logs.Retold.Length), 2)
                    from size in Gen.Choose(1, 3)
                    from days in Gen.ArrayOf(Gen.Choose(0, 40), logs.Retold.Length)
                    from sweeps in Gen.ArrayOf(Gen.Elements(true, false), logs.Retold.Length)
                    select (logs, filters, start, update, fits, fitted, size, days, sweeps);
        Prop.ForAll(cases.ToArbitrary(), c => InStore(async (first, test) =>
        {
            var (store, now, names) = (first, Now, new HashSet<string>());
            await ActivateAllAsync(store);
            var shop = await ShopAsync(store);
            HashSet<string>? initial = null;
            ValueModel? fit = null;
            for (var i = 0; i <= c.logs.Retold.Length; i++)
            {
                if (i == c.start) await store.CreateAudienceAsync(shop, "a", "", c.filters[0], 10, false, now, CancellationToken.None);
                if (i > c.start && i == c.update) await store.UpdateAudienceAsync(shop, "a", "", c.filters[1], "", false, now, CancellationToken.None);
                foreach (var (next, _) in c.fits.Zip(c.fitted).Where(f => f.Second == i && f.First is not null))
                {
                    fit = next;
                    await store.AddValuesAsync(shop, now, now, new OrderGaps().Analyse(90, 0.2), fit!, CancellationToken.None);
                }
                if (i == c.update) await store.SetOverlaysAsync(shop, new OverlaySettings(null, 40, 45, 90), 0, false, now, CancellationToken.None);
                await StepAsync();
                if (i == c.logs.Retold.Length) break;
                now = now.AddDays(c.days[i]).AddMilliseconds(1);
                Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 1 + i, 2 + i, [], c.logs.Retold[i]), now, CancellationToken.None));
                if (!c.sweeps[i]) continue;
                while (await store.SweepAsync(now, c.size, CancellationToken.None) == c.size) { }
                // Another process goes on.
                store = new SegmentationStore(test.Database);
            }
            while (await StepAsync()) { }
            while (await store.SweepAsync(now, c.size, CancellationToken.None) == c.size) { }
            var kept = await MembersAsync(test);
            var state = (await store.FindAudienceAsync("shop", "a", CancellationToken.None))!;
            var ground = By(fit, await store.ReadGroundAsync(shop, CancellationToken.None));
            var audience = new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(state.Filter);
            var expected = Evaluated(c.logs.Told, new AudienceQuestion(shop, audience, ground, Millis(now), true)).ToHashSet(StringComparer.Ordinal);
            if (!kept.SetEquals(expected) || state.IsDeriving || state.Members != expected.Count) return false;
            // Those of the beginning are not in the feed.
            if (initial is null) return true;
            foreach (var t in await store.ReadTransitionsAsync(shop, 0, 10_000, CancellationToken.None))
            {
                if (t.Audience != "a") continue;
                if (!(t.Entered ? initial.Add(t.Customer) : initial.Remove(t.Customer))) return false;
            }
            return initial.SetEquals(expected);

            async Task<bool> StepAsync()
            {
                var step = await store.StepAsync(c.size, now, CancellationToken.None);
                if (initial is null && await store.FindAudienceAsync("shop", "a", CancellationToken.None) is { IsDeriving: false }) initial = await MembersAsync(test);
                return step is not null;
            }
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    static DateTimeOffset Millis(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    static async Task<HashSet<string>> MembersAsync(TestStore test)
        => [.. await Tables.MembersAsync(test.Database, "audience/a")];

    static IEnumerable<string> Evaluated(Sighting[] told, AudienceQuestion question) => told
        .Where(s => question.IncludeAnonymous || s.Identified)
        .GroupBy(s => s.Customer)
        .Where(g => Holds(History.Of(g.Min(s => s.Time), g.Select(s => s.Fact).OfType<Fact>(), "GBP", null, g.Select(s => s.Activity).OfType<Activity>(), g.Select(s => s.Opinion).OfType<Opinion>(), g.Select(s => s.Traits).OfType<Identification>()), g.First().Identified, question))
        .Select(g => g.Key);

    static bool Holds(History history, bool identified, AudienceQuestion question)
        => AudienceCustomer.At(history, question.AsOf, identified, question.Ground.Measures) is { } customer
        && question.Audience.Holds(customer, Calendar.DateOf(question.AsOf, London));

    static async Task<Shop> ShopAsync(SegmentationStore store) => (await store.FindShopAsync("shop", CancellationToken.None))!;

    static async Task ActivateAllAsync(SegmentationStore store)
    {
        Assert.Equal(Refusal.None, (await store.SetPopulationAsync("shop", Figures, 0, false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        foreach (var model in BuiltInModels.All.Keys) Assert.Equal(Refusal.None, (await store.ActivateModelAsync("shop", model, 0, "", false, DateTimeOffset.UnixEpoch, CancellationToken.None)).Refusal);
        while (await store.StepAsync(100, Now, CancellationToken.None) is not null) { }
    }

    static async Task ApplyAsync(SegmentationStore store, Sighting[][] batches, int after)
    {
        for (var i = 0; i < batches.Length; i++) Assert.NotNull(await store.ApplyAsync(new EventBatch(0, after + i, after + i + 1, [], batches[i]), Now, CancellationToken.None));
    }

    static T InStore<T>(Func<SegmentationStore, TestStore, Task<T>> work) => Task.Run(async () =>
    {
        await using var test = await TestStore.SqliteAsync(Program.House);
        var store = new SegmentationStore(test.Database);
        Assert.NotNull(await store.ApplyAsync(new EventBatch(0, 0, 1, [Settings], []), Now, CancellationToken.None));
        return await work(store, test);
    }).GetAwaiter().GetResult();
}
