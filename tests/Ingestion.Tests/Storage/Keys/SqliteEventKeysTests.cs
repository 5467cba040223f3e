using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Keys;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage.Keys;

/// <summary>Exactly once, and every event of a customer, through sets, runs and merges, by several processes. Sets are tiny here, so that a few hundred events make several levels.</summary>
public sealed class SqliteEventKeysTests : IAsyncLifetime
{
    const int Partitions = 3;
    static readonly KeyLimits Tiny = new(SetMax: 20);
    TestStore _store = null!;
    LogStore _log = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.SqliteAsync(Program.House);
        _log = await OpenAsync(_store.Database, Tiny);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    static async Task<LogStore> OpenAsync(Database database, KeyLimits limits)
    {
        var log = new LogStore(database, Partitions, limits);
        await log.OpenAsync(Cancel);
        return log;
    }

    [Fact]
    public async Task Every_key_is_found_in_whichever_level_it_lies()
    {
        // 8 x 8 runs and some: two levels of merges, and keys in memory.
        await RecordAsync(_log, 0, 1_500);
        Assert.Contains(await RunsAsync(), r => r.Level == 2);

        Assert.Equal(1_500, await DuplicatesAsync(_log, 0, 1_500));
        Assert.Equal(0, await DuplicatesAsync(_log, 1_500, 1_520));
    }

    [Fact]
    public async Task Merged_runs_leave_nothing_behind()
    {
        await RecordAsync(_log, 0, 1_500);

        Assert.DoesNotContain(await RunsAsync(), r => r.State != KeyRuns.Read);
        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM key_chunk WHERE chunk >> 24 NOT IN (SELECT run FROM key_run)"));
        Assert.True((await RunsAsync()).GroupBy(r => (r.Level, r.UseOf)).All(l => l.Count() < 8));
    }

    [Fact]
    public async Task What_is_in_no_run_yet_is_read_again_by_the_next_start()
    {
        await _log.PositionsAsync(Events(0, 15), Cancel);
        Assert.Empty(await RunsAsync());

        await using var database = _store.OpenAnother();
        Assert.Equal(15, await DuplicatesAsync(await OpenAsync(database, Tiny), 0, 15));
    }

    [Fact]
    public async Task A_process_hears_of_what_others_recorded_and_of_the_runs_they_made()
    {
        await using var database = _store.OpenAnother();
        var other = await OpenAsync(database, Tiny);
        await RecordAsync(_log, 0, 300);
        Assert.Equal(300, await DuplicatesAsync(other, 0, 300));

        await RecordAsync(other, 300, 600);
        Assert.Equal(600, await DuplicatesAsync(_log, 0, 600));
        Assert.Equal(600, await DuplicatesAsync(other, 0, 600));
    }

    [Fact]
    public async Task A_failed_commit_adds_no_key()
    {
        await RecordAsync(_log, 0, 70);
        var bad = Events(70, 95);
        bad[20] = bad[20] with { Payload = null! };
        await Assert.ThrowsAnyAsync<Exception>(() => _log.AppendAsync(bad, Cancel));

        Assert.Equal(0, await DuplicatesAsync(_log, 70, 95));
        Assert.Equal(95, await DuplicatesAsync(_log, 0, 95));
    }

    [Fact]
    public async Task A_set_that_nobody_tidies_is_written_by_the_commit()
    {
        foreach (var batch in Events(0, 400).Chunk(25)) await _log.PositionsAsync(batch, Cancel);

        Assert.True((await RunsAsync()).Count >= 3);
        Assert.Equal(400, await DuplicatesAsync(_log, 0, 400));
    }

