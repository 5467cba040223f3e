using Grpc.Core;
using Grpc.Net.Client;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests;

/// <summary>Readers of every pace beside each other. Alone, since it measures the memory of the process.</summary>
[Collection(nameof(SlowReaderTests))]
[CollectionDefinition(nameof(SlowReaderTests), DisableParallelization = true)]
public sealed class SlowReaderTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly string Large = new('x', 30_000);
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:Partitions=1");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Readers_that_take_nothing_cost_little_memory_and_slow_neither_writers_nor_other_readers()
    {
        const int Stalled = 30, Batches = 20, BatchSize = 100;
        await RecordAsync(0, 1, large: true);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        // Each on a connection of its own, as readers are: one page is asked for, then nothing more.
        var stalled = Enumerable.Range(0, Stalled).Select(_ => new Follower(_house.App.Urls.Single())).ToList();
        foreach (var follower in stalled) await follower.NextAsync();
        using var quick = new Follower(_house.App.Urls.Single());
        var read = quick.ReadAsync(2 + Batches * BatchSize);

        var sizes = new List<long>();
        for (var batch = 1; batch <= Batches; batch++)
        {
            Assert.Equal(BatchSize, await RecordAsync(batch, BatchSize, large: true));
            if (batch % (Batches / 2) == 0) sizes.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / 1024 / 1024);
        }

        Assert.Equal(2 + Batches * BatchSize, (await read).Count);
        // Of 60 MB of log each has a message or two in its buffers, here and at its own end: 1.8 GB would be the whole, 900 MB what the second half adds.
        Assert.True(sizes[0] < Stalled * 16 && sizes[1] - sizes[0] < Stalled * 2, $"{sizes[0]}, then {sizes[1]} MB wait for {Stalled} readers that take nothing");

        // And whoever was slow gets all of it, in order.
        foreach (var follower in stalled) Assert.Equal(await read, await follower.ReadAsync(2 + Batches * BatchSize));
        foreach (var follower in stalled) follower.Dispose();
    }

    [Fact]
    public async Task Many_readers_at_once_each_get_all_of_it_in_order()
    {
        const int Readers = 40, Batches = 40, BatchSize = 25, Total = 1 + Batches * BatchSize;
        var followers = Enumerable.Range(0, Readers).Select(_ => new Follower(_house.App.Urls.Single())).ToList();
        var reading = Task.WhenAll(followers.Select(f => f.ReadAsync(Total)));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var batch = writer; batch < Batches; batch += 4) await RecordAsync(batch, BatchSize, large: false);
        }));
        var all = await reading;

        Assert.Equal(Enumerable.Range(1, Total).Select(i => (long)i), all[0].Select(e => e.Position));
        Assert.Equal(Total, all[0].Select(e => e.MessageId).Distinct().Count());
        Assert.All(all, one => Assert.Equal(all[0], one));
        // And one that comes last and starts at 0 gets the same.
        using var late = new Follower(_house.App.Urls.Single());
        Assert.Equal(all[0], await late.ReadAsync(Total));
        foreach (var follower in followers) follower.Dispose();
    }

    async Task<int> RecordAsync(int batch, int size, bool large) => (await _house.RecordAsync([.. Enumerable.Range(0, size).Select(i =>
    {
        var e = Some.Page($"m{batch}-{i}");
        if (large) e.PageViewed.Title = Large;
        return e;
    })])).RecordedCount;

    /// <summary>A reader from 0 on a connection of its own.</summary>
    sealed class Follower : IDisposable
    {
        readonly GrpcChannel _channel;
        readonly AsyncServerStreamingCall<ReadFeedResponse> _call;

        public Follower(string address)
        {
            _channel = GrpcChannel.ForAddress(address);
            _call = new IngestionService.IngestionServiceClient(_channel).ReadFeed(new ReadFeedRequest { Follow = true, PageSize = 100 }, cancellationToken: Cancel);
        }

        public List<(long Position, string MessageId)> Taken { get; } = [];

        public async Task NextAsync()
        {
            Assert.True(await _call.ResponseStream.MoveNext(Cancel).WaitAsync(Patience, Cancel));
            Taken.AddRange(_call.ResponseStream.Current.Events.Select(e => (e.Position, e.Event.MessageId)));
        }

        /// <summary>All that was taken, once it is so many events.</summary>
        public async Task<List<(long Position, string MessageId)>> ReadAsync(int events)
        {
            while (Taken.Count < events) await NextAsync();
            return Taken;
        }

        public void Dispose()
        {
            _call.Dispose();
            _channel.Dispose();
        }
    }
}
