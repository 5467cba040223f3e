using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Perennial.Foundation.Feeds;

/// <summary>How a house tails the log (section <c>Feed</c>).</summary>
public sealed class FeedOptions
{
    /// <summary>Most events applied in one transaction. Batches grow with lag, so state per customer is written once per batch.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 100_000)]
    public int BatchSizeMax { get; set; } = 5_000;

    /// <summary>Events per message asked of the log.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 5_000)]
    public int PageSize { get; set; } = 1_000;

    /// <summary>Longest pause before a failed partition is tried again.</summary>
    [System.ComponentModel.DataAnnotations.Range(50, 60_000)]
    public int RetryMillisMax { get; set; } = 5_000;

    /// <summary>A reader that heard nothing for this long (heartbeats come every few seconds) makes the house unhealthy.</summary>
    [System.ComponentModel.DataAnnotations.Range(1_000, 600_000)]
    public int SilenceMillisMax { get; set; } = 30_000;
}

public static class FeedHosting
{
    /// <summary>Runs <typeparamref name="TConsumer"/> as the one reader of the log in this process; others ask for it as <see cref="FeedConsumer"/>.</summary>
    public static IServiceCollection AddFeedConsumer<TConsumer>(this IServiceCollection services) where TConsumer : FeedConsumer
        => services.AddCheckedOptions<FeedOptions>("Feed")
            .AddSingleton<FeedConsumerParts>()
            .AddSingleton<FeedConsumer, TConsumer>()
            .AddHostedService(provider => provider.GetRequiredService<FeedConsumer>());
}

/// <summary>What a consumer stands on; one argument for the houses to pass through.</summary>
public sealed record FeedConsumerParts(Channels Channels, IOptions<UpstreamOptions> Upstream, IOptions<FeedOptions> Options, HealthState Health, TimeProvider Clock, ILoggerFactory Logs, House House);

/// <summary>
/// Tails every partition of the event log and hands it on in batches. The house applies a batch and its checkpoint in one
/// transaction, so effects are exactly once; after any failure the partition starts again from its stored checkpoint.
/// </summary>
public abstract partial class FeedConsumer : BackgroundService
{
    readonly FeedConsumerParts _parts;
    readonly ILogger _log;
    readonly IngestionService.IngestionServiceClient _ingestion;
    readonly Lock _gate = new();
    readonly Meter _meter;
    PartitionState[] _partitions = [];
    string? _problem = "has not reached the event log yet";

    sealed class PartitionState
    {
        public long Position;
        public long Head;
        public DateTimeOffset HeardAt;
    }

