using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Feeds;

/// <summary>The loop that every reader of the log runs, over a log in memory and a store in memory.</summary>
public sealed class FeedConsumerTests : IAsyncDisposable
{
    readonly FakeFeed _log = new();
    readonly Notebook _notebook = new();
    FakeHouse? _source;
    WebApplication? _app;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        if (_source is not null) await _source.DisposeAsync();
    }

    [Fact]
    public async Task Applies_every_event_once_in_the_order_of_its_partition()
    {
        _log.Append(Events(1, 500));
        var reader = await StartAsync("--Feed:PageSize=7", "--Feed:BatchSizeMax=50");
        _log.Append(Events(501, 520));
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 520);

        Assert.Equal(Enumerable.Range(1, 520), _notebook.Written.Order());
        Assert.All(_notebook.ByPartition.Values, written => Assert.Equal(written.Order(), written));
        Assert.All(_notebook.Batches, size => Assert.InRange(size, 1, 56));
        Assert.Equal(0, reader.Progress.LagEvents);
    }

    [Fact]
    public async Task Starts_again_from_the_checkpoint_after_a_failure()
    {
        _log.Append(Events(1, 100));
        _notebook.FailuresLeft = 3;
        var reader = await StartAsync("--Feed:BatchSizeMax=10", "--Feed:PageSize=5", "--Feed:RetryMillisMax=50");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 100);

        Assert.Equal(0, _notebook.FailuresLeft);
        Assert.Equal(Enumerable.Range(1, 100), _notebook.Written.Order());
        Assert.Null(Health.Problem);
    }

    [Fact]
    public async Task Reads_on_from_where_another_replica_came()
    {
        _log.Append(Events(1, 40));
        // The other replica applied all of partition 0 just before our first batch of it.
        _notebook.TakenOver = true;
        var reader = await StartAsync();
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 40);

        Assert.Empty(_notebook.ByPartition.GetValueOrDefault(0, []));
        Assert.NotEmpty(_notebook.ByPartition[1]);
    }

    [Fact]
    public async Task Is_unhealthy_until_the_log_is_reached()
    {
        _source = await FakeHouse.StartAsync(_log);
        var address = _source.Address;
        await _source.DisposeAsync();
        _source = null;
        await StartAtAsync(address);
        Assert.Contains("feed:", Health.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Becomes_unhealthy_when_the_log_goes_away()
    {
        _log.Append(Events(1, 3));
        var reader = await StartAsync("--Feed:RetryMillisMax=50");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 3);
        Assert.Null(Health.Problem);

        await _source!.DisposeAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(Health.Problem is not null), "the reader says that the log is gone");
    }

    HealthState Health => _app!.Services.GetRequiredService<HealthState>();

    async Task<FeedConsumer> StartAsync(params string[] settings)
    {
        _source = await FakeHouse.StartAsync(_log);
        return await StartAtAsync(_source.Address, settings);
    }

    async Task<FeedConsumer> StartAtAsync(string address, params string[] settings)
    {
        var builder = TestServer.House.CreateBuilder(["--port", "0", "--Logging:LogLevel:Default=None", $"--Upstream:Ingestion={address}", .. settings]);
        builder.Services.AddSingleton(_notebook).AddFeedConsumer<Reader>();
        _app = builder.Build();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        return _app.Services.GetRequiredService<FeedConsumer>();
    }

    static IEnumerable<RecordedEvent> Events(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => new RecordedEvent
    {
        Shop = "shop",
        Customer = $"user:{i}",
        Event = new Event { MessageId = i.ToString(System.Globalization.CultureInfo.InvariantCulture) },
    });

    /// <summary>A store: what was written, and each partition's checkpoint, changed together.</summary>
    sealed class Notebook
    {
        readonly Lock _gate = new();
        readonly Dictionary<int, long> _checkpoints = [];

        public Dictionary<int, List<int>> ByPartition { get; } = [];
        public List<int> Batches { get; } = [];
        public int FailuresLeft { get; set; }
        public bool TakenOver { get; set; }

        public IEnumerable<int> Written
        {
            get { lock (_gate) return [.. ByPartition.Values.SelectMany(w => w)]; }
        }

        public long Checkpoint(int partition)
        {
            lock (_gate) return _checkpoints.GetValueOrDefault(partition);
        }

        public bool Write(FeedBatch batch)
        {
            lock (_gate)
            {
                if (FailuresLeft > 0)
                {
                    FailuresLeft--;
                    throw new InvalidOperationException("The disk is full.");
                }
                if (TakenOver && batch.Partition == 0)
                {
                    TakenOver = false;
                    _checkpoints[0] = batch.Next;
                    return false;
                }
                Assert.Equal(_checkpoints.GetValueOrDefault(batch.Partition), batch.After);
                if (!ByPartition.TryGetValue(batch.Partition, out var written)) ByPartition[batch.Partition] = written = [];
                written.AddRange(batch.Events.Select(e => int.Parse(e.Event.MessageId, System.Globalization.CultureInfo.InvariantCulture)));
                Batches.Add(batch.Events.Count);
                _checkpoints[batch.Partition] = batch.Next;
                return true;
            }
        }
    }

    sealed class Reader(FeedConsumerParts parts, Notebook notebook) : FeedConsumer(parts)
    {
        protected override Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => Task.FromResult(notebook.Checkpoint(partition));

        protected override Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation) => Task.FromResult(notebook.Write(batch));
    }
}
