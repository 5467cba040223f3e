using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Storage;
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
    ];

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

    async Task DeriveAsync()
    {
        while (await _store.StepAsync(3, Now, Cancellation) is not null) { }
    }

    async Task<AudienceQuestion> QuestionAsync(string filter, DateTimeOffset asOf, bool anonymous = true)
    {
        var ground = await _store.ReadGroundAsync(_shop, Cancellation);
        return new AudienceQuestion(_shop, new AudienceFilters(ground.Measures.Models.ToDictionary(m => m.Key, m => m.Value.Model)).Read(filter), ground, asOf, anonymous, null);
    }

    [Fact]
    public async Task Every_restriction_finds_in_sql_whom_it_holds_of()
    {
        var histories = Sightings.GroupBy(s => s.Customer).ToDictionary(g => g.Key, g => History.Of(g.Min(s => s.Time), g.Select(s => s.Fact).OfType<Fact>(), "GBP", null, g.Select(s => s.Activity).OfType<Activity>(), g.Select(s => s.Opinion).OfType<Opinion>()));
        foreach (var filter in AudienceStoreLaws.Restrictions.SelectMany(r => (string[])[r, $"NOT ({r})", $"stage != loyal AND ({r})"]))
        {
            foreach (var asOf in Instants)
            {
                var question = await QuestionAsync(filter, asOf);
                var expected = histories.Where(h => AudienceCustomer.At(h.Value, asOf, new AudienceProfile(h.Key.StartsWith("user:", StringComparison.Ordinal), null, new Dictionary<string, FieldValue>()), question.Ground.Measures) is { } c && question.Audience.Holds(c, Calendar.DateOf(asOf, London)))
                    .Select(h => h.Key).Order(StringComparer.Ordinal);
                Assert.Equal(expected, await _store.ListMembersAsync(question, "", false, 3, Cancellation).Select(m => m.Customer).ToListAsync(Cancellation));
                Assert.Equal(expected.Count(), await _store.CountMembersAsync(question, Cancellation));
            }
        }
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
            var sql = AudienceSql.Of((await QuestionAsync(filter, Now)).Audience, (await QuestionAsync(filter, Now)).Ground.Measures, new DateOnly(2024, 6, 30), (await QuestionAsync(filter, Now)).Ground.Derivations);
            foreach (var text in (string[])[store.CountMembersSql, store.StaleMembersSql, store.MembersSql, store.SortedMembersSql]) Assert.Empty(TSql.Errors(store.Filled(text, sql, includeAnonymous: false)));
        }
    }
}
