using Dapper;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Keys;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class SqliteRetentionStoreTests : RetentionStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);

    [Fact]
    public async Task Events_whose_keys_are_in_no_run_yet_stay()
    {
        // Their rows are all that tells after a crash that they were recorded.
        await AppendAsync(1, 30);

        Assert.Equal((0, false), await RemoveAsync());
        await TidyAsync();
        Assert.Equal((30, false), await RemoveAsync());
    }
}

public sealed class SqlServerRetentionStoreTests : RetentionStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What retention promises, on every dialect.</summary>
public abstract class RetentionStoreTests : IAsyncLifetime
{
    const int PieceSize = 100;
    static readonly ReaderId House = new("", "segmentation");
    static readonly DateTimeOffset KeptFrom = Some.Instant.AddDays(-30);
    TestStore _store = null!;
    LogStore _log = null!;
    ReaderStore _readers = null!;
    RetentionStore _retention = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _log = await OpenAsync();
        await _log.CreateShopAsync(_store.Database, "shop", Cancel);
        (_readers, _retention) = (new ReaderStore(_store.Database), new RetentionStore(_store.Database));
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Removes_what_is_older_and_keeps_what_is_not()
    {
        await AppendAsync(1, 40, KeptFrom.AddMilliseconds(-1));
        await AppendAsync(41, 60, KeptFrom);
        await TidyAsync();

        Assert.Equal((40, false), await RemoveAsync());
        Assert.Equal((0, false), await RemoveAsync());
        Assert.Equal(40, await LowAsync());
        var page = await _log.ReadAsync(0, 40, 60, null, int.MaxValue, Cancel);
        Assert.Equal((41, 20, 40L), (page.Events[0].Position, page.Events.Count, page.Low));
    }

    [Fact]
    public async Task Stops_before_the_first_event_that_is_kept_whatever_follows_it()
    {
        await AppendAsync(1, 5);
        await AppendAsync(6, 6, KeptFrom);
        await AppendAsync(7, 30);
        await TidyAsync();

        Assert.Equal((5, false), await RemoveAsync());
    }

    [Fact]
    public async Task Works_in_pieces()
    {
        await AppendAsync(1, 250);
        await TidyAsync();

        Assert.Equal((100, true), await RemoveAsync());
        Assert.Equal((100, true), await RemoveAsync());
        Assert.Equal((50, false), await RemoveAsync());
        Assert.Equal(250, await LowAsync());
    }

    [Fact]
    public async Task Keeps_what_the_slowest_reader_has_not_applied()
    {
        await AppendAsync(1, 60);
        await TidyAsync();
        var slow = new ReaderId("shop", "slow");
        await ReportAsync(House, 60);
        await ReportAsync(slow, 12);

        Assert.Equal((12, false), await RemoveAsync());
        await ReportAsync(slow, 20);
        Assert.Equal((8, false), await RemoveAsync());
        await _readers.DeleteAsync(slow, Cancel);
        Assert.Equal((40, false), await RemoveAsync());
    }

    [Fact]
    public async Task A_reader_that_has_not_named_the_partition_yet_holds_all_of_it()
    {
        await AppendAsync(1, 30);
        await TidyAsync();
        await _readers.ReportAsync(House, [], Some.Instant, 10, Cancel);

        Assert.Equal((0, false), await RemoveAsync());
    }

    [Fact]
    public async Task A_start_is_answered_by_where_the_log_begins()
    {
        await AppendAsync(1, 30);
        await TidyAsync();
        await RemoveAsync();

        Assert.Equal(30, await _readers.StartAsync(House, 0, 29, Some.Instant, 10, Cancel));
        Assert.Empty(await _readers.ListAsync("", null, 10, 1, Cancel));
        Assert.Equal(30, await _readers.StartAsync(House, 0, 30, Some.Instant, 10, Cancel));
        Assert.Equal(0, Assert.Single(await _readers.ListAsync("", null, 10, 1, Cancel)).LagEvents);
    }

