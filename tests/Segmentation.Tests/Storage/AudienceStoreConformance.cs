using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Domain.Value;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteAudienceStoreTests() : AudienceStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerAudienceStoreTests() : AudienceStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of audiences, in every dialect.</summary>
public abstract class AudienceStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");
    static readonly DateTimeOffset[] Instants = [Now, Utc("2024-03-01T00:00:00Z"), Utc("2024-06-28T23:00:00Z"), Utc("2024-07-20T10:00:00Z")];

    static readonly Predictor Predictor = Predictor.Of(GivenValue.Fitted(GivenValue.Models[1]), ForecastTerms.Default)!;

    TestStore _test = null!;
    SegmentationStore _store = null!;
    Shop _shop = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static readonly Sighting[] Sightings =
    [
        Buys("user:ann", Ordered("a-1", "2024-01-10T10:00:00Z", 100)), Buys("user:ann", Ordered("a-2", "2024-06-01T10:00:00Z", 50.25m)),
        Buys("user:bob", Ordered("b-1", "2024-02-10T10:00:00Z", 10)), Buys("user:bob", Cancelled("b-1", "2024-02-11T10:00:00Z")),
        Buys("user:cat", Ordered("c-1", "2023-01-10T10:00:00Z", 20)), Buys("user:cat", Ordered("c-2", "2024-07-10T10:00:00Z", 30)),
        Does("user:dan", "2024-06-29T10:00:00Z", activity: ActivityKind.View), Does("user:eve", "2024-05-01T10:00:00Z", opinion: (OpinionKind.Review, 4.5m)), Does("user:eve", "2024-05-02T10:00:00Z", opinion: (OpinionKind.NpsAnswer, 9)),
        Does("user:eve", "2024-05-03T10:00:00Z", opinion: (OpinionKind.Referral, null)), Buys("anon:v", Ordered("v-1", "2024-06-20T10:00:00Z", 70)),
        Says("user:ann", "2024-02-01T10:00:00Z", ("age", FieldValue.Of(41m)), ("news", FieldValue.Of((bool?)true)), ("plan", FieldValue.Of("gold"))), Says("user:ann", "2024-06-28T10:00:00Z", ("plan", FieldValue.Of("gold "))),
        Says("user:bob", "2024-02-01T10:00:00Z", ("age", FieldValue.Of("4")), ("plan", FieldValue.Of("Gold"))), Says("user:bob", "2024-07-15T10:00:00Z", ("plan", default)), Says("user:cat", "2024-05-01T10:00:00Z", ("age", FieldValue.Of(41.5m)), ("news", FieldValue.Of((bool?)false)), ("plan", FieldValue.Of("aba"))),
        Says("user:dan", "2024-06-01T10:00:00Z", ("age", FieldValue.Of(-1.000001m)), ("plan", FieldValue.Of("gold 😀"))), Says("user:eve", "2024-06-01T10:00:00Z", ("plan", FieldValue.Of("\ue000"))), Says("anon:v", "2024-06-01T10:00:00Z", ("plan", FieldValue.Of("abba"))),
        .. ((string[])["😀", "\ud7ff", "", "gold plus", "gold ", "é", "ab"]).Select((plan, i) => Says($"user:x{i}", "2024-03-01T00:00:00Z", ("plan", FieldValue.Of(plan)))),
    ];

    static Sighting Says(string customer, string time, params (string Name, FieldValue Value)[] traits) => new("tea", customer, customer.StartsWith("user:", StringComparison.Ordinal), Utc(time), null)
    {
        Traits = new Identification(Utc(time), "t" + time, [.. traits.Select(t => new Trait(t.Name, t.Value))]),
    };

    static Sighting Buys(string customer, Fact fact) => new("tea", customer, customer.StartsWith("user:", StringComparison.Ordinal), fact.Time, fact);

    static Sighting Does(string customer, string time, ActivityKind? activity = null, (OpinionKind Kind, decimal? Score)? opinion = null) => new("tea", customer, true, Utc(time), null)
    {
        Activity = activity is { } kind ? new Activity(kind, Utc(time), "m" + time, new Touch(TouchKind.Visit)) : null,
        Opinion = opinion is { } said ? new Opinion(said.Kind, Utc(time), "m" + time, said.Score) : null,
    };

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
        await _store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], []), Now, Cancellation);
        _shop = (await _store.FindShopAsync("tea", Cancellation))!;
        await _store.SetPopulationAsync("tea", Figures, 0, false, DateTimeOffset.UnixEpoch, Cancellation);
        foreach (var model in BuiltInModels.All.Keys) await _store.ActivateModelAsync("tea", model, 0, "", false, DateTimeOffset.UnixEpoch, Cancellation);
        await DeriveAsync();
        await _store.ApplyAsync(new EventBatch(0, 1, 2, [], Sightings), Now, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task DeriveAsync(DateTimeOffset? now = null, SegmentationStore? store = null)
    {
        while (await (store ?? _store).StepAsync(3, now ?? Now, Cancellation) is not null) { }
    }

    async Task<AudienceQuestion> QuestionAsync(string filter, DateTimeOffset asOf, bool anonymous = true)
    {
        var ground = await _store.ReadGroundAsync(_shop, Cancellation);
        return new AudienceQuestion(_shop, new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(filter), ground with { Measures = ground.Measures with { Predictor = Predictor } }, asOf, anonymous);
    }

    [Fact]
    public async Task Every_restriction_finds_in_sql_whom_it_holds_of()
    {
        var histories = Sightings.GroupBy(s => s.Customer).ToDictionary(g => g.Key, g => History.Of(g.Min(s => s.Time), g.Select(s => s.Fact).OfType<Fact>(), "GBP", null, g.Select(s => s.Activity).OfType<Activity>(), g.Select(s => s.Opinion).OfType<Opinion>(), g.Select(s => s.Traits).OfType<Identification>()));
        foreach (var filter in AudienceStoreLaws.Restrictions.SelectMany(r => (string[])[r, $"NOT ({r})", $"stage != loyal AND ({r})"]))
        {
            foreach (var asOf in Instants)
            {
                var question = await QuestionAsync(filter, asOf);
                var expected = histories.Where(h => AudienceCustomer.At(h.Value, asOf, h.Key.StartsWith("user:", StringComparison.Ordinal), question.Ground.Measures) is { } c && question.Audience.Holds(c, Calendar.DateOf(asOf, London)))
                    .Select(h => h.Key).Order(StringComparer.Ordinal);
                Assert.Equal(expected, await _store.ListMembersAsync(question, "", Cancellation, pageSize: 3).ToListAsync(Cancellation));
                Assert.Equal(expected.Count(), await CountAsync(question));
            }
        }
    }

    async Task<long> CountAsync(AudienceQuestion question) => (await _store.CountMembersAsync(question, 1, Cancellation)).Count;

    /// <summary>Seven orders, two of one day and one cancelled; the columns of a row end at the fifth.</summary>
    [Fact]
    public async Task Orders_within_a_window_are_counted_from_columns_as_far_as_they_go()
    {
        Fact[] facts =
        [
            Ordered("1", "2024-01-01T10:00:00Z"), Ordered("2", "2024-02-01T10:00:00Z"), Ordered("3", "2024-03-01T10:00:00Z"), Ordered("4", "2024-03-31T22:59:59.999Z"), Ordered("5", "2024-03-31T23:00:00Z"),
            Ordered("6", "2024-05-01T10:00:00Z"), Ordered("7", "2024-06-01T10:00:00Z"), Ordered("8", "2024-06-01T11:00:00Z"), Ordered("gone", "2024-06-05T10:00:00Z"), Cancelled("gone", "2024-06-06T10:00:00Z"), Ordered("ahead", "2024-07-19T10:00:00Z"),
        ];
        await _store.ApplyAsync(new EventBatch(0, 2, 3, [], [.. facts.Select(f => Buys("user:often", f))]), Now, Cancellation);
        var history = History.Of(facts[0].Time, facts, "GBP");
        foreach (var asOf in Instants)
        {
            foreach (var days in (int[])[1, 28, 29, 30, 60, 90, 91, 92, 120, 121, 122, 149, 150, 151, 180, 181, 182, 3_650])
            {
                var today = Calendar.DateOf(asOf, London).DayNumber;
                var within = history.Purchases.Orders.Count(o => o.From <= asOf && asOf < o.To && Calendar.DateOf(o.Order.Time, London).DayNumber >= today - days);
                for (var k = 0; k <= 10; k++)
                {
                    var (least, exactly) = (await QuestionAsync($"orders_within_{days}_days >= {k} AND first_order_time = 2024-01-01T10:00:00Z", asOf), await QuestionAsync($"orders_within_{days}_days = {k} AND first_order_time = 2024-01-01T10:00:00Z", asOf));
                    Assert.Equal((days, k, within >= k, within == k), (days, k, await CountAsync(least) == 1, await CountAsync(exactly) == 1));
                }
            }
        }
        // Nothing is left to read: only where the window begins between the first order and the fifth last do columns not tell of six and more.
        await _test.Database.WriteAsync(write => write.Connection.ExecuteAsync($"UPDATE {_test.Database.Prefix}customer SET record = @record", new { record = Array.Empty<byte>() }, write.Transaction), Cancellation);
        foreach (var (filter, count) in ((string, int)[])[("orders_within_90_days = 4", 1), ("orders_within_91_days >= 5", 1), ("orders_within_90_days >= 6", 0), ("orders_within_182_days = 8", 1), ("orders_within_3650_days >= 9", 0)])
            Assert.Equal((filter, count), (filter, (int)await CountAsync(await QuestionAsync(filter, Now))));
    }

    static readonly string ManyParts = $"({string.Join(" OR ", Enumerable.Range(1, 40).Select(n => $"order_count = {n}"))}) AND churn_probability >= 0.5";

    [Fact]
    public async Task What_is_predicted_is_told_by_columns_alone_beside_whatever_else_is_asked()
    {
        string[] filters = ["churn_probability >= 0.5", "churn_probability < 0.5 AND NOT warm", "predicted_clv > 10 OR NOT repeat", "NOT (predicted_number_of_orders > 0.2 AND stage = (loyal OR promising OR new))", "engagement_score > 0.3 OR predicted_clv:*", "NOT churn_probability:*"];
        var told = await Task.WhenAll(filters.Append(ManyParts).Select(FoundAsync));
        Assert.Equal(filters.Length, told[..^1].Distinct().Count());
        Assert.Equal(told[0], told[^1]);
        await _test.Database.WriteAsync(write => write.Connection.ExecuteAsync($"UPDATE {_test.Database.Prefix}customer SET record = @record", new { record = Array.Empty<byte>() }, write.Transaction), Cancellation);
        Assert.Equal(told[..^1], await Task.WhenAll(filters.Select(FoundAsync)));
        // More parts than an integer has bits are read from records.
        await Assert.ThrowsAnyAsync<Exception>(() => FoundAsync(ManyParts));
    }

    async Task<string> FoundAsync(string filter)
    {
        var question = await QuestionAsync(filter, Now);
        var found = await _store.ListMembersAsync(question, "", Cancellation, pageSize: 3).ToListAsync(Cancellation);
        Assert.Equal(found.Count, await CountAsync(question));
        return string.Join(", ", found);
    }

    [Fact]
    public async Task Who_was_stored_before_there_were_columns_for_it_is_read_from_their_record()
    {
        await _store.ApplyAsync(new EventBatch(0, 2, 3, [], [.. Enumerable.Range(1, 3).Select(n => Buys("user:thrice", Ordered($"t-{n}", $"2024-0{n}-10T10:00:00Z")))]), Now, Cancellation);
        var prefix = _test.Database.Prefix;
        await _test.Database.WriteAsync(async write =>
        {
            foreach (var column in (string[])["third_last_order_day", "fourth_last_order_day", "fifth_last_order_day"]) await write.Connection.ExecuteAsync($"ALTER TABLE {prefix}customer DROP COLUMN {column}", transaction: write.Transaction);
            return await write.Connection.ExecuteAsync($"DELETE FROM {prefix}migration WHERE number = 23", transaction: write.Transaction);
        }, Cancellation);
        Assert.Equal(1, await Migrator.ApplyAsync(_test.Database, Program.House.Home, Cancellation));
        foreach (var filter in (string[])["orders_within_365_days >= 3", "orders_within_365_days = 2", "orders_within_365_days = 3"])
            Assert.Equal((filter, 1L), (filter, await CountAsync(await QuestionAsync(filter, Now))));
    }

    [Fact]
    public async Task An_audience_by_what_is_predicted_is_kept_by_fits_events_and_the_clock()
    {
        await _store.CreateAudienceAsync(_shop, "leaving", "", "churn_probability >= 0.5", 2, false, Now, Cancellation);
        await DeriveAsync();
        Assert.Equal(0, (await _store.FindAudienceAsync("tea", "leaving", Cancellation))!.Members);
        await FitAsync(GivenValue.Fitted(GivenValue.Models[0]), Now);
        Assert.Equal([("anon:v", true, Now, CauseKind.Model), ("user:cat", true, Now, CauseKind.Model)], (await AudienceFeedAsync()).Order());

        // Two orders by 10 January and 1 June: (295 + T)^1.5 / (660 + T)^1.5 reaches one half after 327 days, whoever asks in between.
        var restarted = new SegmentationStore(_test.Database);
        await SweepAsync(restarted, Utc("2024-12-01T23:59:59.999Z"));
        Assert.Equal(2, (await AudienceFeedAsync()).Count);
        await SweepAsync(restarted, Utc("2024-12-02T00:00:00Z"));
        Assert.Equal(("user:ann", true, Utc("2024-12-02T00:00:00Z"), CauseKind.Clock), (await AudienceFeedAsync())[2]);
        await restarted.ApplyAsync(new EventBatch(0, 2, 3, [], [Buys("user:ann", Ordered("a-3", "2024-12-03T10:00:00Z"))]), Utc("2024-12-03T10:00:00Z"), Cancellation);
        Assert.Equal(("user:ann", false, Utc("2024-12-03T10:00:00Z"), CauseKind.Event), (await AudienceFeedAsync())[3]);

        // The same again is a revision of its own, and moves nobody; by the next one, nothing is predicted for those silent for thirty days.
        await FitAsync(GivenValue.Fitted(GivenValue.Models[0]), Utc("2024-12-04"));
        Assert.Equal(4, (await AudienceFeedAsync()).Count);
        await FitAsync(GivenValue.Fitted(GivenValue.Models[0], lapse: 30), Utc("2024-12-05"));
        Assert.Equal([("anon:v", false, Utc("2024-12-05"), CauseKind.Model), ("user:cat", false, Utc("2024-12-05"), CauseKind.Model)], (await AudienceFeedAsync()).Skip(4).Order());
        Assert.Equal(0, (await _store.FindAudienceAsync("tea", "leaving", Cancellation))!.Members);

        // Another discount is another worth, not another probability.
        await _store.CreateAudienceAsync(_shop, "worth", "", "predicted_clv > 1", 2, false, Utc("2024-12-05"), Cancellation);
        await DeriveAsync(Utc("2024-12-05"));
        var dearer = new SegmentationStore(_test.Database, ForecastTerms.Default with { Margin = 1e-9 });
        await dearer.SetOverlaysAsync(_shop, new OverlaySettings(5, null, 30, 30), 0, false, Utc("2024-12-05"), Cancellation);
        Assert.Equal((true, false), ((await _store.FindAudienceAsync("tea", "worth", Cancellation))!.IsDeriving, (await _store.FindAudienceAsync("tea", "leaving", Cancellation))!.IsDeriving));
        await DeriveAsync(Utc("2024-12-05"), dearer);
        Assert.Equal([("user:ann", false, Utc("2024-12-05"), CauseKind.Model)], (await AudienceFeedAsync()).Skip(6));

        foreach (var id in (string[])["leaving", "worth"]) Assert.Equal(Refusal.None, await _store.DeleteAudienceAsync(_shop, id, "", Now, Cancellation));
        await DeriveAsync();
        Assert.Empty(await Tables.MembersAsync(_test.Database, "audience/worth"));
        await FitAsync(GivenValue.Fitted(GivenValue.Models[0]), Utc("2024-12-06"));
        Assert.Null(await _store.StepAsync(3, Now, Cancellation));
    }

    async Task FitAsync(ValueModel fit, DateTimeOffset now)
    {
        await _store.AddValuesAsync(_shop, now, now, new OrderGaps().Analyse(90, 0.2), fit, Cancellation);
        await DeriveAsync(now);
    }

    static async Task SweepAsync(SegmentationStore store, DateTimeOffset now)
    {
        while (await store.SweepAsync(now, 2, Cancellation) == 2) { }
    }

    [Fact]
    public async Task An_audience_is_kept_by_events_and_by_the_clock()
    {
        Assert.Equal(Refusal.None, (await _store.CreateAudienceAsync(_shop, "new", "New", "days_since_last_order <= 30", 2, false, Now, Cancellation)).Refusal);
        Assert.True((await _store.FindAudienceAsync("tea", "new", Cancellation))!.IsDeriving);
        await DeriveAsync();
        var first = (await _store.FindAudienceAsync("tea", "new", Cancellation))!;
        Assert.Equal((2, false), ((int)first.Members, first.IsDeriving));
        Assert.Empty(await AudienceFeedAsync());

        var restarted = new SegmentationStore(_test.Database);
        await restarted.ApplyAsync(new EventBatch(0, 2, 3, [], [Buys("user:bob", Ordered("b-2", "2024-06-30T10:00:00Z"))]), Now, Cancellation);
        Assert.Equal([("user:bob", true, Utc("2024-06-30T10:00:00Z"), CauseKind.Event)], await AudienceFeedAsync());

        // On 2 July the order of 1 June lies 31 days back; the one of 10 July is known already.
        while (await restarted.SweepAsync(Utc("2024-07-11T12:00:00Z"), 2, Cancellation) == 2) { }
        Assert.Equal([("user:ann", false, Utc("2024-07-01T23:00:00Z"), CauseKind.Clock), ("user:cat", true, Utc("2024-07-10T10:00:00Z"), CauseKind.Event)], (await AudienceFeedAsync()).Skip(1));
        Assert.Equal(3, (await _store.FindAudienceAsync("tea", "new", Cancellation))!.Members);
    }

    [Fact]
    public async Task Settings_and_updates_move_members_as_the_model_and_limits_hold()
    {
        await _store.CreateAudienceAsync(_shop, "vips", "", "vip", 2, false, Now, Cancellation);
        await _store.CreateAudienceAsync(_shop, "warm", "", "warm", 2, false, Now, Cancellation);
        Assert.Equal(Refusal.TooMany, (await _store.CreateAudienceAsync(_shop, "more", "", "", 2, false, Now, Cancellation)).Refusal);
        await DeriveAsync();
        Assert.Equal(0, (await _store.FindAudienceAsync("tea", "vips", Cancellation))!.Members);
        await _store.SetOverlaysAsync(_shop, new OverlaySettings(null, 50, 30, 30), 0, false, Now, Cancellation);
        Assert.Equal(70m, (await _store.FindOverlaysAsync("tea", 0, Cancellation))!.TopSpend);
        await DeriveAsync();
        Assert.Equal([("anon:v", true, Now, CauseKind.Model), ("user:ann", true, Now, CauseKind.Model)], (await AudienceFeedAsync()).Order());
        await _store.ApplyAsync(new EventBatch(0, 2, 3, [], [Buys("user:bob", Ordered("b-2", "2024-06-30T10:00:00Z", 300))]), Now, Cancellation);
        await _store.CountTopSpendAsync(_shop, Now, Cancellation);
        await DeriveAsync();
        Assert.Equal(150.25m, (await _store.FindOverlaysAsync("tea", 0, Cancellation))!.TopSpend);
        Assert.Equal(2, (await _store.FindAudienceAsync("tea", "vips", Cancellation))!.Members);

        Assert.Equal(Refusal.AudienceUses, (await WithStageAsync()).Refusal);
        Assert.Equal(Refusal.None, await _store.DeleteAudienceAsync(_shop, "vips", "", Now, Cancellation));
        await DeriveAsync();
        Assert.Empty(await Tables.MembersAsync(_test.Database, "audience/vips"));
    }

    Task<Applied?> ApplyAsync(long after, params Sighting[] sightings) => _store.ApplyAsync(new EventBatch(0, after, after + 1, [], sightings), Now, Cancellation);

    async Task<IReadOnlyList<string>> TraitRowsAsync(string customer) => [.. await _test.Database.ReadAsync(c => c.QueryAsync<string>($"SELECT t.name FROM {_test.Database.Prefix}customer_trait t JOIN {_test.Database.Prefix}customer c ON c.id = t.customer WHERE c.customer = @customer ORDER BY t.name", new { customer }), Cancellation)];

    Task<int> CountTraitRowsAsync() => _test.Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {_test.Database.Prefix}customer_trait"), Cancellation);

    [Fact]
    public async Task An_audience_by_traits_is_kept_by_what_the_shop_says_and_tells_by_which_message()
    {
        await _store.CreateAudienceAsync(_shop, "golden", "", "traits.plan = 'gold*' AND NOT traits.news = false", 2, false, Now, Cancellation);
        await DeriveAsync();
        Assert.Equal(4, (await _store.FindAudienceAsync("tea", "golden", Cancellation))!.Members);
        await ApplyAsync(2, Says("user:bob", "2024-06-30T11:00:00Z", ("plan", FieldValue.Of("golden"))), Says("user:cat", "2024-06-30T11:30:00Z", ("plan", FieldValue.Of("gold"))));
        Assert.Equal([("user:bob", true, Utc("2024-06-30T11:00:00Z"), "t2024-06-30T11:00:00Z")], await ToldAsync());
        await ApplyAsync(3, Says("user:cat", "2024-06-30T11:40:00Z", ("news", default)), Buys("user:ann", Ordered("a-3", "2024-06-30T11:45:00Z")), Says("user:ann", "2024-06-30T11:50:00Z", ("plan", FieldValue.Of("gold plus"))));
        Assert.Equal([("user:cat", true, Utc("2024-06-30T11:40:00Z"), "t2024-06-30T11:40:00Z")], (await ToldAsync()).Skip(1));
        // What is said of a time to come is known beforehand, and holds from then on.
        await SweepAsync(_store, Utc("2024-07-15T09:59:59.999Z"));
        Assert.Equal(2, (await ToldAsync()).Count);
        await SweepAsync(_store, Utc("2024-07-15T10:00:00Z"));
        Assert.Equal([("user:bob", false, Utc("2024-07-15T10:00:00Z"), "t2024-07-15T10:00:00Z")], (await ToldAsync()).Skip(2));
    }

    async Task<List<(string Customer, bool Entered, DateTimeOffset Time, string Message)>> ToldAsync()
        => [.. (await _store.ReadTransitionsAsync(_shop, 0, 1_000, Cancellation)).Where(t => t.Audience.Length > 0).Select(t => (t.Customer, t.Entered, t.Effective, t.Cause.MessageId))];

    [Fact]
    public async Task Rows_of_traits_are_those_that_the_customer_has_now_and_go_with_them()
    {
        var all = await CountTraitRowsAsync();
        Assert.Equal(["age", "news", "plan"], await TraitRowsAsync("user:ann"));
        await ApplyAsync(2, Says("user:ann", "2024-06-30T11:00:00Z", ("age", default)), Says("user:ann", "2024-06-29T11:00:00Z", ("age", FieldValue.Of(42m)), ("colour", FieldValue.Of("red"))));
        Assert.Equal(["colour", "news", "plan"], await TraitRowsAsync("user:ann"));

        // By what the clock alone changed, with whatever is known of the customer next.
        Assert.Equal(["age", "plan"], await TraitRowsAsync("user:bob"));
        await _store.ApplyAsync(new EventBatch(0, 3, 4, [], [Buys("user:bob", Ordered("b-9", "2024-07-16T10:00:00Z"))]), Utc("2024-07-16T12:00:00Z"), Cancellation);
        Assert.Equal(["age"], await TraitRowsAsync("user:bob"));

        await ApplyAsync(4, Does("user:ann", "2024-06-30T11:30:00Z") with { Reset = ResetKind.Moved }, Does("user:cat", "2024-06-30T11:30:00Z") with { Reset = ResetKind.Erased });
        Assert.Empty(await TraitRowsAsync("user:ann"));
        Assert.Equal(all - 1 - 3 - 3, await CountTraitRowsAsync());
        // What was theirs comes again with whom it became.
        await ApplyAsync(5, Says("user:dan", "2024-06-28T10:00:00Z", ("news", FieldValue.Of((bool?)true))) with { Known = Now });
        Assert.Equal(["age", "news", "plan"], await TraitRowsAsync("user:dan"));
    }

    async Task<ModelChange> WithStageAsync()
    {
        await _store.UpdateAudienceAsync(_shop, "warm", "", "stages.rfm = lost", "", false, Now, Cancellation);
        return await _store.DeactivateModelAsync("tea", "rfm", "", Now, Cancellation);
    }

    async Task<List<(string Customer, bool Entered, DateTimeOffset Time, CauseKind Cause)>> AudienceFeedAsync()
        => [.. (await _store.ReadTransitionsAsync(_shop, 0, 1_000, Cancellation)).Where(t => t.Audience.Length > 0).Select(t => (t.Customer, t.Entered, t.Effective, t.Cause.Kind))];

    [Fact]
    public async Task Compiled_conditions_are_TSql()
    {
        var store = new SegmentationStore(new SqlServerDatabase("segmentation", "Server=nowhere"));
        foreach (var filter in AudienceStoreLaws.Restrictions)
        {
            var sql = AudienceSql.Of((await QuestionAsync(filter, Now)).Audience, (await QuestionAsync(filter, Now)).Ground.Measures, new DateOnly(2024, 6, 30), (await QuestionAsync(filter, Now)).Ground.Derivations, "segmentation.");
            foreach (var text in (string[])[store.ScannedMembersSql, store.MembersSql]) Assert.Empty(TSql.Errors(store.Filled(text, sql, includeAnonymous: false)));
        }
    }
}
