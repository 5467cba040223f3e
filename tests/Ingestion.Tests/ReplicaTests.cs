using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

public sealed class SqliteReplicaTests : ReplicaTests, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    // Small sets: both processes write runs and merge them, each meeting the other's.
    private protected override ChildHouse Start(int port) => ChildHouse.Start(port, null, "--data", _folder, "--Ingestion:KeySetMax=1000", "--Ingestion:PollMillis=50");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

public sealed class SqlServerReplicaTests : ReplicaTests, IAsyncLifetime
{
    TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateOrSkipAsync();

    private protected override ChildHouse Start(int port) => ChildHouse.Start(port, _database.Connection, "--Ingestion:PollMillis=50");

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
    }
}

/// <summary>Two processes of the house on one store, written to and read through both, one of them killed and started again meanwhile.</summary>
public abstract class ReplicaTests
{
    const int Writers = 4, Batches = 60, BatchSize = 20;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    readonly ChildHouse?[] _houses = new ChildHouse?[2];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract ChildHouse Start(int port);

    [Fact]
    public async Task Replicas_write_one_log_without_gap_loss_or_double_though_one_is_killed()
    {
        try
        {
            for (var replica = 0; replica < _houses.Length; replica++) _houses[replica] = await Start(0).ListensAsync();
            await _houses[0]!.Client.CreateShopAsync(Some.NewShop(), cancellationToken: Cancel);
            var partitions = (await _houses[0]!.Client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: Cancel)).Partitions.Count;
            using var end = new CancellationTokenSource();
            var readers = Enumerable.Range(0, _houses.Length).SelectMany(replica => Enumerable.Range(0, partitions).Select(p => new Reader(replica, p))).ToList();
            var reading = Task.WhenAll(readers.Select(r => TailAsync(r, end.Token)));

            var halfway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var written = 0;
            var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(writer, () =>
            {
                if (Interlocked.Increment(ref written) == Writers * Batches / 2) halfway.SetResult();
            })));
            await halfway.Task.WaitAsync(Cancel);
            await RestartAsync(1);
            await writing;

            var heads = (await _houses[0]!.Client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: Cancel)).Partitions.Select(p => p.Position).ToList();
            await Eventually.IsTrueAsync(() => Task.FromResult(readers.TrueForAll(r => r.Position >= heads[r.Partition])), "every reader is at the end of its partition");
            await end.CancelAsync();
            await reading;
            AssertOneLog(readers, heads);
        }
        finally
        {
            foreach (var house in _houses) house?.Dispose();
        }
    }

    static void AssertOneLog(List<Reader> readers, List<long> heads)
    {
        foreach (var reader in readers) Assert.Equal(Enumerable.Range(1, (int)heads[reader.Partition]).Select(i => (long)i), reader.Log.Select(e => e.Position));
        foreach (var partition in readers.GroupBy(r => r.Partition)) Assert.Equal(partition.First().Log, partition.Last().Log);
        var expected = Enumerable.Range(0, Writers / 2).SelectMany(pair => Enumerable.Range(0, Batches).SelectMany(batch => Ids(pair, batch)));
        var logged = readers.Where(r => r.Replica == 0).SelectMany(r => r.Log).Where(e => e.Customer.Length > 0).Select(e => e.MessageId);
        Assert.Equal(expected.Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));
    }

    /// <summary>Two writers each send the same batches, one after the other through both replicas; a batch that met the kill is sent again to the other.</summary>
    async Task WriteAsync(int writer, Action answered)
    {
        for (var (batch, replica) = (0, writer % 2); batch < Batches; replica = 1 - replica)
        {
            try
            {
                var request = new RecordEventsRequest { Shop = IngestionHouse.Shop, Events = { Ids(writer / 2, batch).Select(id => Some.Page(id, id)) } };
                var answer = await _houses[replica]!.Client.RecordEventsAsync(request, deadline: DateTime.UtcNow + Patience, cancellationToken: Cancel);
                Assert.Equal(BatchSize, answer.RecordedCount + answer.DuplicateCount);
                batch++;
                answered();
            }
            catch (Exception e) when (IsOutage(e))
            {
                await Task.Delay(10, Cancel);
            }
        }
    }

    static IEnumerable<string> Ids(int pair, int batch) => Enumerable.Range(0, BatchSize).Select(i => $"m{pair}-{batch}-{i}");

    async Task RestartAsync(int replica)
    {
        var killed = _houses[replica]!;
        await killed.KilledAsync();
        _houses[replica] = await Start(killed.Port).ListensAsync();
        killed.Dispose();
    }

    /// <summary>Follows a partition through one replica, and comes back to it where it was after an outage.</summary>
    async Task TailAsync(Reader reader, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var call = _houses[reader.Replica]!.Client.ReadFeed(new ReadFeedRequest { Partition = reader.Partition, AfterPosition = reader.Position, Follow = true, PageSize = 50 }, cancellationToken: end);
                await foreach (var page in call.ResponseStream.ReadAllAsync(end)) reader.Take(page);
            }
            catch (Exception e) when (end.IsCancellationRequested || IsOutage(e))
            {
                await Task.Delay(10, Cancel);
            }
        }
    }

    static bool IsOutage(Exception error) => error is ObjectDisposedException or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled };

    sealed class Reader(int replica, int partition)
    {
        long _position;

        public int Replica => replica;
        public int Partition => partition;
        public long Position => Volatile.Read(ref _position);
        public List<(long Position, string Customer, string MessageId)> Log { get; } = [];

        public void Take(ReadFeedResponse page)
        {
            Log.AddRange(page.Events.Select(e => (e.Position, e.Customer, e.Event.MessageId)));
            Volatile.Write(ref _position, page.NextPosition);
        }
    }
}
