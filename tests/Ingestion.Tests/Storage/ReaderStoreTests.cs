using FsCheck;
using FsCheck.Fluent;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class SqliteReaderStoreTests : ReaderStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerReaderStoreTests : ReaderStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the registry of readers promises, on every dialect.</summary>
public abstract class ReaderStoreTests : IAsyncLifetime
{
    const int Partitions = 2, ReadersMax = 50;
    static readonly ReaderId House = new("", "segmentation");
    TestStore _store = null!;
    LogStore _log = null!;
    ReaderStore _readers = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _log = new LogStore(_store.Database, Partitions);
        await _log.OpenAsync(Cancel);
        await _log.CreateShopAsync(_store.Database, "shop", Cancel);
        _readers = new ReaderStore(_store.Database);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_reader_is_where_it_started_until_it_reports()
    {
        await AppendAsync(10);
        await StartAsync(House, 0, 3);
        Assert.Equal([3, 0], await PositionsAsync(House));

        await ReportAsync(House, (0, 7), (1, 5));
        Assert.Equal([7, 5], await PositionsAsync(House));
    }

    [Fact]
    public async Task A_report_moves_it_on_and_never_back()
    {
        await ReportAsync(House, (0, 7), (1, 5));
        await ReportAsync(House, (0, 6), (1, 9));
        await ReportAsync(House, (0, 7));
        await ReportAsync(House);

        Assert.Equal([7, 9], await PositionsAsync(House));
    }

    [Fact]
    public async Task A_start_behind_is_waited_for_and_a_start_ahead_says_nothing_of_what_is_applied()
    {
        await ReportAsync(House, (0, 7));
        await StartAsync(House, 0, 9);
        Assert.Equal([7, 0], await PositionsAsync(House));
        await StartAsync(House, 0, 2);
        Assert.Equal([2, 0], await PositionsAsync(House));
    }

    [Fact]
    public async Task Readers_of_a_shop_and_of_every_shop_are_others()
    {
        var mine = new ReaderId("shop", House.Name);
        await ReportAsync(House, (0, 7));
        await ReportAsync(mine, (0, 1));

        Assert.Equal([7, 0], await PositionsAsync(House));
        Assert.Equal([1, 0], await PositionsAsync(mine));
        Assert.True(await _readers.DeleteAsync(mine, Cancel));
        Assert.False(await _readers.DeleteAsync(mine, Cancel));
        Assert.Equal(House, Assert.Single(await ListAsync()).Id);
    }

    [Fact]
    public async Task A_reader_that_was_deleted_begins_anew()
    {
        await ReportAsync(House, (0, 7));
        await _readers.DeleteAsync(House, Cancel);
        await StartAsync(House, 0, 1);

        Assert.Equal([1, 0], await PositionsAsync(House));
    }

    [Fact]
    public async Task Lag_counts_what_is_not_applied_and_is_as_old_as_the_first_of_it()
    {
        await _log.AppendAsync([.. Enumerable.Range(1, 6).Select(i => Some.LogEvent($"m{i}") with { Ids = [Some.User($"m{i}", i % 2, partitions: Partitions)], ReceiveTime = Some.Instant.AddSeconds(i) })], Cancel);
        await ReportAsync(House, (0, 1), (1, 2));

        var reader = Assert.Single(await ListAsync());
        Assert.Equal(3, reader.LagEvents);
        // Partition 0 has the events 2, 4, 6; partition 1 the events 1, 3, 5.
        Assert.Equal(TimeSpan.FromSeconds(96), reader.LagTime(Some.Instant.AddSeconds(100)));
        Assert.Equal(TimeSpan.Zero, reader.LagTime(Some.Instant));
        Assert.Equal([(0, 1L, 3L), (1, 2L, 3L)], reader.Partitions.Select(p => (p.Partition, p.Position, p.Head)));

        await ReportAsync(House, (0, 3), (1, 3));
        reader = Assert.Single(await ListAsync());
        Assert.Equal((0, TimeSpan.Zero), (reader.LagEvents, reader.LagTime(Some.Instant.AddDays(9))));
    }

