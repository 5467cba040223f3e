using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage.Identity;

public sealed class SqliteIdentityStoreTests : IdentityStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerIdentityStoreTests : IdentityStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the store of identities promises, on every dialect.</summary>
public abstract class IdentityStoreTests : IAsyncLifetime
{
    const int Partitions = 3;
    static readonly DateTimeOffset Later = Some.Instant.AddHours(1);
    TestStore _store = null!;
    LogStore _log = null!;
    IdentityStore _identities = null!;
    int _messages;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        (_log, _identities) = await OpenAsync(_store.Database);
        foreach (var shop in (string[])["shop", "other"]) await CreateShopAsync(shop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    static async Task<(LogStore Log, IdentityStore Identities)> OpenAsync(Database database)
    {
        var log = new LogStore(database, Partitions, linkLimits: new LinkLimits(Anonymous: 3));
        await log.OpenAsync(Cancel);
        return (log, new IdentityStore(database, log));
    }

    Task CreateShopAsync(string shop) => new ShopStore(_store.Database, _log).AddAsync(new Shop(shop, "UTC", "GBP", Some.Instant, Some.Instant), _ => [], Cancel);

    static CustomerId Id(string text) => text[0] switch
    {
        'u' => CustomerId.User(text),
        'x' => CustomerId.External("shopify", text),
        'e' => CustomerId.Email(text + "@example.com"),
        _ => CustomerId.Anonymous(text),
    };

    LogEvent Carrying(string ids, string shop = "shop") => new(shop, [.. ids.Split('+').Select(Id)], $"m{Interlocked.Increment(ref _messages)}", Some.Instant, Some.Instant, System.Text.Encoding.UTF8.GetBytes(ids));

    async Task<AppendReport> RecordAsync(params string[] events) => await _log.AppendAsync([.. events.Select(e => Carrying(e))], Cancel);

    /// <summary>As the worker does, with the ids as payload.</summary>
    static async Task MoveAsync(LogStore log, IdentityStore identities, int pieceMax = 2, int stepsMax = int.MaxValue)
    {
        for (; stepsMax > 0 && await identities.DueAsync(1, Cancel) is [var due]; stepsMax--)
        {
            if (due.Until > 0)
            {
                var piece = await identities.PieceAsync(due, pieceMax, Cancel);
                await identities.CopyAsync(due, [.. piece.Events.Select(e => new Copy(e, Ids(e)[0], "moved"))], piece.Next, Later, Cancel);
            }
            else if (!await identities.HasAnyAsync(due, Cancel)) await identities.FinishAsync([due], Cancel);
            else await identities.BeginAsync(due, log.Place(due.Customer, due.Shop, "", Later, Later, [0]), Cancel);
        }

        static CustomerId[] Ids(LoggedEvent e) => [.. System.Text.Encoding.UTF8.GetString(e.Payload).Split('+').Select(Id)];
    }

    /// <summary>Per customer the payloads of what counts: behind their last reset.</summary>
    async Task<Dictionary<string, List<string>>> CurrentAsync(string shop = "shop")
    {
        var current = new Dictionary<string, List<string>>();
        var heads = await _log.RefreshHeadsAsync(Cancel);
        for (var p = 0; p < Partitions; p++)
        {
            var logged = (await _log.ReadAsync(p, 0, heads[p], null, int.MaxValue, Cancel)).Events;
            Assert.Equal(Enumerable.Range(1, logged.Count).Select(i => (long)i), logged.Select(e => e.Position));
            foreach (var e in logged.Where(e => e.Shop == shop && e.Customer.Length > 0))
            {
                Assert.Equal(p, StableHash.Partition(shop, e.Customer, Partitions));
                if (e.Payload is [0]) current.Remove(e.Customer);
                else (current.TryGetValue(e.Customer, out var events) ? events : current[e.Customer] = []).Add(System.Text.Encoding.UTF8.GetString(e.Payload));
            }
        }
        return current;
    }

    async Task<string> OutlineAsync() => string.Join(" | ", (await CurrentAsync()).Where(c => c.Value.Count > 0).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}: {string.Join(' ', c.Value.Order(StringComparer.Ordinal))}"));

    async Task<IdentityChange> MergeAsync(string from, string to, string? request = null)
    {
        var (change, fault) = await _identities.MergeAsync(new MergeOrder("shop", Id(from), Id(to), "ann", "same person", request, Later), Cancel);
        Assert.Equal(MergeFault.None, fault);
        return change!;
    }

    Task<IdentityChange?> UnmergeAsync(long number) => _identities.UnmergeAsync(new UnmergeOrder("shop", number, "bob", "was wrong", Later), Cancel);

    [Fact]
    public async Task Links_outlive_the_commit_that_made_them_in_every_process()
    {
        Assert.Equal(2, (await RecordAsync("a1", "e1+a1", "u1+e1")).LinkedCount);

        await using var database = _store.OpenAnother();
        var (other, _) = await OpenAsync(database);
        Assert.Equal(0, (await other.AppendAsync([Carrying("a1"), Carrying("e1"), Carrying("u2+a1")], Cancel)).LinkedCount);
        Assert.Equal(0, (await RecordAsync("a1", "e1", "u1+a1")).LinkedCount);

        await MoveAsync(_log, _identities);
        Assert.Equal("user:u1: a1 a1 a1 e1 e1 e1+a1 u1+a1 u1+e1 | user:u2: u2+a1", await OutlineAsync());
    }

    [Fact]
    public async Task A_process_hears_of_what_another_links_and_unlinks()
    {
        await using var database = _store.OpenAnother();
        var (other, identities) = await OpenAsync(database);
        await RecordAsync("u1", "u2", "a1");
        await other.AppendAsync([Carrying("u1+a1")], Cancel);
        Assert.Equal(0, (await RecordAsync("u2+a1", "a1")).LinkedCount);
        var link = Assert.Single((await identities.FindAsync("shop", Id("a1"), Cancel))!.Changes);

        await UnmergeAsync(link.Number);
        await other.AppendAsync([Carrying("a1"), Carrying("u1+a1")], Cancel);
        await MoveAsync(_log, _identities);

        Assert.Equal("anon:a1: a1 a1 a1 | user:u1: u1 u1+a1 u1+a1 | user:u2: u2 u2+a1", await OutlineAsync());
    }

    [Fact]
    public async Task The_limit_counts_what_joined_in_earlier_commits()
    {
        await RecordAsync("u1+a1", "u1+a2");
        Assert.Equal((1, 1), Counts(await RecordAsync("u1+a3", "u1+a4")));
        Assert.Equal((0, 1), Counts(await RecordAsync("u1+a5")));
        Assert.Null(await _identities.FindAsync("shop", Id("a5"), Cancel));

        static (int, int) Counts(AppendReport report) => (report.LinkedCount, report.LimitedCount);
    }

    [Fact]
    public async Task Tells_who_a_customer_is_by_any_id_of_theirs()
    {
        await RecordAsync("a1", "e1+a1", "u1+e1", "u9");
        foreach (var id in (string[])["a1", "e1", "u1"])
        {
            var identity = await _identities.FindAsync("shop", Id(id), Cancel);
            Assert.Equal(Id("u1"), identity!.Customer);
            Assert.Equal([("anon:a1", false), (Id("e1").Text, false), ("user:u1", true)], identity.Ids.Select(i => (i.Id.Text, i.LinkTime is null)));
            Assert.Equal([(ChangeKind.Linked, "anon:a1", Id("e1").Text, "m2"), (ChangeKind.Linked, Id("e1").Text, "user:u1", "m3")], identity.Changes.Select(c => (c.Kind, c.From.Text, c.To.Text, c.Actor)));
        }
        Assert.Equal([Id("u9")], (await _identities.FindAsync("shop", Id("u9"), Cancel))!.Ids.Select(i => i.Id));
        Assert.Null(await _identities.FindAsync("shop", Id("u8"), Cancel));
        Assert.Null(await _identities.FindAsync("other", Id("u1"), Cancel));
    }

    [Fact]
    public async Task Ids_are_case_sensitive_and_keep_every_character()
    {
        var odd = CustomerId.Anonymous("it's [1] \\ \"quoted\" 🙂");
        await _log.AppendAsync([Carrying("u1") with { Ids = [CustomerId.User("Ünï"), odd] }], Cancel);

        Assert.Equal(odd, (await _identities.FindAsync("shop", CustomerId.User("Ünï"), Cancel))!.Ids[0].Id);
        Assert.Null(await _identities.FindAsync("shop", CustomerId.User("ünï"), Cancel));
    }

    [Fact]
    public async Task History_moves_behind_a_reset_with_its_times_and_is_counted()
    {
        await RecordAsync("a1", "a1", "a1", "a1", "a1", "u1");
        await RecordAsync("u1+a1");
        await MoveAsync(_log, _identities);

        Assert.Equal("user:u1: a1 a1 a1 a1 a1 u1 u1+a1", await OutlineAsync());
        var moved = (await _log.EventsOfAsync(_log.PartitionOf("shop", Id("u1")), "shop", "user:u1", 0, 100, Cancel)).Where(e => e.ReattributeTime is not null).ToList();
        Assert.Equal(5, moved.Count);
        Assert.All(moved, e => Assert.Equal((Some.Instant, Some.Instant, Later, true), (e.EventTime, e.ReceiveTime, e.ReattributeTime!.Value, e.Identified)));
        Assert.Equal(5, Assert.Single((await _identities.FindAsync("shop", Id("u1"), Cancel))!.Changes).MovedEventCount);
        Assert.Empty(await _identities.DueAsync(1, Cancel));
    }

    [Fact]
    public async Task Somebody_without_events_is_not_reset()
    {
        await RecordAsync("u1+a1");
        await MoveAsync(_log, _identities);

        Assert.Equal(1, (await _log.RefreshHeadsAsync(Cancel)).Sum());
        Assert.Empty(await _identities.DueAsync(1, Cancel));

        await RecordAsync("u2+a2", "u3+e3+a3", "u4+a4");
        var due = await _identities.DueAsync(3, Cancel);
        Assert.Equal([Id("a2"), Id("e3"), Id("a3")], due.Select(d => d.Customer));
        await _identities.FinishAsync(due, Cancel);
        Assert.Equal(Id("a4"), Assert.Single(await _identities.DueAsync(3, Cancel)).Customer);
    }

    [Fact]
    public async Task Two_users_become_one_by_a_call_and_two_again_by_its_undoing_with_what_came_between()
    {
        await RecordAsync("u1", "u2", "u1+a1", "a1");
        var merge = await MergeAsync("u1", "u2");
        await MoveAsync(_log, _identities);
        await RecordAsync("u1", "a1", "u2", "u1+a2", "a2");
        Assert.Equal("user:u2: a1 a1 a2 u1 u1 u1+a1 u1+a2 u2 u2", await OutlineAsync());
        Assert.Equal(["anon:a1", "anon:a2", "user:u1", "user:u2"], (await _identities.FindAsync("shop", Id("a2"), Cancel))!.Ids.Select(i => i.Id.Text));

        var undo = await UnmergeAsync(merge.Number);
        await MoveAsync(_log, _identities);
        await RecordAsync("u1", "u2");

        // What joined the merged customer since is of who they are called by: the visitor a2 joined u2.
        Assert.Equal("user:u1: a1 a1 u1 u1 u1 u1+a1 u1+a2 | user:u2: a2 u2 u2 u2", await OutlineAsync());
        var identity = (await _identities.FindAsync("shop", Id("u1"), Cancel))!;
        Assert.Equal([("anon:a1", false), ("user:u1", true)], identity.Ids.Select(i => (i.Id.Text, i.Pinned)));
        Assert.Equal([ChangeKind.Linked, ChangeKind.Merged, ChangeKind.Unmerged], identity.Changes.Select(c => c.Kind));
        Assert.Equal((undo!.Number, merge.Number), (identity.Changes[1].Undo, identity.Changes[2].Undo));
        Assert.Equal(("user:u2", "user:u1", "bob", 6L), (undo.From.Text, undo.To.Text, undo.Actor, identity.Changes[2].MovedEventCount));
        Assert.Equal(undo with { MovedEventCount = 6 }, await UnmergeAsync(merge.Number));
    }

    [Fact]
    public async Task A_merge_that_is_undone_before_it_moved_moves_nothing()
    {
        await RecordAsync("u1", "u2", "u2");
        var merge = await MergeAsync("u1", "u2");
        await MoveAsync(_log, _identities, stepsMax: 1);
        await UnmergeAsync(merge.Number);
        await MoveAsync(_log, _identities);

        Assert.Equal("user:u1: u1 | user:u2: u2 u2", await OutlineAsync());
        Assert.Equal(0, (await _identities.ChangeAsync("shop", merge.Number, Cancel)).MovedEventCount);
    }

    [Fact]
    public async Task Merged_again_after_an_undoing_they_are_one_again()
    {
        await RecordAsync("u1", "u2");
        await UnmergeAsync((await MergeAsync("u1", "u2")).Number);
        await MergeAsync("u1", "u2");
        await RecordAsync("u1");
        await MoveAsync(_log, _identities);

        Assert.Equal("user:u2: u1 u1 u2", await OutlineAsync());
    }

    [Fact]
    public async Task A_request_is_answered_by_what_it_did_and_a_merge_refused_where_it_makes_no_sense()
    {
        await RecordAsync("u1", "u2", "e3", "u1+a1");
        var request = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
        var merge = await MergeAsync("a1", "u2", request);
        Assert.Equal(("user:u1", "user:u2"), (merge.From.Text, merge.To.Text));
        Assert.Equal(merge, await MergeAsync("a1", "u2", request));

        Assert.Equal(MergeFault.SameCustomer, await FaultAsync("u2", "a1"));
        Assert.Equal(MergeFault.StrongerJoinsWeaker, await FaultAsync("u1", "e3"));
        await _store.Database.WriteAsync(write => _identities.SuppressAsync(write, "shop", [Id("e3")], Cancel), Cancel);
        Assert.Equal(MergeFault.Erased, await FaultAsync("e3", "u1"));
        Assert.Null(await UnmergeAsync(4_711));
        Assert.Null(await UnmergeAsync((await UnmergeAsync(merge.Number))!.Number));
        Assert.Null(await _identities.UnmergeAsync(new UnmergeOrder("other", merge.Number, "bob", "", Later), Cancel));

        async Task<MergeFault> FaultAsync(string from, string to) => (await _identities.MergeAsync(new MergeOrder("shop", Id(from), Id(to), "ann", "", null, Later), Cancel)).Fault;
    }

    [Fact]
    public async Task Of_an_erased_id_only_a_hash_stays_and_its_events_are_refused_until_it_is_released()
    {
        await RecordAsync("u1+e1+a1");
        await _store.Database.WriteAsync(write => _identities.SuppressAsync(write, "shop", [Id("u1"), Id("a1"), Id("e1"), Id("x1")], Cancel), Cancel);

        var results = (await RecordAsync("u1", "u2+a1", "x1", "u2")).Results;
        Assert.Equal(["user:u1", "anon:a1", "ext:shopify:x1", null], results.Select(r => r.Suppressed?.Text));
        Assert.Equal([false, false, false, true], results.Select(r => r.Position > 0));
        Assert.All(await RowsAsync(), r => Assert.Equal((null, null, true), (r.Id, r.Parent, r.Suppressed)));
        Assert.Null(await _identities.FindAsync("shop", Id("a1"), Cancel));

        await using var database = _store.OpenAnother();
        var (other, identities) = await OpenAsync(database);
        Assert.NotNull((await other.AppendAsync([Carrying("a1")], Cancel)).Results[0].Suppressed);
        Assert.True(await database.WriteAsync(write => identities.ReleaseAsync(write, "shop", Id("a1")), Cancel));
        Assert.False(await database.WriteAsync(write => identities.ReleaseAsync(write, "shop", Id("a1")), Cancel));
        Assert.Equal(1, (await RecordAsync("u2+a1")).LinkedCount);
    }

    Task<List<KnownIdRow>> RowsAsync() => _store.Database.ReadAsync(async connection => (await connection.QueryAsync<KnownIdRow>($"SELECT id, parent, link_time, pinned, suppressed, reset_position FROM {_store.Database.Prefix}known_id")).AsList(), Cancel);

    [Fact]
    public async Task A_commit_that_fails_leaves_no_link_and_no_salt_behind()
    {
        await CreateShopAsync("fresh");
        LogEvent[] bad = [Carrying("u1+a1", "fresh"), Carrying("u2", "fresh") with { Payload = null! }];
        await RecordAsync("u9+a9");
        await Assert.ThrowsAnyAsync<Exception>(() => _log.AppendAsync(bad, Cancel));

        Assert.Equal(1, (await _log.AppendAsync([Carrying("u2+a1", "fresh")], Cancel)).LinkedCount);
        await using var database = _store.OpenAnother();
        Assert.Equal(0, (await (await OpenAsync(database)).Log.AppendAsync([Carrying("u1+a1", "fresh"), Carrying("a1", "fresh")], Cancel)).LinkedCount);
        Assert.Equal(["u1+a1"], (await CurrentAsync("fresh"))["user:u1"]);
    }

    [Fact]
    public async Task Of_callers_who_link_one_visitor_to_two_users_at_once_exactly_one_wins_and_nothing_is_lost()
    {
        await RecordAsync([.. Enumerable.Range(0, 10).Select(i => $"a{i}")]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(replica => Task.Run(async () =>
        {
            await using var database = _store.OpenAnother();
            var (log, identities) = await OpenAsync(database);
            for (var i = 0; i < 10; i++)
            {
                await log.AppendAsync([Carrying($"u{replica}-{i}+a{i}"), Carrying($"a{i}")], Cancel);
                await MoveAsync(log, identities, stepsMax: 2);
            }
        }, Cancel)));
        await MoveAsync(_log, _identities);

        var current = await CurrentAsync();
        for (var i = 0; i < 10; i++)
        {
            var customers = current.Where(c => c.Value.Any(e => e.EndsWith($"a{i}", StringComparison.Ordinal))).ToList();
            Assert.Equal(4, customers.Count);
            Assert.All(customers, c => Assert.Single(c.Value, e => e.EndsWith($"+a{i}", StringComparison.Ordinal)));
            Assert.Equal(5, Assert.Single(customers, c => c.Value.Contains($"a{i}")).Value.Count(e => e == $"a{i}"));
        }
    }

    enum Step { Record, Merge, Unmerge, Move, Reopen }

    [Fact]
    public void Any_sequence_of_events_merges_undoings_and_pieces_of_moving_ends_with_each_event_once_at_whom_its_ids_lead_to()
    {
        string[] pool = ["u1", "u2", "u3", "x1", "e1", "e2", "a1", "a2", "a3", "a4"];
        var steps = from kind in Gen.Frequency((8, Gen.Constant(Step.Record)), (2, Gen.Constant(Step.Merge)), (2, Gen.Constant(Step.Unmerge)), (4, Gen.Constant(Step.Move)), (1, Gen.Constant(Step.Reopen)))
                    from process in Gen.Choose(0, 1)
                    from ids in Gen.Choose(0, pool.Length - 1).ListOf(3)
                    select (Kind: kind, Process: process, Ids: ids.Distinct().Order().Select(i => pool[i]).ToArray());
        var shops = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(8), Prop.ForAll(steps.ListOf(25).ToArbitrary(), run => RunAsync($"law-{++shops}", [.. run]).GetAwaiter().GetResult()));
    }

