using Dapper;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteTransitionStoreTests() : TransitionStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerTransitionStoreTests() : TransitionStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of transitions and of what was known when, in every dialect.</summary>
public abstract class TransitionStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly ShopSettings Tea = new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");

    TestStore _test = null!;
    SegmentationStore _store = null!;
    Shop _shop = null!;
    long _position;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
        await ApplyAsync(Now);
        _shop = (await _store.FindShopAsync("tea", Cancellation))!;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task<Applied> ApplyAsync(DateTimeOffset now, params Sighting[] sightings)
    {
        var (after, next) = (_position, _position += sightings.Length + 1);
        return (await _store.ApplyAsync(new EventBatch(0, after, next, after == 0 ? [Tea] : [], sightings), now, Cancellation))!;
    }

    static Sighting Visits(string customer, string time, string? known = null) => new("tea", customer, !customer.StartsWith("anon:", StringComparison.Ordinal), Utc(time), null) { Known = Utc(known ?? time) };
    static Sighting Buys(string customer, Fact fact, string? known = null) => Visits(customer, fact.Time.ToString("O"), known) with { Fact = fact with { MessageId = $"{customer} {fact.MessageId}" } };
    static Sighting Resets(string customer, ResetKind kind, string known) => Visits(customer, known) with { Reset = kind };

    async Task<Derivation> ClcAsync() => (await _store.FindActiveAsync("tea", "clc", Cancellation))!;

    Task<List<ToldTransition>> FeedAsync() => Feed.ReadAsync(_store, "tea", 2);

    async Task<IEnumerable<(string Customer, string From, string To, DateTimeOffset Effective, Cause Cause)>> ToldAsync() => (await FeedAsync()).Select(t => (t.Customer, t.From, t.To, t.Effective, t.Cause));

    async Task<int> SweepAsync(DateTimeOffset now, int size = 100) => await _store.SweepAsync(now, size, Cancellation);

    static readonly DateTimeOffset Drifting = Utc("2024-07-20T23:00:00Z"), Sleeper = Utc("2024-09-18T23:00:00Z");

    [Fact]
    public async Task Tells_where_a_new_customer_is_since_when_and_why()
    {
        Assert.Equal(0, await _store.ReadTransitionHeadAsync(_shop, Cancellation));
        Assert.Equal(3, (await ApplyAsync(Now, Visits("user:looks", "2024-06-01"), Buys("user:buys", Ordered("o1", "2024-06-20T10:00:00Z")), Buys("anon:old", Ordered("o2", "2024-01-20T10:00:00Z")))).Transitions);
        var feed = await FeedAsync();
        Assert.Equal([1, 2, 3], feed.Select(t => t.Position));
        Assert.Equal(3, await _store.ReadTransitionHeadAsync(_shop, Cancellation));
        Assert.Equal(
            [
                new ToldTransition(1, "user:looks", true, "clc", 1, "", "prospect", Utc("2024-06-01"), Now, new(CauseKind.FirstSeen)),
                new(2, "user:buys", true, "clc", 1, "", "new", Utc("2024-06-20T10:00:00Z"), Now, new(CauseKind.Event, "user:buys " + Ordered("o1", "2024-06-20T10:00:00Z").MessageId)),
                new(3, "anon:old", false, "clc", 1, "", "sleeper", Utc("2024-04-19T23:00:00Z"), Now, new(CauseKind.Clock)),
            ],
            feed);
        Assert.Equal(["user:buys"], (await _store.ReadTransitionsAsync(_shop, 1, 1, Cancellation)).Select(t => t.Customer));
        Assert.Empty(await _store.ReadTransitionsAsync(_shop, 3, 1, Cancellation));
    }

    [Fact]
    public async Task The_clock_changes_a_stage_at_the_boundary_however_late_it_is_looked_at()
    {
        await ApplyAsync(Now, Buys("user:a", Ordered("o1", "2024-06-20T10:00:00Z")), Visits("user:looks", "2024-06-01"));
        Assert.Equal(Drifting, await _store.FindNextDueAsync(Cancellation));
        Assert.Equal(0, await SweepAsync(Drifting.AddMilliseconds(-1)));
        Assert.Equal(1, await SweepAsync(Drifting));
        Assert.Equal(0, await SweepAsync(Drifting));
        Assert.Equal(Sleeper, await _store.FindNextDueAsync(Cancellation));
        Assert.Equal(1, await SweepAsync(Sleeper.AddDays(3)));
        Assert.Null(await _store.FindNextDueAsync(Cancellation));
        Assert.Equal(
            [("new", "drifting", Drifting, Drifting, new Cause(CauseKind.Clock)), ("drifting", "sleeper", Sleeper, Sleeper.AddDays(3), new Cause(CauseKind.Clock))],
            (await FeedAsync()).Skip(2).Select(t => (t.From, t.To, t.Effective, t.Recorded, t.Cause)));
    }

    [Fact]
    public async Task Sweeps_in_steps_those_longest_due_first_and_tells_all_that_was_missed()
    {
        await ApplyAsync(Now, [.. Enumerable.Range(1, 5).Select(n => Buys($"user:{n}", Ordered("o1", $"2024-06-2{6 - n}T10:00:00Z")))]);
        Assert.Equal(2, await SweepAsync(Utc("2025-01-01"), 2));
        Assert.Equal(["user:5", "user:5", "user:4", "user:4"], (await FeedAsync()).Skip(5).Select(t => t.Customer));
        Assert.Equal((2, 1, 0), (await SweepAsync(Utc("2025-01-01"), 2), await SweepAsync(Utc("2025-01-01"), 2), await SweepAsync(Utc("2025-01-01"), 2)));
        Assert.Equal(15, (await FeedAsync()).Count);
        Assert.All(Feed.Replay(await FeedAsync(), London), s => Assert.Equal("sleeper", s.Value));
    }

    [Fact]
    public async Task What_the_clock_has_brought_is_told_before_the_event_that_comes()
    {
        await ApplyAsync(Now, Buys("user:a", Ordered("o1", "2024-06-20T10:00:00Z")));
        await ApplyAsync(Utc("2024-08-01T12:00:00Z"), Buys("user:a", Ordered("o2", "2024-08-01T11:59:59Z")));
        Assert.Equal(
            [("new", "drifting", Drifting, CauseKind.Clock), ("drifting", "promising", Utc("2024-08-01T11:59:59Z"), CauseKind.Event)],
            (await FeedAsync()).Skip(1).Select(t => (t.From, t.To, t.Effective, t.Cause.Kind)));
        Assert.Equal(0, await SweepAsync(Utc("2024-08-01T12:00:00Z")));
    }

    [Fact]
    public async Task News_of_the_past_is_a_correction_that_names_it()
    {
        await ApplyAsync(Now, Visits("user:a", "2024-01-01"));
        var late = Ordered("o1", "2024-05-01");
        await ApplyAsync(Now.AddMinutes(1), Buys("user:a", late));
        await ApplyAsync(Now.AddMinutes(2), Buys("user:a", Refunded("o1", "2024-05-02")));
        Assert.Equal(
            [("prospect", "drifting", Utc("2024-05-31T23:00:00Z"), new Cause(CauseKind.Correction, "user:a " + late.MessageId)), ("drifting", "prospect", Utc("2024-05-02"), new Cause(CauseKind.Event, "user:a " + Refunded("o1", "2024-05-02").MessageId))],
            (await FeedAsync()).Skip(1).Select(t => (t.From, t.To, t.Effective, t.Cause)));
    }

    [Fact]
    public async Task An_event_of_the_future_is_told_when_it_has_come()
    {
        await ApplyAsync(Now, Buys("user:a", Ordered("o1", "2024-07-01T10:00:00Z")));
        Assert.Empty(await FeedAsync());
        Assert.Equal(Utc("2024-07-01T10:00:00Z"), await _store.FindNextDueAsync(Cancellation));
        Assert.Equal(1, await SweepAsync(Utc("2024-07-02")));
        Assert.Equal(("", "new", Utc("2024-07-01T10:00:00Z"), CauseKind.Event), (await FeedAsync()).Select(t => (t.From, t.To, t.Effective, t.Cause.Kind)).Single());
    }

    [Fact]
    public async Task Who_becomes_somebody_else_is_in_no_stage_any_more()
    {
        await ApplyAsync(Now, Buys("anon:x", Ordered("o1", "2024-06-20T10:00:00Z"), known: "2024-06-20T10:00:01Z"), Visits("user:m", "2024-06-01"));
        var order = Buys("user:m", Ordered("o1", "2024-06-20T10:00:00Z"), known: "2024-06-29");
        await ApplyAsync(Now.AddSeconds(1), Resets("anon:x", ResetKind.Moved, "2024-06-29"), order);
        Assert.Equal(
            [("anon:x", "new", "", Now.AddSeconds(1), new Cause(CauseKind.Correction)), ("user:m", "prospect", "new", Utc("2024-06-20T10:00:00Z"), new Cause(CauseKind.Event, order.Fact!.MessageId))],
            (await ToldAsync()).Skip(2));
        Assert.Equal(new() { ["new"] = (1, 10) }, await CountAsync(Utc("2024-06-25")));
        Assert.Equal(new() { ["new"] = (1, 10), ["prospect"] = (1, 0) }, await CountAsync(Utc("2024-06-25"), Utc("2024-06-28")));
    }

    async Task<Dictionary<string, (long, decimal)>> CountAsync(DateTimeOffset asOf, DateTimeOffset? knownAt = null)
    {
        var totals = knownAt is { } known
            ? await _store.CountStagesAsync(_shop, await ClcAsync(), asOf, known, true, Cancellation)
            : await _store.CountStagesAsync(_shop, await ClcAsync(), asOf, true, Cancellation);
        return totals.Where(t => t.Value != default).ToDictionary(t => t.Key.Id, t => (t.Value.Customers, t.Value.Value));
    }

    [Fact]
    public async Task What_is_left_of_the_erased_leaves_its_stage_when_they_left()
    {
        await ApplyAsync(Now, Buys("erased:1", Ordered("o1", "2024-06-20T10:00:00Z")));
        await ApplyAsync(Now.AddSeconds(1), Visits("erased:1", "2024-06-29") with { Leaves = true });
        Assert.Equal(("new", "", Utc("2024-06-29"), new Cause(CauseKind.Erasure)), (await FeedAsync()).Select(t => (t.From, t.To, t.Effective, t.Cause)).Last());
        Assert.Null(await _store.FindNextDueAsync(Cancellation));
        Assert.Equal(new() { ["new"] = (1, 10) }, await CountAsync(Utc("2024-06-28")));
        Assert.Empty(await CountAsync(Utc("2024-06-29")));
        Assert.Equal(new() { ["new"] = (1, 10) }, await CountAsync(Utc("2024-06-29"), Utc("2024-06-28")));
    }

    [Fact]
    public async Task Somebody_of_whom_nothing_is_left_but_that_they_left_is_counted_nowhere()
    {
        Assert.Equal(new Applied(0, 1, 0, 0), await ApplyAsync(Now, Visits("erased:1", "2024-06-29") with { Leaves = true }));
        await ApplyAsync(Now, Buys("erased:1", Ordered("o1", "2024-06-30")));
        Assert.Empty(await CountAsync(Utc("2024-06-29")));
        Assert.Empty(await CountAsync(Utc("2024-07-01")));
        Assert.Empty(await FeedAsync());
        await ApplyAsync(Now, Visits("erased:1", "2024-06-01"));
        Assert.Equal(new() { ["prospect"] = (1, 0) }, await CountAsync(Utc("2024-06-28")));
        Assert.Empty(Feed.Replay(await FeedAsync(), London));
    }

    [Fact]
    public async Task An_erasure_leaves_a_gap_in_the_feed_and_nothing_else()
    {
        await ApplyAsync(Now, Visits("user:a", "2024-06-01"), Buys("user:b", Ordered("o1", "2024-06-20T10:00:00Z")), Visits("user:c", "2024-06-01"));
        await ApplyAsync(Now, Resets("user:b", ResetKind.Erased, "2024-06-30"));
        Assert.Equal([(1, "user:a"), (3, "user:c")], (await FeedAsync()).Select(t => ((int)t.Position, t.Customer)));
        Assert.DoesNotContain(await Tables.ReadAllAsync(_test.Database), r => r.Contains("user:b", StringComparison.Ordinal));
        Assert.Null(await _store.FindNextDueAsync(Cancellation));
        await ApplyAsync(Now, Visits("user:d", "2024-06-01"));
        Assert.Equal([1, 3, 4], (await FeedAsync()).Select(t => (int)t.Position));
    }

    [Fact]
    public async Task Who_comes_back_with_their_erasure_is_new()
    {
        await ApplyAsync(Now, Buys("user:b", Ordered("secret", "2024-01-20T10:00:00Z")), Buys("user:b", Ordered("secret-2", "2024-06-20T10:00:00Z")));
        await new ValueStore(_test.Database).AddMonthAsync("tea", new RfmMonth(Date("2024-05-01"), Now, Now, new([], [], [])), [new RfmEntry("user:b", 1, 1, 1, 111, 111, 111)], Cancellation);
        await ApplyAsync(Now, Resets("user:b", ResetKind.Erased, "2024-06-30"), Visits("user:b", "2024-06-30T01:00:00Z"));
        Assert.DoesNotContain(await Tables.ReadAllAsync(_test.Database), r => r.Contains("secret", StringComparison.Ordinal));
        Assert.Equal((2, "", "prospect", CauseKind.FirstSeen), (await FeedAsync()).Select(t => ((int)t.Position, t.From, t.To, t.Cause.Kind)).Single());
        Assert.Equal(new() { ["prospect"] = (1, 0) }, await CountAsync(Now));
        Assert.Empty(await CountAsync(Utc("2024-06-25")));
        Assert.Equal(0, await _test.Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {_test.Database.Prefix}rfm_customer"), Cancellation));
    }

    /// <summary>Few orders, or at least that many; by the clock, who ordered in the last 30 days.</summary>
    static LifecycleModel Split(int orders) => new("Split", "", "", [
        new("few", "", "", "", [new(Condition.Whole(Feature.OrdersWithin, null, orders - 1, 30))]),
        new("many", "", "", "", [new(Condition.Whole(Feature.OrdersWithin, orders, null, 30))]),
    ]);

    async Task ActivateAsync(LifecycleModel model, DateTimeOffset now, bool isNew = false)
    {
        Assert.Equal(Refusal.None, (isNew ? await _store.CreateModelAsync("tea", "mine", model, false, now, Cancellation) : await _store.UpdateModelAsync("tea", "mine", model, "", false, now, Cancellation)).Refusal);
        Assert.Equal(Refusal.None, (await _store.ActivateModelAsync("tea", "mine", 0, "", false, now, Cancellation)).Refusal);
    }

    async Task WorkAsync(DateTimeOffset now)
    {
        while (await _store.StepAsync(1, now, Cancellation) is not null) { }
    }

    [Fact]
    public async Task A_new_revision_tells_those_who_move_and_the_first_one_nobody()
    {
        await ApplyAsync(Now, Visits("user:0", "2024-06-20"), Buys("user:1", Ordered("a", "2024-06-20")), Buys("user:2", Ordered("a", "2024-06-20")), Buys("user:2", Ordered("b", "2024-06-21")));
        await ActivateAsync(Split(2), Now, isNew: true);
        await WorkAsync(Now);
        Assert.DoesNotContain(await FeedAsync(), t => t.Model == "mine");
        await ActivateAsync(Split(1), Now);
        await WorkAsync(Now.AddHours(1));
        Assert.Equal(
            [("user:1", 2, "few", "many", Now.AddHours(1), Now.AddHours(1), new Cause(CauseKind.Model))],
            (await FeedAsync()).Where(t => t.Model == "mine").Select(t => (t.Customer, t.ModelRevision, t.From, t.To, t.Effective, t.Recorded, t.Cause)));
        var uses = await _store.ListUsesAsync("tea", "mine", Cancellation);
        Assert.Equal([(1, Now, Now.AddHours(1)), (2, Now.AddHours(1), null)], uses.Select(u => (u.Model.Revision, u.ActiveTime!.Value, u.RetireTime)));
    }

    [Fact]
    public async Task What_the_clock_did_before_a_new_revision_is_told_as_the_clocks()
    {
        await ApplyAsync(Now, Buys("user:1", Ordered("a", "2024-06-20")));
        await ActivateAsync(Split(1), Now, isNew: true);
        await WorkAsync(Now);
        // Its window ends while nobody looks; the new revision begins before and is done after.
        await ActivateAsync(Split(2), Now.AddDays(1));
        await _store.StepAsync(1, Now.AddDays(1), Cancellation);
        await WorkAsync(Now.AddDays(40));
        Assert.Equal([("many", "few", Drifting, CauseKind.Clock)], (await FeedAsync()).Where(t => t.Model == "mine").Select(t => (t.From, t.To, t.Effective, t.Cause.Kind)));
        await SweepAsync(Now.AddDays(40));
        Assert.Equal([("many", "few")], (await FeedAsync()).Where(t => t.Model == "mine").Select(t => (t.From, t.To)));
    }

    [Fact]
    public async Task A_sweep_passes_over_what_is_being_removed_whoever_is_gone_from_it()
    {
        await ApplyAsync(Now, Buys("user:1", Ordered("a", "2024-06-20")), Buys("user:2", Ordered("a", "2024-06-20")), Buys("user:3", Ordered("a", "2024-06-20")));
        await ActivateAsync(Split(1), Now, isNew: true);
        await WorkAsync(Now);
        Assert.Equal(Refusal.None, (await _store.DeactivateModelAsync("tea", "mine", "", Now, Cancellation)).Refusal);
        await ApplyAsync(Now, Resets("user:1", ResetKind.Erased, "2024-06-30"), Resets("user:2", ResetKind.Moved, "2024-06-30"));
        while (await SweepAsync(Drifting, 1) == 1) { }
        Assert.Equal(Sleeper, await _store.FindNextDueAsync(Cancellation));
        Assert.DoesNotContain(await FeedAsync(), t => t.Model == "mine");
        await WorkAsync(Drifting);
        Assert.DoesNotContain(await Tables.ReadAsync(_test.Database), r => r.Contains("| mine |", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_with_the_position_of_the_customers_partition()
    {
        for (var partition = 1; partition < 4; partition++)
            Assert.NotNull(await _store.ApplyAsync(new EventBatch(partition, 0, 100 + partition, [], [Visits($"user:{partition}", "2024-06-01"), Visits($"user:{partition}-b", "2024-06-01")]), Now, Cancellation));
        for (var partition = 1; partition < 4; partition++)
            Assert.Equal(100 + partition, (await _store.FindCustomerAsync(_shop, $"user:{partition}-b", Sources.All, Cancellation))!.Position);
        Assert.Equal([101, 101, 102, 102, 103, 103], (await _store.ListCustomersAsync(_shop, "", true, Sources.All, 10, Cancellation)).Select(c => (int)c.Position));
    }

    [Fact]
    public async Task A_late_refund_changes_yesterday_as_known_now_and_not_as_known_then()
    {
        await ApplyAsync(Now, Buys("user:a", Ordered("o1", "2024-06-20T10:00:00Z")), Visits("user:b", "2024-06-01"));
        var (yesterday, known) = (Utc("2024-06-29T12:00:00Z"), Utc("2024-06-30T13:00:00Z"));
        await ApplyAsync(Now.AddDays(1), Buys("user:a", Refunded("o1", "2024-06-25"), known: "2024-07-01"));
        Assert.Equal(new() { ["prospect"] = (2, 0) }, await CountAsync(yesterday));
        Assert.Equal(new() { ["prospect"] = (1, 0), ["new"] = (1, 10) }, await CountAsync(yesterday, known));
        Assert.Equal(await CountAsync(yesterday), await CountAsync(yesterday, Utc("2024-07-01")));
        Assert.Equal([("new", "prospect", 1), ("prospect", "prospect", 1)], await FlowsAsync(null));
        Assert.Equal([("new", "new", 1), ("prospect", "prospect", 1)], await FlowsAsync(known));

        async Task<IEnumerable<(string?, string, int)>> FlowsAsync(DateTimeOffset? knownAt)
            => (await _store.CountFlowsAsync(_shop, await ClcAsync(), Utc("2024-06-21"), yesterday, knownAt, true, Cancellation)).Select(f => (f.Key.From?.Id, f.Key.To.Id, (int)f.Value)).Order();
    }

    /// <summary>Of a customer whom the sweep moves, and of one whom it does not.</summary>
    [Theory]
    [InlineData("user:a")]
    [InlineData("user:b")]
    public async Task A_batch_that_was_worked_out_before_a_sweep_tells_what_one_after_it_would(string customer)
    {
        await ApplyAsync(Now, Buys("user:a", Ordered("o1", "2024-06-20T10:00:00Z")), Buys("user:b", Ordered("o1", "2024-06-25T10:00:00Z")));
        var (held, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var holding = _test.Database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync(_store.LockPositionsSql, transaction: write.Transaction);
            held.SetResult();
            await go.Task;
        }, Cancellation);
        await held.Task;
        // Both wait for whoever writes; the batch was worked out by then.
        var (sweeping, applying) = (SweepAsync(Drifting), ApplyAsync(Drifting.AddMinutes(1), Buys(customer, Ordered("o2", Drifting.AddSeconds(1).ToString("O")))));
        go.SetResult();
        await Task.WhenAll(holding, sweeping, applying);
        while (await SweepAsync(Drifting) > 0) { }

        List<(string, string, string, DateTimeOffset, CauseKind)> expected = [("user:a", "new", "drifting", Drifting, CauseKind.Clock)];
        expected.Add((customer, customer == "user:a" ? "drifting" : "new", "promising", Drifting.AddSeconds(1), CauseKind.Event));
        Assert.Equal(expected.Order(), (await FeedAsync()).Skip(2).Select(t => (t.Customer, t.From, t.To, t.Effective, t.Cause.Kind)).Order());
    }

    [Fact]
    public async Task Replicas_that_apply_and_sweep_at_once_tell_nothing_twice()
    {
        await using var database = _test.OpenAnother();
        var other = new SegmentationStore(database);
        const int Batches = 12, Customers = 8;
        async Task ApplyAllAsync(SegmentationStore store, int partition)
        {
            for (var i = 0; i < Batches; i++)
            {
                var now = Now.AddDays(i * 20);
                Sighting[] batch = [.. Enumerable.Range(0, Customers).Where(c => (c + i) % 3 == 0).Select(c => Buys($"user:{partition}-{c}", Ordered($"o{i}", now.AddHours(-1).ToString("O"))))];
                // Null where the other one was first.
                await store.ApplyAsync(new EventBatch(partition, i, i + 1, [], batch), now, Cancellation);
            }
        }
        async Task SweepAllAsync(SegmentationStore store)
        {
            for (var day = 0; day < Batches * 20; day += 5) await store.SweepAsync(Now.AddDays(day), 3, Cancellation);
        }
        await Task.WhenAll(((SegmentationStore[])[_store, other]).SelectMany(s => (Task[])[ApplyAllAsync(s, 1), ApplyAllAsync(s, 2), SweepAllAsync(s)]));
        var end = Now.AddDays(Batches * 20);
        while (await SweepAsync(end, 5) == 5) { }
        Assert.Equal((Batches, Batches), (await _store.ReadCheckpointAsync(1, Cancellation), await _store.ReadCheckpointAsync(2, Cancellation)));
        Assert.Equal((await Feed.EvaluateAsync(_store, "tea", [Clc], end)).Sorted(), Feed.Replay(await FeedAsync(), London).Sorted());
    }
}