    [Fact]
    public async Task A_merge_that_stopped_half_way_is_finished_by_another_process()
    {
        // Runs of several chunks, so that the merge takes more than one piece.
        var limits = new KeyLimits(SetMax: 15_000);
        var log = await OpenAsync(_store.Database, limits);
        for (var from = 0; from < 120_000; from += 15_000)
        {
            await log.PositionsAsync(Events(from, from + 15_000), Cancel);
            Assert.True(await log.TidyAsync(Cancel));
        }
        while (!(await RunsAsync()).Exists(r => r.State == KeyRuns.Writing) || await CountAsync("SELECT COUNT(*) FROM key_chunk c INNER JOIN key_run r ON r.run = c.chunk >> 24 AND r.state = 0") == 0)
            Assert.True(await log.TidyAsync(Cancel));

        await using var database = _store.OpenAnother();
        var other = await OpenAsync(database, limits);
        while (await other.TidyAsync(Cancel)) { }

        Assert.Equal([(RunUse.Messages, 1, KeyRuns.Read), (RunUse.Customers, 1, KeyRuns.Read)], (await RunsAsync()).OrderBy(r => r.UseOf).Select(r => (r.UseOf, r.Level, r.State)));
        Assert.Equal(960, await CountAsync("SELECT COUNT(*) FROM key_chunk"));
        Assert.Equal(120_000, await DuplicatesAsync(log, 0, 120_000));
        Assert.Equal(120_000, await DuplicatesAsync(other, 0, 120_000));
    }

    [Fact]
    public async Task Runs_with_filters_of_another_size_stay_exact()
    {
        foreach (var (bits, i) in new[] { 6, 24, 12, 10, 24, 6, 8, 16, 12 }.Select((bits, i) => (bits, i)))
        {
            await using var database = _store.OpenAnother();
            await RecordAsync(await OpenAsync(database, Tiny with { FilterBits = bits }), i * 20, i * 20 + 20);
        }
        Assert.Equal(180, await DuplicatesAsync(_log, 0, 180));
        Assert.Equal(0, await DuplicatesAsync(_log, 180, 400));
    }

    [Fact]
    public async Task What_the_house_itself_writes_has_no_key()
    {
        await _store.Database.WriteAsync(write => _log.AppendOwnAsync(write, [Some.PlacedEvent("m1") with { Customer = "" }], Cancel), Cancel);
        await using var database = _store.OpenAnother();

        Assert.Equal(Positions(2), await (await OpenAsync(database, Tiny)).PositionsAsync([Some.LogEvent("m1")], Cancel));
        Assert.Equal(Positions(0), await _log.PositionsAsync([Some.LogEvent("m1")], Cancel));
    }

    [Fact]
    public async Task The_keys_of_an_older_version_are_carried_over()
    {
        await _log.PositionsAsync(Events(0, 500), Cancel);
        // As 0001 leaves it: keys in a table of their own.
        await _store.Database.WriteAsync(write => write.Connection.ExecuteAsync("""
            DROP TABLE key_run;
            DROP TABLE key_chunk;
            DROP TABLE key_mark;
            DROP TABLE key_generation;
            CREATE TABLE message_key (shop TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (shop, message_id)) STRICT, WITHOUT ROWID;
            INSERT INTO message_key (shop, message_id) SELECT shop, message_id FROM event;
            DELETE FROM migration WHERE name IN ('0002_key_runs', '0004_customer_runs')
            """, transaction: write.Transaction), Cancel);

        await using var database = _store.OpenAnother();
        Assert.Equal(2, await Migrator.ApplyAsync(database, Program.House.Home, Cancel));
        var next = await OpenAsync(database, Tiny);
        Assert.True((await RunsAsync()).Count >= 20);
        Assert.Equal(500, await DuplicatesAsync(next, 0, 500));
    }

