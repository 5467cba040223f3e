using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Sql;
using Perennial.Foundation.Tests.Sql;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Feeds;

/// <summary>Replicas of one house on one store, and what becomes of the log when they come, go and die.</summary>
public abstract class FeedReplicasTests : IAsyncLifetime
{
    const int Partitions = 4;
    readonly FakeFeed _log = new(Partitions);
    readonly List<Replica> _replicas = [];
    readonly Work _work = new();
    TestStore _store = null!;
    FakeHouse _source = null!;
    int _recorded;

    protected abstract Task<TestStore> CreateAsync();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _source = await FakeHouse.StartAsync(_log);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) await replica.App.DisposeAsync();
        if (_source is not null) await _source.DisposeAsync();
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Replicas_split_the_partitions_and_each_knows_how_far_all_are()
    {
        // A lease that nobody loses to a slow machine.
        string[] settings = ["--Feed:LeaseMillis=60000", "--Feed:RenewMillis=100", "--Feed:ReportSeconds=1"];
        Append(100);
        var first = await StartAsync(settings);
        await AppliedAsync(first);
        await SplitAsync(4);

        var second = await StartAsync(settings);
        await SplitAsync(2, 2);
        var third = await StartAsync(settings);
        await SplitAsync(2, 1, 1);
        Append(100);
        foreach (var replica in (Replica[])[first, second, third])
        {
            await AppliedAsync(replica);
            Assert.Null(replica.Health.Problem);
        }
        await Eventually.IsTrueAsync(() => Task.FromResult(_log.Reported.Values.Sum() == _recorded), "what is applied by all is reported");
        await AssertOnceAsync();
        Assert.Equal(0, _work.Overtaken);
        Assert.Equal(3, _work.Appliers.Distinct().Count());
    }

    [Fact]
    public async Task One_without_a_partition_is_well_and_steps_in()
    {
        string[] settings = ["--Feed:LeaseMillis=60000", "--Feed:RenewMillis=100"];
        for (var i = 0; i < Partitions; i++) await StartAsync(settings);
        await SplitAsync(1, 1, 1, 1);
        var idle = await StartAsync(settings);
        Append(50);
        await AppliedAsync(idle);
        Assert.DoesNotContain(idle.Id, _work.Appliers);
        Assert.Null(idle.Health.Problem);

        await _replicas[0].App.StopAsync(Cancel);
        await SplitAsync(1, 1, 1, 1);
        Append(50);
        await AppliedAsync(idle);
        Assert.Contains(idle.Id, _work.Appliers);
        await AssertOnceAsync();
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_while_replicas_are_killed_stopped_and_added()
    {
        string[] settings = ["--Feed:LeaseMillis=2000", "--Feed:RenewMillis=200", "--Feed:PageSize=5", "--Feed:BatchSizeMax=5"];
        Append(200);
        var (killed, stopped) = (await StartAsync(settings), await StartAsync(settings));
        await ReachesAsync(60);
        killed.Kill();
        await StartAsync(settings);
        Append(100);
        await ReachesAsync(200);
        await stopped.App.StopAsync(Cancel);
        var last = await StartAsync(settings);
        Append(100);

        await AppliedAsync(last);
        await SplitAsync(2, 2);
        await AssertOnceAsync();
        Assert.Null(last.Health.Problem);
    }

    /// <summary>Waits until the partitions are held so, counted by holder.</summary>
    Task SplitAsync(params int[] counts) => Eventually.IsTrueAsync(async () =>
    {
        var seen = await new Leases(_store.Database).ReadAsync(new LeaseHolder("nobody", "nobody"), TimeProvider.System.GetUtcNow(), Cancel);
        return seen.Held.Values.CountBy(holder => holder).Select(c => c.Value).OrderDescending().SequenceEqual(counts);
    }, $"partitions are split {string.Join(" ", counts)}");

    Task AppliedAsync(Replica replica) => Eventually.IsTrueAsync(() => Task.FromResult(
        replica.Feed.Progress is { LagEvents: 0 } progress && progress.Partitions.Sum(p => p.Position) == _recorded && progress.Partitions.All(p => p.Position == p.HeadPosition)), "all is applied, as this replica says");

    Task ReachesAsync(int events) => Eventually.IsTrueAsync(async () => (await WrittenAsync()).Count >= events, $"{events} events are applied");

    async Task AssertOnceAsync()
        => Assert.Equal(Enumerable.Range(1, _recorded).Select(Id).Order(StringComparer.Ordinal), (await WrittenAsync()).Order(StringComparer.Ordinal));

    // An event that is written twice breaks the key.
    async Task<IReadOnlyList<string>> WrittenAsync()
        => [.. await _store.Database.ReadAsync(connection => connection.QueryAsync<string>($"SELECT id FROM {_store.Database.Prefix}thing"), Cancel)];

    void Append(int count)
    {
        _log.Append(Enumerable.Range(_recorded + 1, count).Select(i => new RecordedEvent { Shop = "shop", Customer = $"user:{i}", Event = new Event { MessageId = Id(i) } }));
        _recorded += count;
    }

    static string Id(int number) => number.ToString("D6", CultureInfo.InvariantCulture);

    async Task<Replica> StartAsync(string[] settings)
    {
        var database = new MortalDatabase(_store.OpenAnother());
        var builder = DatabaseConformance.Home.CreateBuilder(["--port", "0", $"--Upstream:Ingestion={_source.Address}", "--Feed:RetryMillisMax=50", .. settings]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<Database>(database).AddSingleton(_work).AddFeedConsumer<Reader>();
        var replica = new Replica(builder.Build(), database);
        _replicas.Add(replica);
        await replica.App.StartAsync(Cancel);
        return replica;
    }

    sealed record Replica(WebApplication App, MortalDatabase Database)
    {
        public FeedConsumer Feed { get; } = App.Services.GetRequiredService<FeedConsumer>();
        public HealthState Health { get; } = App.Services.GetRequiredService<HealthState>();
        public Guid Id => ((Reader)Feed).Id;

        /// <summary>From here on it reaches its store no more: nothing is applied, nothing is given up.</summary>
        public void Kill() => Database.IsDead = true;
    }

    /// <summary>Who applied, and how often for nothing.</summary>
    sealed class Work
    {
        int _overtaken;

        public ConcurrentQueue<Guid> Appliers { get; } = new();
        public int Overtaken => _overtaken;

        public void WasOvertaken() => Interlocked.Increment(ref _overtaken);
    }

    sealed class Reader(FeedConsumerParts parts, Database database, Work work) : FeedConsumer(parts)
    {
        readonly Checkpoints _checkpoints = new(database);

        public Guid Id { get; } = Guid.NewGuid();

        protected override Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

        protected override async Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation)
        {
            try
            {
                await database.WriteAsync(async write =>
                {
                    if (!await _checkpoints.MoveAsync(write, batch.Partition, batch.After, batch.Next)) throw new CheckpointMovedException();
                    await write.AppendAsync(database.Prefix + "thing", ["id", "at", "flag"], [.. batch.Events.Select(e => new object?[] { e.Event.MessageId, DateTimeOffset.UnixEpoch, false })], cancellation);
                }, cancellation);
            }
            catch (CheckpointMovedException)
            {
                work.WasOvertaken();
                return false;
            }
            work.Appliers.Enqueue(Id);
            return true;
        }
    }

    /// <summary>A store that a replica can lose, as it does when it is killed.</summary>
    sealed class MortalDatabase(Database inner) : Database(inner.Schema)
    {
        public bool IsDead { get; set; }

        public override string Dialect => inner.Dialect;
        public override string Prefix => inner.Prefix;
        public override string Limit(string parameter) => inner.Limit(parameter);
        public override string Set(string parameter, params ReadOnlySpan<(string Column, int Length)> columns) => inner.Set(parameter, columns);
        public override Task<DbConnection> OpenAsync(CancellationToken cancellation) => Alive().OpenAsync(cancellation);
        public override Task<T?> FindAsync<T>(PointQuery<T> query, object[] values, CancellationToken cancellation) where T : class => Alive().FindAsync(query, values, cancellation);
        public override Task<T> WriteAsync<T>(Func<Write, Task<T>> work, CancellationToken cancellation) => Alive().WriteAsync(work, cancellation);

        protected internal override string JournalSql => throw new NotSupportedException("It is migrated.");
        protected internal override Task PrepareAsync(CancellationToken cancellation) => throw new NotSupportedException("It is migrated.");
        protected internal override Task LockForMigrationAsync(Write write, CancellationToken cancellation) => throw new NotSupportedException("It is migrated.");

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }

        Database Alive() => IsDead ? throw new IOException("Killed.") : inner;
    }
}

public sealed class SqliteFeedReplicasTests : FeedReplicasTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(DatabaseConformance.Home);
}

public sealed class SqlServerFeedReplicasTests : FeedReplicasTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(DatabaseConformance.Home);
}