    [Fact]
    public async Task They_are_listed_by_name_in_pages_of_whole_readers()
    {
        foreach (var (shop, name) in ((string, string)[])[("b", "zebra"), ("", "ant"), ("a", "cat"), ("b", "cat"), ("", "cat"), ("a", "bee"), ("", "1st")])
            await ReportAsync(new ReaderId(shop, name), (1, 4));

        Assert.Equal(["1st/", "ant/", "bee/a", "cat/", "cat/a", "cat/b", "zebra/b"], Names(await ListAsync()));
        Assert.Equal(["1st/", "ant/", "bee/a", "cat/", "cat/a"], Names(await _readers.ListAsync("a", null, 100, Partitions, Cancel)));
        var paged = new List<LogReader>();
        while (await _readers.ListAsync("b", paged.LastOrDefault()?.Id, 2, Partitions, Cancel) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            Assert.All(page, r => Assert.Equal(Partitions, r.Partitions.Count));
            paged.AddRange(page);
        }
        Assert.Equal(["1st/", "ant/", "cat/", "cat/b", "zebra/b"], Names(paged));

        static IEnumerable<string> Names(IEnumerable<LogReader> readers) => readers.Select(r => $"{r.Id.Name}/{r.Id.Shop}");
    }

    [Fact]
    public async Task There_are_so_many_and_no_more()
    {
        Assert.True(await _readers.ReportAsync(House, [], Some.Instant, 1, Cancel));
        Assert.False(await _readers.ReportAsync(new ReaderId("", "other"), [], Some.Instant, 1, Cancel));
        Assert.Null(await _readers.StartAsync(new ReaderId("", "other"), 0, 0, Some.Instant, 1, Cancel));
        Assert.True(await _readers.ReportAsync(House, [], Some.Instant, 1, Cancel));
        Assert.True(await _readers.ReportAsync(new ReaderId("shop", "other"), [], Some.Instant, 1, Cancel));
    }

    [Fact]
    public async Task Reports_of_racing_replicas_leave_the_furthest_position()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(replica => Task.Run(async () =>
        {
            await using var database = _store.OpenAnother();
            var readers = new ReaderStore(database);
            for (var i = 0; i < 10; i++)
            {
                await readers.ReportAsync(House, [new(0, 10 * i + replica), new(1, 400 - 10 * i - replica)], Some.Instant, ReadersMax, Cancel);
                await readers.StartAsync(House, replica % Partitions, 1_000, Some.Instant, ReadersMax, Cancel);
            }
        }, Cancel)));

        Assert.Equal([93, 400], await PositionsAsync(House));
    }

    [Fact]
    public void In_any_order_and_however_often_told_the_furthest_report_counts()
    {
        var reports = Gen.Choose(0, 1).Zip(Gen.Choose(0, 30)).NonEmptyListOf();
        var runs = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(reports.ToArbitrary(), told => RunAsync(new ReaderId("", $"r{++runs}"), [.. told]).GetAwaiter().GetResult()));
    }

    async Task<bool> RunAsync(ReaderId id, (int Partition, int Position)[] told)
    {
        foreach (var (partition, position) in told) await ReportAsync(id, (partition, position));
        var positions = await PositionsAsync(id);
        return Enumerable.Range(0, Partitions).All(p => positions[p] == told.Where(t => t.Partition == p).Select(t => t.Position).DefaultIfEmpty(0).Max());
    }

    async Task AppendAsync(int events) => await _log.AppendAsync([.. Enumerable.Range(0, events).Select(i => Some.LogEvent($"m{i}"))], Cancel);

    async Task StartAsync(ReaderId id, int partition, long position) => Assert.Equal(0, await _readers.StartAsync(id, partition, position, Some.Instant, ReadersMax, Cancel));

    async Task ReportAsync(ReaderId id, params (int Partition, long Position)[] positions)
        => Assert.True(await _readers.ReportAsync(id, positions.Select(p => KeyValuePair.Create(p.Partition, p.Position)), Some.Instant, ReadersMax, Cancel));

    Task<IReadOnlyList<LogReader>> ListAsync() => _readers.ListAsync("", null, 100, Partitions, Cancel);

    async Task<List<long>> PositionsAsync(ReaderId id) => [.. (await ListAsync()).Single(r => r.Id == id).Partitions.Select(p => p.Position)];
}