    [Fact]
    public async Task Of_two_messages_with_one_digest_each_is_recorded_once()
    {
        await RecordAsync(_log, 0, 100);
        await _log.PositionsAsync([Some.LogEvent("twin")], Cancel);
        // No two texts of one digest are known: here the event's id changes behind the key's back instead.
        await _store.Database.WriteAsync(write => write.Connection.ExecuteAsync("UPDATE event SET message_id = 'other-' || message_id", transaction: write.Transaction), Cancel);

        Assert.Equal(0, await DuplicatesAsync(_log, 0, 100));
        Assert.NotEqual(Positions(0), await _log.PositionsAsync([Some.LogEvent("twin")], Cancel));
        await TidyAsync(_log);
        Assert.Equal(100, await DuplicatesAsync(_log, 0, 100));
        Assert.Equal(Positions(0), await _log.PositionsAsync([Some.LogEvent("twin")], Cancel));
    }

    [Fact]
    public async Task What_retention_removed_stays_known_and_what_was_erased_does_not()
    {
        await RecordAsync(_log, 0, 300);
        await _store.Database.WriteAsync(write => write.Connection.ExecuteAsync("""
            DELETE FROM event WHERE position <= 20;
            UPDATE event SET customer = '', message_id = '', payload = x'' WHERE position BETWEEN 31 AND 40
            """, transaction: write.Transaction), Cancel);

        await using var database = _store.OpenAnother();
        var log = await OpenAsync(database, Tiny);
        Assert.Equal(300 - Partitions * 10, await DuplicatesAsync(log, 0, 300));
        Assert.Equal(300, await DuplicatesAsync(_log, 0, 300));
        Assert.Empty((await log.EventsOfAsync(0, "shop", Some.User("m0", 0).Text, 0, 10, Cancel)));
    }

    [Fact]
    public async Task A_customers_events_are_found_in_runs_of_every_level_and_in_memory()
    {
        // One event in each 40 is theirs, over 13 blocks and two levels of merges.
        var (seldom, crowd) = (Some.Anonymous("seldom", 1), Some.Anonymous("crowd", 1));
        List<LogEvent> log = [.. Events(0, 3_300).Select((e, i) => e with { Ids = [i % 40 == 0 ? seldom : crowd] })];
        foreach (var batch in log.Chunk(15))
        {
            await _log.AppendAsync(batch, Cancel);
            await TidyAsync(_log);
        }
        Assert.Contains(await RunsAsync(), r => r is { UseOf: RunUse.Customers, Level: > 0 });

        Assert.Equal(Enumerable.Range(0, 83).Select(i => i * 40L + 1), await PositionsOfAsync(_log, 1, "shop", seldom.Text, pageMax: 7));
        Assert.Equal(log.Count - 83, (await PositionsOfAsync(_log, 1, "shop", crowd.Text, pageMax: 1_000)).Count);
        Assert.Equal([3_241, 3_281], (await _log.EventsOfAsync(1, "shop", seldom.Text, 3_240, 10, Cancel)).Select(e => e.Position));
        Assert.Empty(await _log.EventsOfAsync(0, "shop", seldom.Text, 0, 10, Cancel));
        Assert.Empty(await _log.EventsOfAsync(1, "other", seldom.Text, 0, 10, Cancel));
        Assert.Empty(await _log.EventsOfAsync(1, "shop", "anon:nobody", 0, 10, Cancel));
    }

    [Fact]
    public async Task Of_two_customers_with_one_digest_each_has_their_own_events()
    {
        await RecordAsync(_log, 0, 90);
        // No two texts of one digest are known: here the customer of half of the block changes behind the key's back instead.
        await _store.Database.WriteAsync(write => write.Connection.ExecuteAsync("UPDATE event SET customer = 'user:other' WHERE position > 10", transaction: write.Transaction), Cancel);

        Assert.Equal([1], await PositionsOfAsync(_log, 0, "shop", Some.User("m0", 0).Text, pageMax: 5));
        Assert.Empty(await PositionsOfAsync(_log, 0, "shop", Some.User("m60", 0).Text, pageMax: 5));
    }

