using Dapper;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqlitePreviewStoreTests() : PreviewStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerPreviewStoreTests() : PreviewStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of previews, in every dialect.</summary>
public abstract class PreviewStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");

    /// <summary>Loyal from two orders on: who has two or three of them moves.</summary>
    static readonly BoundModel Eager = new("clc", 0, new LifecycleModel("Eager \"é\"", "", "", [.. Clc.Model.Stages.Select(Eagerly)]));

    static Stage Eagerly(Stage stage) => stage.Id switch
    {
        "loyal" => stage with { Rules = [Recent(2, null, 0, 90)] },
        "promising" => stage with { Rules = [Recent(1, 1, 31, 60)] },
        "drifting" => stage with { Rules = [Recent(1, 1, 61, 90)] },
        _ => stage,
    };

    static Rule Recent(int min, int? max, int daysMin, int? daysMax) => new(Condition.Whole(Feature.OrderCount, min, max), Condition.Whole(Feature.DaysSinceLastOrder, daysMin, daysMax));

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

    async Task ApplyAsync(params Sighting[] sightings) => Assert.NotNull(await _store.ApplyAsync(new EventBatch(0, _position++, _position, [], sightings), Now, Cancellation));

    static Sighting Buys(string customer, int n, string time) => new("tea", customer, customer.StartsWith("user:", StringComparison.Ordinal), Utc(time), new Fact(FactKind.Ordered, Utc(time), $"{customer}-{n}", $"{customer}-{n}", 10.25m, ""));

    static Sighting Erases(string customer, string known) => new("tea", customer, true, Utc(known), null) { Known = Utc(known), Reset = ResetKind.Erased };

    /// <summary>Customers 1 to n with as many orders, on the first of June and the days before; a visitor with two.</summary>
    Task BuyersAsync(int count)
        => ApplyAsync([.. Enumerable.Range(1, count).SelectMany(c => Enumerable.Range(1, c).Select(n => Buys($"user:{c}", n, $"2024-06-{n:00}"))), Buys("anon:v", 1, "2024-06-01"), Buys("anon:v", 2, "2024-06-02")]);

    static PreviewOrder Order(BoundModel after, bool anonymous = false, long head = 0)
        => new(PreviewedModel.Of(Clc), PreviewedModel.Of(after), Utc("2024-05-01"), Now, anonymous, [head]);

    async Task<Preview> AddAsync(string id, PreviewOrder order, int runningMax = 10)
    {
        var (refusal, preview) = await _store.AddPreviewAsync(_shop, id, "asked", order, runningMax, Now, Cancellation);
        Assert.Equal(PreviewRefusal.None, refusal);
        return preview!;
    }

    async Task<Preview> FindAsync(string id) => (await _store.FindPreviewAsync("tea", id, Cancellation))!;

    /// <summary>To the end, in steps of so many.</summary>
    async Task<Preview> WorkAsync(string id, int customers, int moversMax = 100)
    {
        while (await FindAsync(id) is { State: PreviewState.Running } running) Assert.NotNull(await _store.StepPreviewAsync(running, customers, moversMax, Now, Cancellation));
        return await FindAsync(id);
    }

    static readonly Move Any = new(-1, -1);

    async Task<string[]> MoversAsync(Preview preview, Move move, long after = 0, int limit = 100)
        => [.. (await _store.ListMoversAsync(preview, move, after, Sources.All, limit, Cancellation)).Select(m => m.Customer)];

    [Fact]
    public async Task Comes_to_the_same_in_steps_of_any_size()
    {
        await BuyersAsync(5);
        var whole = await WorkAsync((await AddAsync("whole", Order(Eager))).Id, 100);
        Assert.Equal((PreviewState.Done, 6L, 6L, Now), (whole.State, whole.Done, whole.Total, whole.EndTime));
        Assert.Equal((5L, 2L), (whole.Sums!.Customers, whole.Sums.Movers));
        Assert.Equal(["user:2", "user:3"], await MoversAsync(whole, Any));
        foreach (var size in (int[])[1, 2, 5, 6])
        {
            var steps = await WorkAsync((await AddAsync($"steps-{size}", Order(Eager))).Id, size);
            Assert.Equal(Documents.Write(whole.Sums), Documents.Write(steps.Sums));
            Assert.Equal(await MoversAsync(whole, Any), await MoversAsync(steps, Any));
        }
        Assert.Equal((6L, 3L), (await WorkAsync((await AddAsync("visitors", Order(Eager, anonymous: true))).Id, 2)).Sums is var all ? (all!.Customers, all.Movers) : default);
        Assert.Equal(0, (await WorkAsync((await AddAsync("unchanged", Order(Clc))).Id, 2)).Sums!.Movers);
    }

    [Fact]
    public async Task What_becomes_known_meanwhile_and_another_process_change_nothing()
    {
        await BuyersAsync(5);
        var expected = await WorkAsync((await AddAsync("before", Order(Eager))).Id, 100);
        var first = await AddAsync("during", Order(Eager));
        Assert.Equal(new PreviewStep(PreviewState.Running, 3), await _store.StepPreviewAsync(first, 3, 100, Now, Cancellation));
        await ApplyAsync(Buys("user:5", 9, "2024-05-05") with { Known = Now.AddMinutes(1) }, Buys("user:1", 9, "2024-05-05") with { Known = Now.AddMinutes(1) }, Buys("user:new", 1, "2024-05-05") with { Known = Now.AddMinutes(1) });

        await using var database = _test.OpenAnother();
        var restarted = new SegmentationStore(database);
        while ((await restarted.FindPreviewWorkAsync(Cancellation)).Next is { } next) Assert.NotNull(await restarted.StepPreviewAsync(next, 2, 100, Now, Cancellation));
        var during = await FindAsync("during");
        Assert.Equal((PreviewState.Done, 7L, 7L), (during.State, during.Done, during.Total));
        Assert.Equal(Documents.Write(expected.Sums), Documents.Write(during.Sums));
        Assert.Equal(await MoversAsync(expected, Any), await MoversAsync(during, Any));
    }

    [Fact]
    public async Task Leaves_what_answers_rest_on_as_it_is()
    {
        await BuyersAsync(4);
        var rows = await Tables.ReadAllAsync(_test.Database);
        await WorkAsync((await AddAsync("p", Order(Eager))).Id, 2);
        Assert.Equal(rows, await Tables.ReadAllAsync(_test.Database));
    }

    [Fact]
    public async Task Of_two_replicas_at_the_same_step_one_counts()
    {
        await BuyersAsync(4);
        var preview = await AddAsync("p", Order(Eager));
        Assert.Equal(new PreviewStep(PreviewState.Running, 2), await _store.StepPreviewAsync(preview, 2, 100, Now, Cancellation));
        Assert.Null(await _store.StepPreviewAsync(preview, 2, 100, Now, Cancellation));
        Assert.Equal(4, (await WorkAsync("p", 2)).Sums!.Customers);
    }

    [Fact]
    public async Task Movers_are_kept_up_to_a_limit_and_counted_beyond_it()
    {
        await BuyersAsync(4);
        foreach (var size in (int[])[1, 100])
        {
            var preview = await WorkAsync((await AddAsync($"cut-{size}", Order(Eager, anonymous: true))).Id, size, moversMax: 2);
            Assert.Equal((3L, 2L), (preview.Sums!.Movers, await _store.CountMoversAsync(preview, Cancellation)));
            Assert.Equal(["user:2", "user:3"], await MoversAsync(preview, Any));
        }
        Assert.Equal(0, await _store.CountMoversAsync(await WorkAsync((await AddAsync("none", Order(Eager))).Id, 100, moversMax: 0), Cancellation));
    }

    [Fact]
    public async Task Movers_are_listed_by_their_stages_and_page_by_page()
    {
        await BuyersAsync(4);
        var preview = await WorkAsync((await AddAsync("p", Order(Eager, anonymous: true))).Id, 100);
        var (promising, loyal, drifting) = (2, 3, 4);
        Assert.Equal(["user:2", "user:3", "anon:v"], await MoversAsync(preview, new Move(promising, loyal)));
        Assert.Equal(["user:2", "user:3", "anon:v"], await MoversAsync(preview, new Move(-1, loyal)));
        Assert.Empty(await MoversAsync(preview, new Move(drifting, -1)));
        var page = await _store.ListMoversAsync(preview, Any, 0, Sources.All, 2, Cancellation);
        Assert.Equal(["anon:v"], await MoversAsync(preview, Any, page[^1].Key));
    }

    [Fact]
    public async Task Who_is_erased_leaves_the_movers_and_who_comes_in_their_place_is_none()
    {
        await BuyersAsync(3);
        var preview = await WorkAsync((await AddAsync("p", Order(Eager))).Id, 100);
        Assert.Equal(["user:2", "user:3"], await MoversAsync(preview, Any));
        await ApplyAsync(Erases("anon:v", "2024-07-01"), Erases("user:3", "2024-07-01"));
        await ApplyAsync(Buys("user:9", 1, "2024-07-02"), Buys("user:9", 2, "2024-07-02"));
        Assert.Equal(["user:2"], await MoversAsync(preview, Any));
        Assert.Equal(1, await _store.CountMoversAsync(preview, Cancellation));
        Assert.Equal(1, await _test.Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {_test.Database.Prefix}preview_mover"), Cancellation));
    }

    [Fact]
    public async Task The_same_words_are_taken_in_once()
    {
        var made = await AddAsync("p", Order(Eager));
        Assert.Equal(made.Number, (await AddAsync("p", Order(Clc))).Number);
        Assert.Equal((PreviewRefusal.Exists, null), await _store.AddPreviewAsync(_shop, "p", "asked otherwise", Order(Eager), 10, Now, Cancellation));
        Assert.Equal((PreviewRefusal.Exists, null), await _store.FindPreviewAsync("tea", "p", "asked otherwise", Cancellation));
        Assert.Equal(made.Number, (await _store.FindPreviewAsync("tea", "p", "asked", Cancellation)).Preview!.Number);
        Assert.Null(await _store.FindPreviewAsync("mugs", "p", Cancellation));
        Assert.Equal(Documents.Write(Order(Eager)), Documents.Write(made.Order));
    }

    [Fact]
    public async Task No_more_run_at_once_than_may()
    {
        await AddAsync("one", Order(Eager), 2);
        await AddAsync("two", Order(Eager), 2);
        Assert.Equal((PreviewRefusal.TooManyRunning, null), await _store.AddPreviewAsync(_shop, "three", "asked", Order(Eager), 2, Now, Cancellation));
        await _store.CancelPreviewAsync("tea", "one", Now, Cancellation);
        await AddAsync("three", Order(Eager), 2);
        Assert.Equal(["three", "two", "one"], (await _store.ListPreviewsAsync("tea", int.MaxValue, 10, Cancellation)).Select(p => p.Id));
        Assert.Equal(["one"], (await _store.ListPreviewsAsync("tea", 2, 10, Cancellation)).Select(p => p.Id));
        Assert.Empty(await _store.ListPreviewsAsync("mugs", int.MaxValue, 10, Cancellation));
    }

    [Fact]
    public async Task What_is_cancelled_stays_so_and_what_is_done_is_not_cancelled()
    {
        await BuyersAsync(3);
        var preview = await AddAsync("p", Order(Eager));
        Assert.Equal((PreviewState.Cancelled, Now.AddMinutes(1)), (await _store.CancelPreviewAsync("tea", "p", Now.AddMinutes(1), Cancellation)) is { } cancelled ? (cancelled.State, cancelled.EndTime!.Value) : default);
        Assert.Null(await _store.StepPreviewAsync(preview, 2, 100, Now, Cancellation));
        Assert.Equal((false, null), await _store.FindPreviewWorkAsync(Cancellation));
        Assert.Equal(Now.AddMinutes(1), (await _store.CancelPreviewAsync("tea", "p", Now.AddMinutes(2), Cancellation))!.EndTime);
        Assert.Null(await _store.CancelPreviewAsync("tea", "nobody", Now, Cancellation));
        await WorkAsync((await AddAsync("done", Order(Eager))).Id, 2);
        Assert.Equal(PreviewState.Done, (await _store.CancelPreviewAsync("tea", "done", Now, Cancellation))!.State);
    }

    [Fact]
    public async Task Begins_once_all_is_applied_that_was_recorded_before()
    {
        await AddAsync("waits", Order(Eager, head: _position + 1));
        Assert.Equal((true, null), await _store.FindPreviewWorkAsync(Cancellation));
        await AddAsync("goes", Order(Eager, head: _position));
        Assert.Equal("goes", (await _store.FindPreviewWorkAsync(Cancellation)).Next!.Id);
        await BuyersAsync(1);
        Assert.Equal("waits", (await _store.FindPreviewWorkAsync(Cancellation)).Next!.Id);
    }

    [Fact]
    public async Task What_fails_again_and_again_has_failed_and_holds_up_nobody()
    {
        var bad = await AddAsync("bad", Order(Eager));
        await AddAsync("good", Order(Eager));
        Assert.Equal("bad", (await _store.FindPreviewWorkAsync(Cancellation)).Next!.Id);
        Assert.False(await _store.FailPreviewAsync(bad, "It is bad.", Now, Cancellation));
        Assert.Equal("good", (await _store.FindPreviewWorkAsync(Cancellation)).Next!.Id);
        for (var i = 2; i <= 4; i++) Assert.False(await _store.FailPreviewAsync(bad, "It is bad.", Now, Cancellation));
        Assert.True(await _store.FailPreviewAsync(bad, "It is " + new string('b', 600), Now, Cancellation));
        var failed = await FindAsync("bad");
        Assert.Equal((PreviewState.Failed, Now, 500), (failed.State, failed.EndTime, failed.Failure.Length));
        Assert.Null(await _store.StepPreviewAsync(bad, 2, 100, Now, Cancellation));
    }

    [Fact]
    public async Task What_is_old_is_removed_with_its_movers_and_what_runs_is_not()
    {
        await BuyersAsync(3);
        await WorkAsync((await AddAsync("old", Order(Eager))).Id, 100);
        await AddAsync("running", Order(Eager));
        Assert.False(await _store.RemovePreviewAsync(Now, Cancellation));
        Assert.True(await _store.RemovePreviewAsync(Now.AddMilliseconds(1), Cancellation));
        Assert.False(await _store.RemovePreviewAsync(Now.AddYears(1), Cancellation));
        Assert.Equal(["running"], (await _store.ListPreviewsAsync("tea", int.MaxValue, 10, Cancellation)).Select(p => p.Id));
        Assert.Equal(0, await _test.Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {_test.Database.Prefix}preview_mover"), Cancellation));
    }
}
