using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class SqliteImportStoreTests : ImportStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerImportStoreTests : ImportStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What imports promise, on every dialect.</summary>
public abstract class ImportStoreTests : IAsyncLifetime
{
    const int Partitions = 3;
    static readonly ImportRun New = new("shop", "history", "orders.csv", true, 0, false, 0, 0, 0, Some.Instant, Some.Instant);

    TestStore _store = null!;
    LogStore _log = null!;
    ImportStore _imports = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        (_log, _imports) = await OpenAsync(_store.Database);
        await _log.CreateShopAsync(_store.Database, "shop", Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    static async Task<(LogStore, ImportStore)> OpenAsync(Database database)
    {
        var log = new LogStore(database, Partitions);
        await log.OpenAsync(Cancel);
        return (log, new ImportStore(database, log));
    }

    [Fact]
    public async Task Begins_once_and_is_found_by_shop_and_id()
    {
        Assert.Null(await _imports.FindAsync("shop", "history", Cancel));
        Assert.Equal(New, await _imports.BeginAsync(New, Cancel));
        Assert.Equal(New, await _imports.BeginAsync(New with { Source = "another.csv" }, Cancel));
        Assert.Equal(New, await _imports.FindAsync("shop", "history", Cancel));
        Assert.Null(await _imports.FindAsync("shop", "History", Cancel));
        Assert.Null(await _imports.FindAsync("shop-2", "history", Cancel));
    }

    [Fact]
    public async Task Moves_its_checkpoint_counts_and_facts_with_the_events()
    {
        await _imports.BeginAsync(New, Cancel);
        var (first, results) = (await _imports.AppendAsync(New, Step(10, ("rows", 7), ("left_out", 2)), [Some.LogEvent("a"), Some.LogEvent("b", 1)], Cancel))!.Value;
        Assert.Equal([1L, 1L], results.Select(r => r.Position));
        var (second, _) = (await _imports.AppendAsync(first, Step(25, ("rows", 5)) with { Done = true, Time = Some.Instant.AddMinutes(1) }, [Some.LogEvent("b", 1), Some.LogEvent("c")], Cancel))!.Value;

        Assert.Equal(New with { Checkpoint = 25, Done = true, Recorded = 3, Duplicate = 1, UpdateTime = Some.Instant.AddMinutes(1) }, second);
        Assert.Equal(second, await _imports.FindAsync("shop", "history", Cancel));
        var (facts, refusals) = await _imports.DetailsAsync("shop", "history", Cancel);
        Assert.Equal([("left_out", 2L), ("rows", 12L)], facts.Select(f => (f.Key, f.Value)).Order());
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task Records_nothing_of_a_chunk_out_of_step()
    {
        await _imports.BeginAsync(New, Cancel);
        var (moved, _) = (await _imports.AppendAsync(New, Step(10), [Some.LogEvent("a")], Cancel))!.Value;
        Assert.Null(await _imports.AppendAsync(New, Step(20, ("rows", 1)), [Some.LogEvent("b")], Cancel));
        Assert.Null(await _imports.AppendAsync(New, Step(20, ("rows", 1)), [], Cancel));
        Assert.Equal(1, (await _log.RefreshHeadsAsync(Cancel)).Sum());
        Assert.Equal(moved, await _imports.FindAsync("shop", "history", Cancel));
        Assert.Empty((await _imports.DetailsAsync("shop", "history", Cancel)).Facts);

        // The keys of what was undone are free.
        var (_, results) = (await _imports.AppendAsync(moved, Step(20), [Some.LogEvent("b")], Cancel))!.Value;
        Assert.Equal(2, Assert.Single(results).Position);
    }

    [Fact]
    public async Task Takes_nothing_more_once_it_is_done()
    {
        await _imports.BeginAsync(New, Cancel);
        var (done, _) = (await _imports.AppendAsync(New, Step(10) with { Done = true }, [], Cancel))!.Value;
        Assert.Null(await _imports.AppendAsync(done, Step(20), [Some.LogEvent("a")], Cancel));
        Assert.Equal(0, (await _log.RefreshHeadsAsync(Cancel)).Sum());
    }

    [Fact]
    public async Task Keeps_the_first_hundred_refusals_and_counts_the_rest()
    {
        await _imports.BeginAsync(New, Cancel);
        var run = New;
        for (var chunk = 0; chunk < 3; chunk++)
        {
            var refusals = Enumerable.Range(0, 40).Select(i => ImportRefusal.Of($"m{chunk}-{i}", [("user_id", "is required"), ("it's \"odd\" 🙂", "é")])).ToList();
            run = (await _imports.AppendAsync(run, Step(run.Checkpoint + 1) with { Refusals = refusals }, [], Cancel))!.Value.Run;
        }
        Assert.Equal(120, run.Refused);
        var kept = (await _imports.DetailsAsync("shop", "history", Cancel)).Refusals;
        Assert.Equal([.. Enumerable.Range(0, 40).Select(i => $"m0-{i}"), .. Enumerable.Range(0, 40).Select(i => $"m1-{i}"), .. Enumerable.Range(0, 20).Select(i => $"m2-{i}")], kept.Select(r => r.MessageId));
        Assert.Equal([("user_id", "is required"), ("it's \"odd\" 🙂", "é")], kept[99].Violations);
    }

    [Fact]
    public async Task Of_replicas_that_race_with_the_same_chunks_each_chunk_is_won_once()
    {
        const int Replicas = 4, Chunks = 8;
        await _imports.BeginAsync(New, Cancel);
        var wins = await Task.WhenAll(Enumerable.Range(0, Replicas).Select(replica => Task.Run(async () =>
        {
            await using var database = _store.OpenAnother();
            var (_, imports) = await OpenAsync(database);
            return await DriveAsync(imports, $"r{replica}", Chunks);
        }, Cancel)));

        Assert.Equal(Chunks, wins.Sum());
        var end = (await _imports.FindAsync("shop", "history", Cancel))!;
        Assert.Equal((Chunks, 2L * Chunks, 0L), (end.Checkpoint, end.Recorded, end.Duplicate));
        Assert.Equal(2 * Chunks, (await _log.RefreshHeadsAsync(Cancel)).Sum());
    }

    /// <summary>Each replica would record events of its own, so that a chunk that lost would show.</summary>
    static async Task<int> DriveAsync(ImportStore imports, string name, int chunks)
    {
        var won = 0;
        while ((await imports.FindAsync("shop", "history", Cancel))! is var run && run.Checkpoint < chunks)
        {
            if (await imports.AppendAsync(run, Step(run.Checkpoint + 1, ("chunks", 1)), [Some.LogEvent($"{name}-{run.Checkpoint}-a"), Some.LogEvent($"{name}-{run.Checkpoint}-b", 1)], Cancel) is not null) won++;
        }
        return won;
    }

    static ImportStep Step(long next, params (string Fact, long Count)[] facts) => new(next, false, facts.ToDictionary(f => f.Fact, f => f.Count), [], Some.Instant);
}
