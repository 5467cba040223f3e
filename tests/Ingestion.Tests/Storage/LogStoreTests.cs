using FsCheck;
using FsCheck.Fluent;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class SqliteLogStoreTests : LogStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerLogStoreTests : LogStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the log promises, on every dialect.</summary>
public abstract class LogStoreTests : IAsyncLifetime
{
    const int Partitions = 3;
    TestStore _store = null!;
    LogStore _log = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _log = await OpenAsync(_store.Database);
        foreach (var shop in (string[])["shop", "other", "rare"]) await _log.CreateShopAsync(_store.Database, shop, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    static async Task<LogStore> OpenAsync(Database database)
    {
        var log = new LogStore(database, Partitions);
        await log.OpenAsync(Cancel);
        return log;
    }

    [Fact]
    public async Task A_customers_events_come_in_order_page_by_page_and_nobody_elses_do()
    {
        // The same name in two shops, and another that differs by case alone, all in one partition.
        var name = Enumerable.Range(0, 1_000).Select(i => $"Ann{i}").First(n => ((string[])["shop", "other"]).All(s => Of(s, n) == 1 && Of(s, n.ToLowerInvariant()) == 1));
        var (upper, lower) = (CustomerId.Anonymous(name), CustomerId.Anonymous(name.ToLowerInvariant()));
        await _log.AppendAsync([.. Enumerable.Range(0, 600).Select(i => Some.LogEvent($"m{i}", 1, i % 200 == 5 ? "other" : "shop") with { Ids = [i % 100 == 5 ? upper : lower] })], Cancel);

        Assert.Equal([106, 306], (await _log.EventsOfAsync(1, "shop", upper.Text, 0, 2, Cancel)).Select(e => e.Position));
        Assert.Equal([506], (await _log.EventsOfAsync(1, "shop", upper.Text, 306, 2, Cancel)).Select(e => e.Position));
        Assert.Equal([6, 206, 406], (await _log.EventsOfAsync(1, "other", upper.Text, 0, 100, Cancel)).Select(e => e.Position));
        Assert.Empty(await _log.EventsOfAsync(2, "shop", upper.Text, 0, 100, Cancel));
        Assert.Empty(await _log.EventsOfAsync(1, "shop", upper.Text, 506, 100, Cancel));
        var e = Assert.Single(await _log.EventsOfAsync(1, "shop", upper.Text, 306, 100, Cancel));
        Assert.Equal(("shop", upper.Text, Some.LogEvent("").EventTime), (e.Shop, e.Customer, e.EventTime));
        Assert.Equal(Some.LogEvent("").Payload, e.Payload);
    }

    int Of(string shop, string name) => _log.PartitionOf(shop, CustomerId.Anonymous(name));

    [Fact]
    public async Task Keeps_every_field_as_it_came()
    {
        var e = new LogEvent("shop", [Some.User("Ünï🙂 'x' \"y\"", 1, "shop")], "it's [1] \\ \"quoted\" 🙂", Some.Instant.AddDays(-400), Some.Instant, [0, 255, 10, 0]);

        Assert.Equal(Positions(1), await _log.PositionsAsync([e], Cancel));
        Assert.Equal(Positions(0), await _log.PositionsAsync([e], Cancel));

        var read = Assert.Single((await ReadAllAsync(_log))[1]);
        Assert.Equal((1, e.Shop, e.Ids[0].Text, true, e.EventTime, e.ReceiveTime), (read.Position, read.Shop, read.Customer, read.Identified, read.EventTime, read.ReceiveTime));
        Assert.Equal(e.Payload, read.Payload);
    }

    [Fact]
    public async Task The_first_receipt_wins()
    {
        var first = Some.LogEvent("m") with { Payload = [1] };
        Assert.Equal(Positions(1, 0), await _log.PositionsAsync([first, first with { Payload = [2] }], Cancel));
        Assert.Equal(Positions(0, 2), await _log.PositionsAsync([Some.LogEvent("m", 2), Some.LogEvent("n")], Cancel));

        var logged = await ReadAllAsync(_log);
        Assert.Equal([1], logged[0][0].Payload);
        Assert.Empty(logged[2]);
    }

    [Fact]
    public async Task Ids_are_case_sensitive_and_belong_to_their_shop()
        => Assert.Equal(Positions(1, 2, 3), await _log.PositionsAsync([Some.LogEvent("m"), Some.LogEvent("M"), Some.LogEvent("m", 0, "other")], Cancel));

    [Fact]
    public async Task Keeps_the_number_of_partitions_it_was_started_with()
    {
        Assert.Equal(Partitions, await new LogStore(_store.Database, Partitions + 1).OpenAsync(Cancel));
        Assert.Equal(Positions(0, 0, 0), await _log.RefreshHeadsAsync(Cancel));
    }

    [Fact]
    public async Task Several_first_starts_at_once_agree_on_the_partitions()
    {
        await using var fresh = await CreateAsync();
        await RaceAsync(fresh, 4, async (database, _) => Assert.Equal(Partitions, await new LogStore(database, Partitions).OpenAsync(Cancel)));
    }

    [Fact]
    public async Task Racing_replicas_record_each_message_once_at_dense_positions()
    {
        // Every replica sends the same 120 ids, each in its own order and cut, every third under another partition's name.
        var placed = new List<(string Id, string Customer, int Partition, long Position)>();
        await RaceAsync(_store, 4, async (database, replica) =>
        {
            var log = await OpenAsync(database);
            var mine = Enumerable.Range(0, 120).Select(i => Some.LogEvent($"m{i * (replica * 2 + 1) * 7 % 121}", (i + (i % 3 == 0 ? replica : 0)) % Partitions)).ToList();
            foreach (var batch in mine.Chunk(10 + replica))
            {
                var results = (await log.AppendAsync(batch, Cancel)).Results;
                lock (placed) placed.AddRange(batch.Zip(results).Where(p => p.Second.Position > 0).Select(p => (p.First.MessageId, p.First.Ids[0].Text, p.Second.Partition, p.Second.Position)));
            }
        });

        Assert.Equal(placed.Count, placed.Select(p => p.Id).Distinct().Count());
        await AssertDenseAsync(placed.Count);
        foreach (var (partition, logged) in await ReadAllAsync(_log))
            Assert.Equal(placed.Where(p => p.Partition == partition).OrderBy(p => p.Position).Select(p => p.Customer), logged.Select(e => e.Customer));
    }

    [Fact]
    public async Task A_failed_commit_leaves_nothing_and_no_gap()
    {
        await _log.PositionsAsync([Some.LogEvent("before")], Cancel);
        var tooLong = Some.LogEvent("bad") with { Payload = null! };

        await Assert.ThrowsAnyAsync<Exception>(() => _log.AppendAsync([Some.LogEvent("x"), tooLong, Some.LogEvent("y", 1)], Cancel));

        Assert.Equal(Positions(1, 0, 0), await _log.RefreshHeadsAsync(Cancel));
        Assert.Equal(Positions(2, 1), await _log.PositionsAsync([Some.LogEvent("x"), Some.LogEvent("y", 1)], Cancel));
        await AssertDenseAsync(3);
    }

    [Fact]
    public async Task Readers_hear_of_a_commit_at_once_and_of_another_replicas_when_the_heads_are_looked_at()
    {
        var own = _log.Heads.BeyondAsync(0, 0);
        Assert.False(own.IsCompleted);
        await _log.PositionsAsync([Some.LogEvent("a")], Cancel);
        await own.WaitAsync(TimeSpan.FromSeconds(5), Cancel);

        var next = _log.Heads.BeyondAsync(0, 1);
        await using var database = _store.OpenAnother();
        await (await OpenAsync(database)).PositionsAsync([Some.LogEvent("b")], Cancel);
        Assert.False(next.IsCompleted);
        await _log.RefreshHeadsAsync(Cancel);
        await next.WaitAsync(TimeSpan.FromSeconds(5), Cancel);
        Assert.Equal(2, _log.Heads[0]);
    }

    [Fact]
    public async Task Pages_are_ranges_of_positions_cut_at_their_bytes()
    {
        await _log.PositionsAsync([.. Enumerable.Range(1, 10).Select(i => Some.LogEvent($"m{i}", 0, i % 5 == 0 ? "rare" : "shop"))], Cancel);

        Assert.Equal((4L, 3, 7L), Outline(await _log.ReadAsync(0, 3, 7, "shop", 1_000, Cancel)));
        Assert.Equal((4L, 4, 7L), Outline(await _log.ReadAsync(0, 3, 7, null, 1_000, Cancel)));
        Assert.Equal((5L, 1, 7L), Outline(await _log.ReadAsync(0, 3, 7, "rare", 1_000, Cancel)));
        // Three bytes each: the third passes seven.
        Assert.Equal((4L, 3, 6L), Outline(await _log.ReadAsync(0, 3, 10, null, 7, Cancel)));
        Assert.Equal((0L, 0, 4L), Outline(await _log.ReadAsync(0, 3, 4, "rare", 1_000, Cancel)));

        static (long First, int Count, long Next) Outline(LogPage page) => (page.Events.Count == 0 ? 0 : page.Events[0].Position, page.Events.Count, page.Next);
    }

    [Fact]
    public async Task A_shop_is_announced_once_in_every_partition_however_many_create_it()
    {
        var added = 0;
        await RaceAsync(_store, 4, async (database, replica) =>
        {
            var shops = new ShopStore(database, await OpenAsync(database));
            var shop = new Shop("new", "Europe/London", replica % 2 == 0 ? "GBP" : "EUR", Some.Instant, Some.Instant);
            var (there, mine) = await shops.AddAsync(shop, s => [.. Enumerable.Range(0, Partitions).Select(p => Some.PlacedEvent("configured", p, s.Id) with { Customer = "" })], Cancel);
            if (mine) Interlocked.Increment(ref added);
            Assert.Equal(there, await shops.FindAsync("new", Cancel));
        });

        Assert.Equal(1, added);
        await AssertDenseAsync(Partitions);
        Assert.Equal(Positions(1, 1, 1), await _log.RefreshHeadsAsync(Cancel));
        Assert.Null(await new ShopStore(_store.Database, _log).FindAsync("unknown", Cancel));
    }

    [Fact]
    public async Task Changes_of_a_shop_take_turns_each_later_than_the_one_before_and_another_replica_sees_the_last()
    {
        var watching = new ShopStore(_store.Database, _log);
        Assert.Equal("UTC", (await watching.FindAsync("shop", Cancel))!.TimeZone);
        string[] zones = ["Asia/Tokyo", "Europe/London", "Asia/Tokyo", "America/New_York"];
        var told = new System.Collections.Concurrent.ConcurrentBag<Shop>();
        await RaceAsync(_store, zones.Length, async (database, replica) =>
        {
            var shops = new ShopStore(database, await OpenAsync(database));
            // Of the instant at which it was created: a clock that stands still must not put two changes at one time.
            var change = await shops.UpdateAsync("shop", zones[replica], "", isDry: false, Some.Instant, Announce, Cancel);
            if (change.IsChanged) told.Add(change.Shop!);
        });

        Shop[] changes = [.. told.OrderBy(s => s.UpdateTime)];
        Assert.Equal(Enumerable.Range(1, changes.Length).Select(i => Some.Instant.AddMilliseconds(i)), changes.Select(s => s.UpdateTime));
        Assert.Equal(changes[^1], await watching.FindAsync("shop", Cancel));
        for (var partition = 0; partition < Partitions; partition++)
            Assert.Equal(changes.Select(s => s.UpdateTime), (await _log.ReadAsync(partition, 0, changes.Length, null, int.MaxValue, Cancel)).Events.Select(e => e.EventTime));

        static IReadOnlyList<PlacedEvent> Announce(Shop s) => [.. Enumerable.Range(0, Partitions).Select(p => Some.PlacedEvent("configured", p, s.Id) with { Customer = "", EventTime = s.UpdateTime })];
    }

    [Fact]
    public void Any_batching_and_repetition_by_any_number_of_writers_gives_the_same_log()
    {
        var runs = from writers in Gen.Choose(1, 3)
                   from ids in Gen.Choose(0, 30).NonEmptyListOf()
                   from cuts in Gen.Choose(1, 7).ListOf(8)
                   select (Writers: writers, Ids: ids.ToArray(), Cuts: cuts.ToArray());

        // Each run is a shop of its own in the same log.
        var shops = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(runs.ToArbitrary(), run => RunAsync($"shop-{++shops}", run.Writers, run.Ids, run.Cuts).GetAwaiter().GetResult()));
    }

