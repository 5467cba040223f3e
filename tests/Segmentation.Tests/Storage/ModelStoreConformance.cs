using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteModelStoreTests() : ModelStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerModelStoreTests() : ModelStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of models, in every dialect.</summary>
public abstract class ModelStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");
    static readonly LifecycleModel Two = Split(2);

    TestStore _test = null!;
    SegmentationStore _store = null!;
    Shop _shop = null!;
    long _position;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
        await _store.ApplyAsync(new EventBatch(0, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch), new ShopSettings("mugs", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], []), Now, Cancellation);
        _position = 1;
        _shop = (await _store.FindShopAsync("tea", Cancellation))!;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    /// <summary>Few orders, or at least that many.</summary>
    static LifecycleModel Split(int orders) => new($"Split at {orders} \"orders\" \\ é", "Few or many.", "", [
        new("few", "Few", "", "", [new(Condition.Whole(Feature.OrderCount, null, orders - 1))]),
        new("many", "Many", "", "", [new(Condition.Whole(Feature.OrderCount, orders, null))]),
    ]);

    async Task ApplyAsync(params Sighting[] sightings) => Assert.NotNull(await _store.ApplyAsync(new EventBatch(0, _position++, _position, [], sightings), Now, Cancellation));

    static Sighting Buys(string customer, int n, string time = "2024-01-01") => new("tea", customer, true, Utc(time), new Fact(FactKind.Ordered, Utc(time), $"{customer}-{n}", $"{customer}-{n}", 10, ""));

    static Sighting Views(string customer, string time, string message, ActivityKind kind = ActivityKind.View)
        => new("tea", customer, true, Utc(time), null) { Activity = new(kind, Utc(time), message) };

    async Task<ModelState> FindAsync(string model, int revision = 0) => (await _store.FindModelAsync("tea", model, revision, Cancellation))!;

    async Task<ModelState> CreateAsync(string id, LifecycleModel model) => Passed(await _store.CreateModelAsync("tea", id, model, false, Now, Cancellation));

    async Task<ModelState> ActivateAsync(string id, int revision = 0, string etag = "") => Passed(await _store.ActivateModelAsync("tea", id, revision, etag, false, Now, Cancellation));

    static ModelState Passed(ModelChange change)
    {
        Assert.Equal(Refusal.None, change.Refusal);
        return change.Model!;
    }

    async Task WorkAsync(int customers = 2)
    {
        while (await _store.StepAsync(customers, Now, Cancellation) is not null) { }
    }

    /// <summary>Customers per stage of what is active; null where nothing is.</summary>
    async Task<Dictionary<string, long>?> CountAsync(string model) => await _store.FindActiveAsync("tea", model, Cancellation) is { } active
        ? (await _store.CountStagesAsync(_shop, active, Now, true, Cancellation)).Where(t => t.Value != default).ToDictionary(t => t.Key.Id, t => t.Value.Customers)
        : null;

    async Task BuyersAsync(int count)
        => await ApplyAsync([.. Enumerable.Range(1, count).SelectMany(c => Enumerable.Range(1, c).Select(n => Buys($"user:{c}", n)))]);

    [Fact]
    public async Task Only_the_default_is_active_in_a_new_shop()
    {
        var models = await _store.ListModelsAsync("tea", "", 100, Cancellation);
        Assert.Equal(["active-lapsed", "clc", "clc-windowed", "five-stage", "rfm"], models.Select(m => m.Id));
        Assert.Equal(["clc"], models.Where(m => m.Active is not null).Select(m => m.Id));
        Assert.All(models, m => Assert.True(m is { IsBuiltIn: true, Revision: 1, LatestRevision: 1, Deriving: null }));
        Assert.Null(await _store.StepAsync(10, Now, Cancellation));
    }

    [Fact]
    public async Task A_document_comes_back_as_it_was_stored()
    {
        var model = new LifecycleModel("t", "d", "s", [
            new("a", "A", "m", "x", [new(new Condition(new(Feature.Spend), new Limit(-1.5m, IsOpen: true), new Limit(99.9999m)), new Condition(new(Feature.OrdersWithin, 30), null, new Limit(3, IsOpen: true)), new Condition(new(Feature.LastNpsScore), Absent: true))]),
            new("rest", "", "", "", [], Otherwise: true),
        ]);
        await CreateAsync("mine", model);
        var found = (await FindAsync("mine")).Model;
        Assert.Equal(Documents.Write(model), Documents.Write(found));
        Assert.Equal(model.Stages[0].Rules[0].Conditions, found.Stages[0].Rules[0].Conditions);
        Assert.True(found.Stages[1].Otherwise);
    }

    [Fact]
    public async Task Revisions_are_added_and_none_is_changed()
    {
        var first = await CreateAsync("mine", Two);
        Assert.Equal((1, 1, Now), (first.Revision, first.LatestRevision, first.CreateTime));
        var second = Passed(await _store.UpdateModelAsync("tea", "mine", Split(3), first.Etag, false, Now.AddHours(1), Cancellation));
        Assert.Equal((2, 2), (second.Revision, second.LatestRevision));
        Assert.Equal((Two.Title, 1, 2), ((await FindAsync("mine", 1)).Model.Title, (await FindAsync("mine", 1)).Revision, (await FindAsync("mine", 1)).LatestRevision));
        Assert.Equal(Split(3).Title, (await FindAsync("mine")).Model.Title);
        Assert.Null(await _store.FindModelAsync("tea", "mine", 3, Cancellation));
        Assert.Null(await _store.FindModelAsync("mugs", "mine", 0, Cancellation));
    }

    [Fact]
    public async Task What_is_said_twice_is_written_once()
    {
        await CreateAsync("mine", Two);
        Assert.Equal(1, (await CreateAsync("mine", Two)).LatestRevision);
        Assert.Equal(1, Passed(await _store.UpdateModelAsync("tea", "mine", Two, "", false, Now, Cancellation)).LatestRevision);
        await ActivateAsync("mine");
        await WorkAsync();
        var etag = (await FindAsync("mine")).Etag;
        Assert.Equal(etag, (await ActivateAsync("mine")).Etag);
        Assert.Equal(1, (await _store.SetPopulationAsync("tea", Figures, 0, false, Now, Cancellation)).Population!.Revision);
        Assert.Equal(1, (await _store.SetPopulationAsync("tea", Figures, 0, false, Now, Cancellation)).Population!.Revision);
    }

    [Fact]
    public async Task What_only_is_checked_is_not_written()
    {
        Assert.Equal(1, Passed(await _store.CreateModelAsync("tea", "mine", Two, true, Now, Cancellation)).Revision);
        Assert.Null(await _store.FindModelAsync("tea", "mine", 0, Cancellation));
        await CreateAsync("mine", Two);
        Assert.Equal(2, Passed(await _store.UpdateModelAsync("tea", "mine", Split(3), "", true, Now, Cancellation)).Revision);
        Passed(await _store.ActivateModelAsync("tea", "mine", 0, "", true, Now, Cancellation));
        Assert.Equal((1, null), ((await FindAsync("mine")).LatestRevision, (await FindAsync("mine")).Deriving));
        Assert.Equal(1, (await _store.SetPopulationAsync("tea", Figures, 0, true, Now, Cancellation)).Population!.Revision);
        Assert.Null(await _store.FindPopulationAsync("tea", 0, Cancellation));
    }

    [Fact]
    public async Task Refuses_with_the_reason()
    {
        await CreateAsync("mine", Two);
        Assert.Equal(Refusal.Exists, (await _store.CreateModelAsync("tea", "mine", Split(3), false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.Exists, (await _store.CreateModelAsync("tea", "clc", Two, false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.BuiltIn, (await _store.UpdateModelAsync("tea", "clc", Two, "", false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.BuiltIn, (await _store.RollbackModelAsync("tea", "clc", 1, "", Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.NotFound, (await _store.UpdateModelAsync("tea", "none", Two, "", false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.NotFound, (await _store.ActivateModelAsync("tea", "none", 0, "", false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.NotFound, (await _store.DeactivateModelAsync("tea", "none", "", Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.RevisionNotFound, (await _store.ActivateModelAsync("tea", "mine", 2, "", false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.RevisionNotFound, (await _store.RollbackModelAsync("tea", "mine", 2, "", Now, Cancellation)).Refusal);
        foreach (var change in (ModelChange[])[await _store.UpdateModelAsync("tea", "mine", Split(3), "7-0", false, Now, Cancellation), await _store.ActivateModelAsync("tea", "mine", 0, "7-0", false, Now, Cancellation), await _store.DeactivateModelAsync("tea", "mine", "7-0", Now, Cancellation), await _store.RollbackModelAsync("tea", "mine", 1, "7-0", Now, Cancellation)])
            Assert.Equal(Refusal.EtagMismatch, change.Refusal);
        Assert.Equal(Refusal.EtagMismatch, (await _store.SetPopulationAsync("tea", Figures, 1, false, Now, Cancellation)).Refusal);
        Assert.Equal(Refusal.PopulationMissing, (await _store.ActivateModelAsync("tea", "rfm", 0, "", false, Now, Cancellation)).Refusal);
    }

    [Fact]
    public async Task Of_two_updates_with_one_etag_one_is_refused()
    {
        var etag = (await CreateAsync("mine", Two)).Etag;
        var changes = await Task.WhenAll(Enumerable.Range(3, 4).Select(n => _store.UpdateModelAsync("tea", "mine", Split(n), etag, false, Now, Cancellation)));
        Assert.Equal([Refusal.None, Refusal.EtagMismatch, Refusal.EtagMismatch, Refusal.EtagMismatch], changes.Select(c => c.Refusal).Order());
        Assert.Equal(2, (await FindAsync("mine")).LatestRevision);
    }

    [Fact]
    public async Task Lists_built_in_models_and_the_shops_own_by_id_in_pages()
    {
        await CreateAsync("a", Two);
        await CreateAsync("five", Two);
        Passed(await _store.UpdateModelAsync("tea", "five", Split(3), "", false, Now, Cancellation));
        var page = await _store.ListModelsAsync("tea", "", 5, Cancellation);
        Assert.Equal(["a", "active-lapsed", "clc", "clc-windowed", "five"], page.Select(m => m.Id));
        Assert.Equal(2, page[^1].Revision);
        Assert.Equal(["five-stage", "rfm"], (await _store.ListModelsAsync("tea", "five", 5, Cancellation)).Select(m => m.Id));
    }

    [Fact]
    public async Task An_activated_model_is_derived_in_steps_and_answers_once_all_are()
    {
        await BuyersAsync(5);
        await CreateAsync("mine", Two);
        Assert.NotNull((await ActivateAsync("mine")).Deriving);
        Assert.Null(await CountAsync("mine"));
        Assert.Equal(new DerivationStep("tea", "mine", 1, DerivationState.Deriving, 2, false), await _store.StepAsync(2, Now, Cancellation));
        Assert.Equal(2, (await FindAsync("mine")).Deriving!.CustomerCount);
        Assert.Null(await CountAsync("mine"));
        await WorkAsync();
        Assert.Equal(new() { ["few"] = 1, ["many"] = 4 }, await CountAsync("mine"));
        Assert.Equal((5, null), ((await FindAsync("mine")).Active!.CustomerCount, (await FindAsync("mine")).Deriving));
    }

    [Fact]
    public async Task Models_are_active_side_by_side()
    {
        await BuyersAsync(3);
        var before = await CountAsync("clc");
        await _store.SetPopulationAsync("tea", Figures, 0, false, Now, Cancellation);
        foreach (var id in (string[])["five-stage", "active-lapsed", "rfm", "clc-windowed"]) await ActivateAsync(id);
        await WorkAsync();
        Assert.Equal(before, await CountAsync("clc"));
        Assert.Equal(new() { ["conversion"] = 1, ["retention"] = 2 }, await CountAsync("five-stage"));
        Assert.Equal(new() { ["lapsed"] = 3 }, await CountAsync("active-lapsed"));
        Assert.Equal(new() { ["sleeper"] = 3 }, await CountAsync("clc-windowed"));
        Assert.Equal(3, (await CountAsync("rfm"))!.Values.Sum());
        Assert.Null(await _store.FindActiveAsync("mugs", "rfm", Cancellation));
    }

    [Fact]
    public async Task Events_between_the_steps_are_in_what_is_derived()
    {
        await BuyersAsync(4);
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await _store.StepAsync(2, Now, Cancellation);
        // One customer whom the steps have passed, one to whom they come, one who is new on either side.
        await ApplyAsync(Buys("user:1", 9), Buys("user:4", 9), Buys("user:0", 1), Buys("user:9", 1));
        await WorkAsync();
        Assert.Equal(new() { ["few"] = 2, ["many"] = 4 }, await CountAsync("mine"));
    }

    [Fact]
    public async Task What_was_interrupted_goes_on_in_another_process()
    {
        await BuyersAsync(5);
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await _store.StepAsync(2, Now, Cancellation);
        await using var database = _test.OpenAnother();
        var other = new SegmentationStore(database);
        Assert.Equal(3, (await other.StepAsync(10, Now, Cancellation))!.Customers);
        Assert.Equal(new() { ["few"] = 1, ["many"] = 4 }, await CountAsync("mine"));
    }

    [Fact]
    public async Task Replicas_share_the_steps_while_events_go_on()
    {
        await BuyersAsync(12);
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await using var database = _test.OpenAnother();
        var other = new SegmentationStore(database);
        async Task StepsAsync(SegmentationStore store)
        {
            while (await store.StepAsync(1, Now, Cancellation) is not null) { }
        }
        async Task EventsAsync()
        {
            for (var n = 1; n <= 6; n++) await ApplyAsync(Buys($"user:{n}", 99), Buys($"user:new-{n}", 1));
        }
        await Task.WhenAll(StepsAsync(_store), StepsAsync(other), EventsAsync());
        Assert.Equal(new() { ["few"] = 6, ["many"] = 12 }, await CountAsync("mine"));
    }

    [Fact]
    public async Task A_new_revision_takes_the_place_of_the_old_one_and_leaves_nothing_of_it()
    {
        await BuyersAsync(5);
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await WorkAsync();
        Passed(await _store.UpdateModelAsync("tea", "mine", Split(4), "", false, Now, Cancellation));
        Assert.Equal(new() { ["few"] = 1, ["many"] = 4 }, await CountAsync("mine"));
        await ActivateAsync("mine");
        await _store.StepAsync(2, Now, Cancellation);
        Assert.Equal((1, 2), ((await FindAsync("mine")).Active!.Model.Revision, (await FindAsync("mine")).Deriving!.Model.Revision));
        Assert.Equal(new() { ["few"] = 1, ["many"] = 4 }, await CountAsync("mine"));
        await WorkAsync();
        Assert.Equal(new() { ["few"] = 3, ["many"] = 2 }, await CountAsync("mine"));
        Assert.DoesNotContain(await Tables.ReadAsync(_test.Database), r => r.Contains("| mine | 1 |", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollback_is_a_new_revision_and_goes_to_work_where_the_model_is()
    {
        await BuyersAsync(5);
        await CreateAsync("mine", Two);
        Passed(await _store.UpdateModelAsync("tea", "mine", Split(4), "", false, Now, Cancellation));
        var idle = Passed(await _store.RollbackModelAsync("tea", "mine", 1, "", Now, Cancellation));
        Assert.Equal((3, null), (idle.LatestRevision, idle.Deriving));
        Passed(await _store.UpdateModelAsync("tea", "mine", Split(4), "", false, Now, Cancellation));
        await ActivateAsync("mine");
        await WorkAsync();
        Assert.Equal(3, (await CountAsync("mine"))!["few"]);
        var rolled = Passed(await _store.RollbackModelAsync("tea", "mine", 1, (await FindAsync("mine")).Etag, Now, Cancellation));
        Assert.Equal((5, 5), (rolled.LatestRevision, rolled.Deriving!.Model.Revision));
        await WorkAsync();
        Assert.Equal(1, (await CountAsync("mine"))!["few"]);
        Assert.Equal(Two.Title, (await FindAsync("mine")).Model.Title);
    }

    [Fact]
    public async Task A_model_out_of_work_leaves_nothing_and_can_come_back()
    {
        await BuyersAsync(5);
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await WorkAsync();
        var rows = await Tables.ReadAsync(_test.Database);
        var etag = (await FindAsync("mine")).Etag;
        Assert.NotEqual(etag, Passed(await _store.DeactivateModelAsync("tea", "mine", etag, Now, Cancellation)).Etag);
        Assert.Null(await CountAsync("mine"));
        await _store.StepAsync(2, Now, Cancellation);
        await ApplyAsync(Buys("user:1", 1), Buys("user:5", 5));
        await WorkAsync();
        Assert.DoesNotContain(await Tables.ReadAsync(_test.Database), r => r.Contains("| mine |", StringComparison.Ordinal));
        await ActivateAsync("mine");
        await WorkAsync();
        Assert.Equal(rows.Select(r => r.Replace("| mine | 1 |", "| mine | 2 |", StringComparison.Ordinal)).Order(), (await Tables.ReadAsync(_test.Database)).Order());
    }

    [Fact]
    public async Task Other_figures_derive_what_is_measured_against_them_and_nothing_else()
    {
        await BuyersAsync(3);
        await _store.SetPopulationAsync("tea", Figures, 0, false, Now, Cancellation);
        await ActivateAsync("active-lapsed");
        await ActivateAsync("five-stage");
        await WorkAsync();
        Assert.Equal(new() { ["lapsed"] = 3 }, await CountAsync("active-lapsed"));
        var (refusal, population) = await _store.SetPopulationAsync("tea", Figures with { LapseDays = 1_000 }, 1, false, Now, Cancellation);
        Assert.Equal((Refusal.None, 2), (refusal, population!.Revision));
        Assert.Equal((1, 2), ((await FindAsync("active-lapsed")).Active!.Model.PopulationRevision, (await FindAsync("active-lapsed")).Deriving!.Model.PopulationRevision));
        Assert.Null((await FindAsync("five-stage")).Deriving);
        await WorkAsync();
        Assert.Equal(new() { ["active_one_time"] = 1, ["active_repeat"] = 2 }, await CountAsync("active-lapsed"));
        Assert.Equal((63, 2), ((await _store.FindPopulationAsync("tea", 1, Cancellation))!.Population.LapseDays, (await _store.FindPopulationAsync("tea", 1, Cancellation))!.LatestRevision));
        Assert.Equal(Refusal.PopulationMissing, (await _store.SetPopulationAsync("tea", Figures with { LapseDays = null }, 0, false, Now, Cancellation)).Refusal);
    }

    [Fact]
    public async Task Keeps_of_a_day_what_came_first_whatever_comes_in_later()
    {
        await ActivateAsync("five-stage");
        await WorkAsync();
        await ApplyAsync(Views("user:a", "2024-01-02T15:00:00Z", "m1", ActivityKind.Visit));
        Assert.Equal(new() { ["awareness"] = 1 }, await CountAsync("five-stage"));
        await ApplyAsync(Views("user:a", "2024-01-02T12:00:00Z", "m2"), Views("user:a", "2024-01-02T18:00:00Z", "m3"));
        Assert.Equal(new() { ["consideration"] = 1 }, await CountAsync("five-stage"));
        await ApplyAsync(Views("user:a", "2024-01-02T10:00:00Z", "m4", ActivityKind.Event), Views("user:a", "2024-01-03T10:00:00Z", "m5"));
        var history = (await _store.FindCustomerAsync(_shop, "user:a", Sources.All, Cancellation))!.Record.Now("GBP", London)!;
        Assert.Equal(["m4", "m2", "m5"], history.Activities.Select(a => a.MessageId));
        var rows = await Tables.ReadAsync(_test.Database);
        await ApplyAsync(Views("user:a", "2024-01-02T15:00:00Z", "m1", ActivityKind.Visit), Views("user:a", "2024-01-03T10:00:00Z", "m5"));
        Assert.Equal(rows, await Tables.ReadAsync(_test.Database));
    }

    [Fact]
    public async Task Nothing_is_derived_anew_that_a_view_cannot_change()
    {
        await BuyersAsync(1);
        async Task<List<string>> DerivedAsync() => [.. (await Tables.ReadAllAsync(_test.Database)).Where(r => !r.StartsWith("customer", StringComparison.Ordinal))];
        var derived = await DerivedAsync();
        await ApplyAsync(Views("user:1", "2024-02-01", "v1"));
        Assert.Equal(derived, await DerivedAsync());
        Assert.Equal("v1", Assert.Single((await _store.FindCustomerAsync(_shop, "user:1", Sources.All, Cancellation))!.Record.Activities).What.MessageId);
    }

    [Fact]
    public async Task An_erasure_leaves_no_opinion_and_no_sign_of_life()
    {
        await ActivateAsync("five-stage");
        await WorkAsync();
        var without = await Tables.ReadAsync(_test.Database);
        var opinion = Buys("user:a", 1) with { Fact = null, Opinion = new(OpinionKind.Review, Utc("2024-01-05"), "r1", 4.5m) };
        await ApplyAsync(Buys("user:a", 1), Views("user:a", "2024-01-02", "v1"), opinion, opinion);
        Assert.Equal(new() { ["advocacy"] = 1 }, await CountAsync("five-stage"));
        Assert.Equal([new Opinion(OpinionKind.Review, Utc("2024-01-05"), "r1", 4.5m)], (await _store.FindCustomerAsync(_shop, "user:a", Sources.All, Cancellation))!.Record.Opinions.Select(o => o.What));
        await ApplyAsync(Buys("user:a", 1) with { Fact = null, Reset = ResetKind.Erased });
        Assert.Equal(without, await Tables.ReadAsync(_test.Database));
    }

    [Fact]
    public async Task A_store_of_the_version_before_keeps_its_models_and_is_filled_from_the_log_again()
    {
        Sighting[] log = [Buys("user:a", 1), Views("user:a", "2024-02-01", "v1"), Views("user:b", "2024-02-01", "v2")];
        await CreateAsync("mine", Two);
        await ActivateAsync("mine");
        await WorkAsync();
        await ApplyAsync(log);
        var (rows, feed) = (await Tables.ReadAsync(_test.Database), await FeedAsync());
        await BackToRowsAsync();
        Assert.Equal(8, await Migrator.ApplyAsync(_test.Database, Program.House.Home, Cancellation));

        await using var database = _test.OpenAnother();
        var store = new SegmentationStore(database);
        Assert.Equal(0, await store.ReadCheckpointAsync(0, Cancellation));
        Assert.Null(await store.FindShopAsync("tea", Cancellation));
        Assert.Equal(new Applied(1, 2, 0, 4), await store.ApplyAsync(new EventBatch(0, 0, 4, [new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch), new("mugs", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], log), Now, Cancellation));
        Assert.Equal(rows, await Tables.ReadAsync(_test.Database));
        Assert.Equal(feed, await FeedAsync());
        Assert.Equal([Utc("2024-01-01"), null], (await store.ListUsesAsync("tea", "mine", Cancellation)).SelectMany(u => (DateTimeOffset?[])[u.ActiveTime, u.RetireTime]));
    }

    async Task<IReadOnlyList<(string, string, string, string)>> FeedAsync()
        => [.. (await _store.ReadTransitionsAsync(_shop, 0, 1_000, Cancellation)).Select(t => (t.Customer, t.Model, t.From, t.To)).Order()];

    /// <summary>Makes of the schema one of rows, as it was before migration 12, in which `mine` and `clc` are active and an earlier `mine` was retired.</summary>
    Task BackToRowsAsync() => _test.Database.WriteAsync(async write =>
    {
        var prefix = _test.Database.Prefix;
        var model = await write.Connection.QuerySingleAsync<string>($"SELECT document FROM {prefix}model_revision", transaction: write.Transaction);
        foreach (var table in (string[])["checkpoint_position", "shop", "customer", "model_revision", "population_revision", "derivation", "derived_revision", "membership", "stage_step", "stage_day", "stage_transition", "transition_head", "audience", "audience_binding", "overlay_revision", "order_tally", "customer_trait"])
            await write.Connection.ExecuteAsync($"DROP TABLE {prefix}{table}", transaction: write.Transaction);
        foreach (var (_, batch) in Migrator.Batches(Program.House.Home, _test.Database.Dialect).Where(b => b.Name is "0001_histories" or "0002_left_time" or "0003_models"))
            await write.Connection.ExecuteAsync(batch, transaction: write.Transaction);
        await write.Connection.ExecuteAsync($"DELETE FROM {prefix}migration WHERE number IN (12, 18, 19, 20, 23, 26, 27, 28)", transaction: write.Transaction);
        await write.AppendAsync(prefix + "checkpoint_position", ["log_partition", "position"], [[0, 77L]], Cancellation);
        await write.AppendAsync(prefix + "shop", ["shop", "time_zone", "currency"], [["tea", "Europe/London", "GBP"]], Cancellation);
        await write.AppendAsync(prefix + "model_revision", ["shop", "model", "revision", "document", "create_time"], [["tea", "mine", 1, model, Now]], Cancellation);
        await write.AppendAsync(
            prefix + "derivation", ["shop", "model", "number", "model_revision", "population_revision", "state", "start_time", "customer_cursor", "customer_count"],
            [["mugs", "clc", 1, 1, 0, 2, DateTimeOffset.UnixEpoch, "", 0L], ["tea", "clc", 1, 1, 0, 2, DateTimeOffset.UnixEpoch, "", 0L], ["tea", "mine", 0, 1, 0, 4, Utc("2023-01-01"), "", 0L], ["tea", "mine", 1, 1, 0, 2, Utc("2024-01-01"), "", 2L]],
            Cancellation);
    }, Cancellation);

    [Fact]
    public async Task The_next_answer_rests_on_what_another_replica_made_active_or_retired()
    {
        await ApplyAsync(Buys("user:a", 1));
        await CreateAsync("mine", Two);
        await using var database = _test.OpenAnother();
        var other = new SegmentationStore(database);
        Assert.Null(await AnswerAsync());
        Passed(await other.ActivateModelAsync("tea", "mine", 0, "", false, Now, Cancellation));
        await WorkAsync(other);
        Assert.Equal((1, "user:a"), await AnswerAsync());
        Passed(await other.UpdateModelAsync("tea", "mine", Split(3), "", false, Now, Cancellation));
        Passed(await other.ActivateModelAsync("tea", "mine", 0, "", false, Now, Cancellation));
        // Under way, it is not answered by.
        Assert.Equal((1, "user:a"), await AnswerAsync());
        await WorkAsync(other);
        Assert.Equal((2, "user:a"), await AnswerAsync());
        Passed(await other.DeactivateModelAsync("tea", "mine", "", Now, Cancellation));
        Assert.Null(await AnswerAsync());

        async Task<(int Revision, string Customer)?> AnswerAsync()
            => await _store.FindStandingAsync(_shop, "user:a", "mine", Cancellation) is var (customer, use) ? (use.Model.Revision, customer.Id) : null;

        static async Task WorkAsync(SegmentationStore store)
        {
            while (await store.StepAsync(2, Now, Cancellation) is not null) { }
        }
    }

    [Fact]
    public async Task Derivations_that_a_backup_brought_back_stay_when_the_shop_is_announced()
    {
        await _test.Database.WriteAsync(write => write.Connection.ExecuteAsync($"DELETE FROM {_test.Database.Prefix}shop", transaction: write.Transaction), Cancellation);
        Assert.NotNull(await _store.ApplyAsync(new EventBatch(1, 0, 1, [new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], [Buys("user:a", 1)]), Now, Cancellation));
        Assert.Equal(1, (await CountAsync("clc"))!.Values.Sum());
    }
}
