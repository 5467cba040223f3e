using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Feeds;

/// <summary>The loop that every reader of the log runs, over a log in memory and a store in memory but for its leases.</summary>
public sealed class FeedConsumerTests : IAsyncDisposable
{
    FakeFeed _log = new();
    readonly LogLines _said = new();
    ManualClock? _clock;
    readonly Notebook _notebook = new();
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    FakeHouse? _source;
    WebApplication? _app;

    public async ValueTask DisposeAsync()
    {
        _said.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        if (_source is not null) await _source.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
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

    [Fact]
    public async Task Reads_and_reports_under_the_name_of_its_house()
    {
        _log.Append(Events(1, 100));
        var reader = await StartAsync("--Feed:ReportSeconds=1");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 100);

        await Eventually.IsTrueAsync(() => Task.FromResult(_log.Reported.Values.Sum() == 100), "what is applied is reported");
        Assert.Equal([TestServer.House.Name], _log.Readers.Distinct());
        Assert.All(_log.Reported, r => Assert.Equal(reader.Position(r.Key), r.Value));
    }

    [Fact]
    public async Task Reports_a_last_time_when_it_stops()
    {
        _log.Append(Events(1, 30));
        var reader = await StartAsync("--Feed:ReportSeconds=300");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 30);
        Assert.Empty(_log.Reported);

        await _app!.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(30, _log.Reported.Values.Sum());
    }

    [Fact]
    public async Task A_log_without_a_registry_is_read_all_the_same_and_in_silence()
    {
        _log = new FakeFeed { KnowsReaders = false };
        _log.Append(Events(1, 10));
        var reader = await StartAsync("--Feed:ReportSeconds=1");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 10);
        // Two streams, then reports.
        await Eventually.IsTrueAsync(() => Task.FromResult(_log.Readers.Count >= 4), "it tries again");
        _log.Append(Events(11, 20));
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 20);

        Assert.Null(Health.Problem);
        Assert.Empty(_said.Lines);
    }

    [Fact]
    public async Task A_new_house_begins_where_the_log_does()
    {
        _log.Append(Events(1, 100));
        _log.RemoveUpTo(20);
        var reader = await StartAsync();
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 100);

        Assert.Equal(60, _notebook.Written.Count());
        Assert.Null(Health.Problem);
    }

    [Fact]
    public async Task A_house_that_was_away_for_longer_than_the_log_keeps_does_not_skip_what_it_missed()
    {
        _log.Append(Events(1, 100));
        for (var p = 0; p < 2; p++) _notebook.Write(new FeedBatch(p, 0, 10, []));
        _log.RemoveUpTo(20);
        await StartAsync("--Feed:RetryMillisMax=50");

        await Eventually.IsTrueAsync(() => Task.FromResult(Health.Problem?.Contains("Removed.", StringComparison.Ordinal) == true), "it says that the log no longer has them");
        Assert.Empty(_notebook.Written);
    }

    [Fact]
    public async Task Its_lag_is_the_age_of_the_oldest_event_that_is_not_applied()
    {
        _clock = new ManualClock(Now);
        _log.Append(Events(1, 40).Select(e => Received(e, Now.AddSeconds(-60))));
        _notebook.Hold();
        await StartAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(Lag() == 60), "the lag is that of the waiting events");

        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(65, Lag());
        _notebook.Release();
        await Eventually.IsTrueAsync(() => Task.FromResult(Lag() == 0), "nothing waits");
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_unhealthy_until_it_has_caught_up()
    {
        _clock = new ManualClock(Now);
        _log.Append(Events(1, 10).Select(e => Received(e, Now)));
        var reader = await StartAsync("--Feed:LagSecondsMax=100", "--Feed:SilenceMillisMax=600000");
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 10);

        _notebook.Hold();
        _log.Append(Events(11, 20).Select(e => Received(e, Now)));
        await Eventually.IsTrueAsync(() => Task.FromResult(reader.Progress.LagEvents == 10), "events wait");
        _clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Null(Health.Problem);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("feed: is 101 s behind the log", Health.Problem);

        _notebook.Release();
        await Eventually.IsTrueAsync(() => Task.FromResult(Health.Problem is null), "it is well again");
    }

    [Theory]
    [InlineData("--Feed:LagSecondsMax=100")]
    [InlineData("--Feed:LagSecondsMax=0")]
    public async Task A_house_that_is_built_anew_is_busy_and_not_ill(string limit)
    {
        _clock = new ManualClock(Now);
        _log.Append(Events(1, 100).Select(e => Received(e, Now.AddYears(-2))));
        _notebook.Hold();
        var reader = await StartAsync(limit);
        await Eventually.IsTrueAsync(() => Task.FromResult(reader.Progress.LagEvents == 100), "all of the log waits");

        await Eventually.IsTrueAsync(() => Task.FromResult(Lag() > 600 * 24 * 3600), "the lag is measured");
        Assert.DoesNotContain("behind", Health.Problem ?? "", StringComparison.Ordinal);
        _notebook.Release();
        await Eventually.AppliedAsync(() => Task.FromResult(reader.Progress), 100);
        Assert.Null(Health.Problem);
    }

    static DateTimeOffset Now { get; } = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

    static RecordedEvent Received(RecordedEvent e, DateTimeOffset at)
    {
        e.ReceiveTime = Timestamp.FromDateTimeOffset(at);
        return e;
    }

    /// <summary>The metric, as a collector would read it.</summary>
    static double Lag()
    {
        var seen = 0.0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "perennial.feed.lag.time" && instrument.Meter.Name == "Perennial.test.Feed") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => seen = Math.Max(seen, value));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    HealthState Health => _app!.Services.GetRequiredService<HealthState>();

    async Task<FeedConsumer> StartAsync(params string[] settings)
    {
        _source = await FakeHouse.StartAsync(_log);
        return await StartAtAsync(_source.Address, settings);
    }

    async Task<FeedConsumer> StartAtAsync(string address, params string[] settings)
    {
        var builder = TestServer.House.CreateBuilder(["--port", "0", "--data", _folder, "--Logging:LogLevel:Default=Warning", $"--Upstream:Ingestion={address}", .. settings]);
        builder.Logging.ClearProviders().AddProvider(_said);
        if (_clock is not null) builder.Services.AddSingleton<TimeProvider>(_clock);
        builder.Services.AddSingleton(_notebook).AddFeedConsumer<Reader>();
        _app = builder.Build();
        await TestServer.House.StartAsync(_app, TestContext.Current.CancellationToken);
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
        readonly ManualResetEventSlim _free = new(true);

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

        /// <summary>Nothing is written from here to <see cref="Release"/>.</summary>
        public void Hold() => _free.Reset();

        public void Release() => _free.Set();

        public bool Write(FeedBatch batch)
        {
            _free.Wait(TestContext.Current.CancellationToken);
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

        protected override Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation) => Task.Run(() => notebook.Write(batch), cancellation);
    }
}