    protected FeedConsumer(FeedConsumerParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _log = parts.Logs.CreateLogger(GetType());
        _ingestion = new IngestionService.IngestionServiceClient(parts.Channels.To(parts.Upstream.Value.Ingestion));
        _meter = new Meter(Telemetry.Prefix + parts.House.Name + ".Feed");
        _meter.CreateObservableGauge("perennial.feed.lag", () => Progress.LagEvents, "{event}", "Events recorded and not yet applied by this house.");
        parts.Health.AddCheck("feed", Problem);
    }

    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    protected abstract Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation);

    /// <summary>
    /// Applies a batch and moves the checkpoint from <c>After</c> to <c>Next</c> in one transaction. False when the stored checkpoint
    /// is not <c>After</c> (another replica was faster): nothing was applied, and the partition is read again from there.
    /// </summary>
    protected abstract Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation);

    /// <summary>How far this house has come, as last heard.</summary>
    public FeedProgress Progress
    {
        get
        {
            lock (_gate)
            {
                var progress = new FeedProgress();
                for (var i = 0; i < _partitions.Length; i++)
                {
                    var state = _partitions[i];
                    progress.Partitions.Add(new PartitionProgress { Partition = i, Position = state.Position, HeadPosition = state.Head });
                    progress.LagEvents += Math.Max(0, state.Head - state.Position);
                }
                if (_partitions.Length > 0) progress.Silence = Duration.FromTimeSpan(_parts.Clock.GetUtcNow() - _partitions.Min(p => p.HeardAt));
                return progress;
            }
        }
    }

    /// <summary>Position of one partition; 0 before the feed is reached.</summary>
    public long Position(int partition)
    {
        lock (_gate) return partition < _partitions.Length ? _partitions[partition].Position : 0;
    }

    /// <summary>Partition count of the log; 0 before the feed is reached.</summary>
    public int PartitionCount
    {
        get { lock (_gate) return _partitions.Length; }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var count = await RetryAsync(CountPartitionsAsync, "the event log", stoppingToken);
        lock (_gate) _partitions = [.. Enumerable.Range(0, count).Select(_ => new PartitionState { HeardAt = _parts.Clock.GetUtcNow() })];
        await Task.WhenAll(Enumerable.Range(0, count).Select(p => RetryAsync(async cancellation =>
        {
            // It comes back when another replica moved the checkpoint: on from there.
            while (!cancellation.IsCancellationRequested) await TailAsync(p, cancellation);
            return 0;
        }, $"partition {p}", stoppingToken)));
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    async Task<int> CountPartitionsAsync(CancellationToken cancellation)
        => (await _ingestion.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: cancellation)).Partitions.Count;

    /// <summary>Runs until it succeeds or the house stops, with growing pauses; the last problem is the house's health.</summary>
    async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> work, string what, CancellationToken cancellation)
    {
        for (var pause = 50; ; pause = Math.Min(pause * 2, _parts.Options.Value.RetryMillisMax))
        {
            try
            {
                return await work(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                _problem = $"{what}: {e.Message}";
                LogRetry(_log, what, pause, e);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A stop reaches a call or a store as a fault of theirs; the host takes only this one as a stop.
                throw new OperationCanceledException("The house is stopping.", e, cancellation);
            }
            await Task.Delay(pause, cancellation);
        }
    }

    async Task TailAsync(int partition, CancellationToken cancellation)
    {
        var position = await ReadCheckpointAsync(partition, cancellation);
        Heard(partition, position, position);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pages = System.Threading.Channels.Channel.CreateBounded<ReadFeedResponse>(new BoundedChannelOptions(8) { SingleReader = true, SingleWriter = true });
        var reading = ReadAsync(partition, position, pages.Writer, stop.Token);
        try
        {
            while (await pages.Reader.WaitToReadAsync(cancellation))
            {
                if (await ApplyAvailableAsync(partition, position, pages.Reader, cancellation) is not { } next) return;
                position = next;
                _problem = null;
            }
            await reading;
            throw new InvalidOperationException("The log closed a stream that was to stay open.");
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Takes what has come in, up to the largest batch, and applies it; null when another replica moved the checkpoint.</summary>
    async Task<long?> ApplyAvailableAsync(int partition, long position, ChannelReader<ReadFeedResponse> pages, CancellationToken cancellation)
    {
        var events = new List<RecordedEvent>();
        var (next, head) = (position, 0L);
        while (events.Count < _parts.Options.Value.BatchSizeMax && pages.TryRead(out var page))
        {
            events.AddRange(page.Events);
            (next, head) = (page.NextPosition, page.HeadPosition);
        }
        // The head first: a lag that is being worked off is seen as one.
        Heard(partition, position, head);
        if (next != position && !await ApplyAsync(new FeedBatch(partition, position, next, events), cancellation)) return null;
        Heard(partition, next, head);
        return next;
    }

    async Task ReadAsync(int partition, long after, ChannelWriter<ReadFeedResponse> pages, CancellationToken cancellation)
    {
        try
        {
            using var call = _ingestion.ReadFeed(new ReadFeedRequest { Partition = partition, AfterPosition = after, Follow = true, PageSize = _parts.Options.Value.PageSize }, cancellationToken: cancellation);
            await foreach (var page in call.ResponseStream.ReadAllAsync(cancellation)) await pages.WriteAsync(page, cancellation);
            pages.Complete();
        }
        catch (Exception e)
        {
            // Handed to the applying side, which sees it after the pages that came before.
            pages.Complete(e);
        }
    }

    void Heard(int partition, long position, long head)
    {
        lock (_gate)
        {
            var state = _partitions[partition];
            (state.Position, state.Head, state.HeardAt) = (position, Math.Max(head, state.Head), _parts.Clock.GetUtcNow());
        }
    }

    string? Problem()
    {
        if (_problem is { } problem) return problem;
        var silence = Progress.Silence?.ToTimeSpan() ?? TimeSpan.Zero;
        return silence.TotalMilliseconds > _parts.Options.Value.SilenceMillisMax ? $"heard nothing from the log for {silence.TotalSeconds:F0} s" : null;
    }

    [LoggerMessage(1101, LogLevel.Warning, "Feed: {What} failed, tried again in {PauseMillis} ms")]
    static partial void LogRetry(ILogger log, string what, int pauseMillis, Exception error);
}