    [Fact]
    public async Task A_merge_keeps_what_two_runs_have_in_common_once()
    {
        foreach (var batch in Events(0, 160).Select(e => e with { Ids = [Some.Anonymous("one", 0)] }).Chunk(20))
        {
            await _log.AppendAsync(batch, Cancel);
            await TidyAsync(_log);
        }
        Assert.Equal(RunKey.Bytes, await CountAsync("SELECT SUM(LENGTH(c.keys)) FROM key_chunk c INNER JOIN key_run r ON r.run = c.chunk >> 24 AND r.run_use = 1"));
    }

    enum Step { Append, Own, Tidy, Reopen, Fail }

    [Fact]
    public void Any_sequence_of_appends_pieces_of_tidying_failures_and_restarts_agrees_with_a_plain_set()
    {
        var steps = from kind in Gen.Frequency((8, Gen.Constant(Step.Append)), (6, Gen.Constant(Step.Tidy)), (1, Gen.Constant(Step.Reopen)), (1, Gen.Constant(Step.Fail)))
                    from process in Gen.Choose(0, 1)
                    from ids in Gen.Choose(0, 400).ListOf(12)
                    select (Kind: kind, Process: process, Ids: ids.ToArray());

        var shops = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(steps.ListOf(80).ToArbitrary(), run => RunAsync($"shop-{++shops}", [.. run]).GetAwaiter().GetResult()));
    }

    async Task<bool> RunAsync(string shop, List<(Step Kind, int Process, int[] Ids)> steps)
    {
        var databases = new[] { _store.OpenAnother(), _store.OpenAnother() };
        var logs = new[] { await OpenAsync(databases[0], Tiny), await OpenAsync(databases[1], Tiny) };
        var model = new HashSet<int>();
        try
        {
            foreach (var (kind, process, ids) in steps)
            {
                var events = ids.Select(id => Some.LogEvent($"m{id}", id % Partitions, shop)).ToList();
                switch (kind)
                {
                    case Step.Append:
                        var positions = await logs[process].PositionsAsync(events, Cancel);
                        if (!positions.Select(p => p > 0).SequenceEqual(ids.Select(model.Add))) return false;
                        break;
                    case Step.Tidy:
                        await logs[process].TidyAsync(Cancel);
                        break;
                    case Step.Reopen:
                        logs[process] = await OpenAsync(databases[process], Tiny);
                        break;
                    default:
                        await Assert.ThrowsAnyAsync<Exception>(() => logs[process].PositionsAsync([.. events, Some.LogEvent("never" + shop) with { Payload = null! }], Cancel));
                        break;
                }
            }
        }
        finally
        {
            foreach (var database in databases) await database.DisposeAsync();
        }
        return true;
    }

    [Fact]
    public void After_any_sequence_of_appends_pieces_of_tidying_failures_and_restarts_a_customers_events_are_those_of_a_scan()
    {
        var steps = from kind in Gen.Frequency((8, Gen.Constant(Step.Append)), (2, Gen.Constant(Step.Own)), (8, Gen.Constant(Step.Tidy)), (1, Gen.Constant(Step.Reopen)), (1, Gen.Constant(Step.Fail)))
                    from process in Gen.Choose(0, 1)
                    from customers in Gen.Choose(0, 9).ListOf(3)
                    from crowd in Gen.Choose(0, 120)
                    select (Kind: kind, Process: process, Customers: customers.ToArray(), Crowd: crowd);

        var shops = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(12), Prop.ForAll(steps.ListOf(60).ToArbitrary(), run => CompareAsync($"shop-{++shops}", [.. run]).GetAwaiter().GetResult()));
    }

    async Task<bool> CompareAsync(string shop, List<(Step Kind, int Process, int[] Customers, int Crowd)> steps)
    {
        // Larger than a batch, so that memory holds some most of the time.
        var limits = new KeyLimits(SetMax: 150);
        var databases = new[] { _store.OpenAnother(), _store.OpenAnother() };
        var logs = new[] { await OpenAsync(databases[0], limits), await OpenAsync(databases[1], limits) };
        try
        {
            var next = 0;
            foreach (var (kind, process, customers, crowd) in steps)
            {
                var events = customers.Select(c => $"c{c}").Concat(Enumerable.Repeat("crowd", crowd)).Select(c => Some.LogEvent($"m{next++}", 0, shop) with { Ids = [CustomerId.Anonymous(c)] }).ToList();
                switch (kind)
                {
                    case Step.Append:
                        await logs[process].AppendAsync(events, Cancel);
                        break;
                    case Step.Own:
                        await databases[process].WriteAsync(write => logs[process].AppendOwnAsync(write, [.. events.Select(e => logs[process].Place(e.Ids[0], shop, "", e.EventTime, e.ReceiveTime, e.Payload))], Cancel), Cancel);
                        break;
                    case Step.Tidy:
                        await logs[process].TidyAsync(Cancel);
                        break;
                    case Step.Reopen:
                        logs[process] = await OpenAsync(databases[process], limits);
                        break;
                    default:
                        await Assert.ThrowsAnyAsync<Exception>(() => logs[process].AppendAsync([.. events, Some.LogEvent("never" + shop) with { Payload = null! }], Cancel));
                        break;
                }
                if (!await AreThoseOfAScanAsync(logs[1 - process], shop, CustomerId.Anonymous($"c{crowd % 10}"), 1 + crowd / 10)) return false;
            }
            foreach (var customer in Enumerable.Range(0, 10).Select(c => $"c{c}").Append("crowd"))
            {
                if (!await AreThoseOfAScanAsync(logs[0], shop, CustomerId.Anonymous(customer), 50)) return false;
            }
        }
        finally
        {
            foreach (var database in databases) await database.DisposeAsync();
        }
        return true;
    }

    static async Task<bool> AreThoseOfAScanAsync(LogStore log, string shop, CustomerId customer, int pageMax)
    {
        var partition = log.PartitionOf(shop, customer);
        var heads = await log.RefreshHeadsAsync(Cancel);
        var all = await log.ReadAsync(partition, 0, heads[partition], shop, int.MaxValue, Cancel);
        return (await PositionsOfAsync(log, partition, shop, customer.Text, pageMax)).SequenceEqual(all.Events.Where(e => e.Customer == customer.Text).Select(e => e.Position));
    }

    /// <summary>Page by page.</summary>
    static async Task<List<long>> PositionsOfAsync(LogStore log, int partition, string shop, string customer, int pageMax)
    {
        var positions = new List<long>();
        while (true)
        {
            var page = await log.EventsOfAsync(partition, shop, customer, positions.LastOrDefault(), pageMax, Cancel);
            Assert.All(page, e => Assert.Equal((shop, customer), (e.Shop, e.Customer)));
            positions.AddRange(page.Select(e => e.Position));
            if (page.Count < pageMax) return positions;
        }
    }

    static long[] Positions(params long[] positions) => positions;

    static List<LogEvent> Events(int from, int to) => [.. Enumerable.Range(from, to - from).Select(i => Some.LogEvent($"m{i}", i % Partitions))];

    static async Task RecordAsync(LogStore log, int from, int to)
    {
        foreach (var batch in Events(from, to).Chunk(10))
        {
            Assert.DoesNotContain(0, await log.PositionsAsync(batch, Cancel));
            await TidyAsync(log);
        }
    }

    static async Task TidyAsync(LogStore log)
    {
        while (await log.TidyAsync(Cancel)) { }
    }

    /// <summary>How many of these were recorded before.</summary>
    static async Task<int> DuplicatesAsync(LogStore log, int from, int to) => (await log.PositionsAsync(Events(from, to), Cancel)).Count(p => p == 0);

    Task<List<RunRow>> RunsAsync() => _store.Database.ReadAsync(async connection => (await connection.QueryAsync<RunRow>("SELECT run, run_use AS use_of, run_level AS level, state, merged_into FROM key_run ORDER BY run")).AsList(), Cancel);

    Task<long> CountAsync(string sql) => _store.Database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(sql), Cancel);
}