    async Task<bool> RunAsync(string shop, int writers, int[] ids, int[] cuts)
    {
        await _log.CreateShopAsync(_store.Database, shop, Cancel);
        await RaceAsync(_store, writers, async (database, writer) =>
        {
            var log = await OpenAsync(database);
            var mine = ids.Select(id => Some.LogEvent($"m{id}", id % Partitions, shop)).ToList();
            for (var (at, cut) = (0, writer); at < mine.Count; cut++)
            {
                var size = Math.Min(cuts[cut % cuts.Length], mine.Count - at);
                await log.PositionsAsync(mine.GetRange(at, size), Cancel);
                at += size;
            }
        });
        var logged = await ReadAllAsync(_log);
        return logged.SelectMany(p => p.Value).Where(e => e.Shop == shop).Select(e => e.Customer).Order(StringComparer.Ordinal).SequenceEqual(ids.Distinct().Select(id => Some.User($"m{id}", id % Partitions, shop).Text).Order(StringComparer.Ordinal))
            && logged.Values.All(p => p.Select(e => e.Position).SequenceEqual(Enumerable.Range(1, p.Count).Select(i => (long)i)));
    }

    /// <summary>Runs <paramref name="work"/> in as many replicas at once, each with its own database.</summary>
    static Task RaceAsync(TestStore store, int replicas, Func<Database, int, Task> work) => Task.WhenAll(Enumerable.Range(0, replicas).Select(replica => Task.Run(async () =>
    {
        await using var database = store.OpenAnother();
        await work(database, replica);
    }, Cancel)));

    static long[] Positions(params long[] positions) => positions;

    async Task AssertDenseAsync(int expected)
    {
        var logged = await ReadAllAsync(_log);
        Assert.Equal(expected, logged.Values.Sum(p => p.Count));
        Assert.All(logged.Values, p => Assert.Equal(Enumerable.Range(1, p.Count).Select(i => (long)i), p.Select(e => e.Position)));
    }

    static async Task<Dictionary<int, List<LoggedEvent>>> ReadAllAsync(LogStore log)
    {
        await log.RefreshHeadsAsync(Cancel);
        var all = new Dictionary<int, List<LoggedEvent>>();
        for (var p = 0; p < Partitions; p++) all[p] = [.. (await log.ReadAsync(p, 0, log.Heads[p], null, int.MaxValue, Cancel)).Events];
        return all;
    }
}