    async Task<bool> RunAsync(string shop, List<(Step Kind, int Process, string[] Ids)> steps)
    {
        await CreateShopAsync(shop);
        var databases = new[] { _store.OpenAnother(), _store.OpenAnother() };
        var processes = new[] { await OpenAsync(databases[0]), await OpenAsync(databases[1]) };
        var (recorded, changes) = (new List<string>(), new List<long>());
        try
        {
            foreach (var (kind, process, ids) in steps)
            {
                var (log, identities) = processes[process];
                switch (kind)
                {
                    case Step.Record:
                        recorded.Add(string.Join('+', ids));
                        await log.AppendAsync([Carrying(recorded[^1], shop)], Cancel);
                        break;
                    case Step.Merge:
                        if ((await identities.MergeAsync(new MergeOrder(shop, Id(ids[0]), Id(ids[^1]), "ann", "", null, Later), Cancel)).Change is { } merge) changes.Add(merge.Number);
                        break;
                    case Step.Unmerge:
                        if (changes.Count > 0) await identities.UnmergeAsync(new UnmergeOrder(shop, changes[ids.Length * 7 % changes.Count], "bob", "", Later), Cancel);
                        break;
                    case Step.Move:
                        await MoveAsync(log, identities, pieceMax: 1, stepsMax: 2);
                        break;
                    default:
                        processes[process] = await OpenAsync(databases[process]);
                        break;
                }
            }
            await MoveAsync(_log, _identities);
            var expected = new List<(string, string)>();
            foreach (var e in recorded) expected.Add(((await _identities.FindAsync(shop, Id(e.Split('+')[0]), Cancel))!.Customer.Text, e));
            return (await CurrentAsync(shop)).SelectMany(c => c.Value.Select(e => (c.Key, e))).Order().SequenceEqual(expected.Order());
        }
        finally
        {
            foreach (var database in databases) await database.DisposeAsync();
        }
    }
}