    [Fact]
    public async Task A_start_and_a_removal_at_once_agree()
    {
        await AppendAsync(1, 300);
        await TidyAsync();
        for (var round = 0; round < 10; round++)
        {
            var after = 30 * round;
            var id = new ReaderId("", $"reader-{round}");
            var start = Task.Run(() => _readers.StartAsync(id, 0, after, Some.Instant, 100, Cancel), Cancel);
            await Task.Run(() => _retention.RemoveAsync(0, KeptFrom, 20, Cancel), Cancel);

            // Whoever is registered finds all that it was promised.
            if (await start is { } low && low <= after) Assert.True(await LowAsync() <= after);
            await _readers.DeleteAsync(id, Cancel);
        }
    }

    [Fact]
    public async Task The_settings_of_a_shop_stay()
    {
        await _store.Database.WriteAsync(write => _log.AppendOwnAsync(write, [Some.PlacedEvent("shop-configured") with { Customer = "", ReceiveTime = KeptFrom.AddDays(-9) }], Cancel), Cancel);
        await AppendAsync(1, 30);
        await TidyAsync();

        Assert.Equal((30, false), await RemoveAsync());
        Assert.Equal([1L], (await _log.ReadAsync(0, 0, 31, null, int.MaxValue, Cancel)).Events.Select(e => e.Position));
    }

    [Fact]
    public async Task Message_ids_of_removed_events_are_known_for_ever()
    {
        await AppendAsync(1, 200);
        await TidyAsync();
        while ((await RemoveAsync()).More) { }
        Assert.Equal(200, await LowAsync());

        foreach (var log in (LogStore[])[_log, await OpenAsync()])
        {
            var positions = await log.PositionsAsync([.. Enumerable.Range(1, 200).Select(i => Some.LogEvent($"m{i}")), Some.LogEvent($"new-{log.GetHashCode()}")], Cancel);
            Assert.All(positions[..^1], p => Assert.Equal(0, p));
            Assert.True(positions[^1] > 200);
        }
    }

    [Fact]
    public async Task Erased_events_are_passed_over_and_removed_like_others()
    {
        await AppendAsync(1, 30);
        await TidyAsync();
        await using (var connection = await _store.Database.OpenAsync(Cancel))
            await connection.ExecuteAsync($"UPDATE {_store.Database.Prefix}event SET customer = '', message_id = '', payload = @nothing WHERE position IN (3, 4, 30)", new { nothing = Array.Empty<byte>() });

        var page = await _log.ReadAsync(0, 1, 30, null, int.MaxValue, Cancel);
        Assert.Equal((2L, 26, 30L), (page.Events[0].Position, page.Events.Count, page.Next));
        Assert.Equal((30, false), await RemoveAsync());
    }

    /// <summary>With sets so small that ten keys make a run.</summary>
    async Task<LogStore> OpenAsync()
    {
        var log = new LogStore(_store.Database, 1, new KeyLimits(SetMax: 10));
        await log.OpenAsync(Cancel);
        return log;
    }

    protected async Task AppendAsync(int first, int last, DateTimeOffset? received = null)
        => await _log.AppendAsync([.. Enumerable.Range(first, last - first + 1).Select(i => Some.LogEvent($"m{i}") with { ReceiveTime = received ?? KeptFrom.AddDays(-1) })], Cancel);

    /// <summary>Writes the keys as runs, where the dialect has them.</summary>
    protected async Task TidyAsync()
    {
        while (await _log.TidyAsync(Cancel)) { }
    }

    protected Task<(int Removed, bool More)> RemoveAsync() => _retention.RemoveAsync(0, KeptFrom, PieceSize, Cancel);

    async Task ReportAsync(ReaderId id, long position) => Assert.True(await _readers.ReportAsync(id, [new(0, position)], Some.Instant, 10, Cancel));

    Task<long> LowAsync() => new LowMarks(_store.Database).ReadAsync(0, Cancel);
}
