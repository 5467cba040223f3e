using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.Foundation.Feeds;

/// <summary>
/// Tails the event log and hands it on in batches; the replicas of a house split the partitions. The house applies a batch and its checkpoint
/// in one transaction, so effects are exactly once; after any failure, or when another replica takes a partition over, it starts again from its stored checkpoint.
/// </summary>
public abstract partial class FeedConsumer : BackgroundService
{
    const string Log = "the event log";
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    readonly FeedConsumerParts _parts;
    readonly ILogger _log;
    readonly IngestionService.IngestionServiceClient _ingestion;
    readonly FeedStanding _standing;
    readonly Meter _meter;
    // By what is to be done, what is wrong with it.
    readonly ConcurrentDictionary<string, string> _problems = new() { [Log] = "has not reached the event log yet" };
    bool _reportsFail;

    protected FeedConsumer(FeedConsumerParts parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _log = parts.Logs.CreateLogger(GetType());
        _ingestion = new IngestionService.IngestionServiceClient(parts.Channels.To(parts.Upstream.Value.Ingestion));
        _standing = new FeedStanding(parts.Clock, parts.Options.Value.LagSecondsMax);
        _meter = new Meter(Telemetry.Prefix + parts.House.Name + ".Feed");
        _meter.CreateObservableGauge("perennial.feed.lag", () => _standing.LagEvents, "{event}", "Events of the partitions read here that are recorded and not yet applied.");
        _meter.CreateObservableGauge("perennial.feed.lag.time", () => _standing.LagTime().TotalSeconds, "s", "Age of the oldest event of the partitions read here that is not yet applied.");
        parts.Health.AddCheck("feed", Problem);
    }

    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    protected abstract Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation);

    /// <summary>
    /// Applies a batch and moves the checkpoint from <c>After</c> to <c>Next</c> in one transaction. False when the stored checkpoint
    /// is not <c>After</c> (another replica was faster): nothing was applied, and the partition is read again from there.
    /// </summary>
    protected abstract Task<bool> ApplyAsync(FeedBatch batch, CancellationToken cancellation);

    /// <summary>How far this house has come with all replicas, as last heard: of partitions that others read, when this one last looked.</summary>
    public FeedProgress Progress => _standing.Progress;

    /// <summary>Position of one partition; 0 before the feed is reached.</summary>
    public long Position(int partition) => _standing.Position(partition);

    /// <summary>Partition count of the log; 0 before the feed is reached.</summary>
    public int PartitionCount => _standing.PartitionCount;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        var count = await RetryAsync(CountPartitionsAsync, Log, stoppingToken);
        _standing.Open(count);
        var reporting = ReportRegularlyAsync(stoppingToken);
        try
        {
            await ShareAsync(count, stoppingToken);
        }
        finally
        {
            await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ReportAsync(last: true);
        }
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
        GC.SuppressFinalize(this);
    }

    async Task<int> CountPartitionsAsync(CancellationToken cancellation)
        => (await _ingestion.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: cancellation)).Partitions.Count;

    /// <summary>Runs until it succeeds or is cancelled, with growing pauses; the last problem is the house's health.</summary>
    async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> work, string what, CancellationToken cancellation)
    {
        for (var pause = 50; ; pause = Math.Min(pause * 2, _parts.Options.Value.RetryMillisMax))
        {
            try
            {
                var result = await work(cancellation);
                _problems.TryRemove(what, out _);
                return result;
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                _problems[what] = $"{what}: {e.Message}";
                LogRetry(_log, what, pause, e);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // A stop reaches a call or a store as a fault of theirs; the host takes only this one as a stop.
                throw new OperationCanceledException("No longer asked for.", e, cancellation);
            }
            await Task.Delay(pause, cancellation);
        }
    }

    /// <param name="leave">Ends it, after the batch in hand.</param>
    /// <param name="stop">Ends it in the middle of a batch, which is not applied then.</param>
    async Task TailAsync(int partition, string what, CancellationToken leave, CancellationToken stop)
    {
        var position = await ReadCheckpointAsync(partition, leave);
        _standing.Resumed(partition, position);
        using var read = CancellationTokenSource.CreateLinkedTokenSource(leave);
        var pages = System.Threading.Channels.Channel.CreateBounded<ReadFeedResponse>(new BoundedChannelOptions(Math.Max(2, _parts.Options.Value.BatchSizeMax / _parts.Options.Value.PageSize)) { SingleReader = true, SingleWriter = true });
        var reading = ReadAsync(partition, position, pages.Writer, read.Token);
        try
        {
            while (await pages.Reader.WaitToReadAsync(leave))
            {
                if (await ApplyAvailableAsync(partition, position, pages.Reader, stop) is not { } next) return;
                position = next;
                _problems.TryRemove(what, out _);
            }
            await reading;
            throw new InvalidOperationException("The log closed a stream that was to stay open.");
        }
        finally
        {
            await read.CancelAsync();
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
        _standing.Heard(partition, position, head, events.Count > 0 ? TimeOf(events[0]) : null);
        if (next != position && !await ApplyAsync(new FeedBatch(partition, position, next, events), cancellation)) return null;
        // What comes next, or where nothing of it is here yet, what it came after.
        var oldest = pages.TryPeek(out var waiting) && waiting.Events.Count > 0 ? waiting.Events[0] : events.LastOrDefault();
        _standing.Heard(partition, next, head, oldest is null ? null : TimeOf(oldest));
        return next;
    }

    async Task ReadAsync(int partition, long after, ChannelWriter<ReadFeedResponse> pages, CancellationToken cancellation)
    {
        try
        {
            if (await CopyAsync(partition, after, pages, cancellation) is { } low)
            {
                LogLateStart(_log, partition, low);
                await CopyAsync(partition, low, pages, cancellation);
            }
            pages.Complete();
        }
        catch (Exception e)
        {
            // Handed to the applying side, which sees it after the pages that came before.
            pages.Complete(e);
        }
    }

    /// <summary>Hands on what comes until the stream ends. A reader that has applied nothing and comes too late for the first events gets the position where the log begins now.</summary>
    async Task<long?> CopyAsync(int partition, long after, ChannelWriter<ReadFeedResponse> pages, CancellationToken cancellation)
    {
        var request = new ReadFeedRequest { Partition = partition, AfterPosition = after, Follow = true, PageSize = _parts.Options.Value.PageSize, Reader = _parts.House.Name };
        using var call = _ingestion.ReadFeed(request, cancellationToken: cancellation);
        try
        {
            if (!await call.ResponseStream.MoveNext(cancellation)) return null;
        }
        catch (RpcException e) when (after == 0 && Errors.Reason(e) is { Reason: "POSITION_NOT_KEPT" } reason)
        {
            return long.Parse(reason.Metadata["low_position"], CultureInfo.InvariantCulture);
        }
        do await pages.WriteAsync(call.ResponseStream.Current, cancellation);
        while (await call.ResponseStream.MoveNext(cancellation));
        return null;
    }

    // What a merge or an erasure recorded again is as old as that.
    static DateTimeOffset? TimeOf(RecordedEvent recorded) => (recorded.ReattributeTime ?? recorded.ReceiveTime)?.ToDateTimeOffset();

    string? Problem()
    {
        if (_problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value).FirstOrDefault() is { } problem) return problem;
        var silence = Progress.Silence?.ToTimeSpan() ?? TimeSpan.Zero;
        return silence.TotalMilliseconds > _parts.Options.Value.SilenceMillisMax ? $"heard nothing from the log for {silence.TotalSeconds:F0} s" : _standing.Problem();
    }

    async Task ReportRegularlyAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_parts.Options.Value.ReportSeconds));
        while (await timer.WaitForNextTickAsync(cancellation)) await ReportAsync();
    }

    /// <summary>Tells the log what is applied. It is told again soon, so a failure is said once and changes nothing.</summary>
    async Task ReportAsync(bool last = false)
    {
        try
        {
            // Not the house's stop: the last report is made while it stops.
            await _ingestion.ReportReaderAsync(new ReportReaderRequest { Reader = _parts.House.Name, Positions = { _standing.Applied } }, deadline: DateTime.UtcNow + StopPatience);
            _reportsFail = false;
        }
        catch (Exception e)
        {
            if (_reportsFail || last) return;
            _reportsFail = true;
            // A log of an older version has no registry of readers.
            if (e is RpcException { StatusCode: StatusCode.Unimplemented }) LogUnreported(_log);
            else LogReportFailed(_log, _parts.Options.Value.ReportSeconds, e);
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "Feed: {What} failed, tried again in {PauseMillis} ms")]
    static partial void LogRetry(ILogger log, string what, int pauseMillis, Exception error);

    [LoggerMessage(1102, LogLevel.Warning, "Feed: the log could not be told what is applied; tried again every {PauseSeconds} s")]
    static partial void LogReportFailed(ILogger log, int pauseSeconds, Exception error);

    [LoggerMessage(1103, LogLevel.Debug, "Feed: the log keeps no registry of readers")]
    static partial void LogUnreported(ILogger log);

    [LoggerMessage(1104, LogLevel.Warning, "Feed: partition {Partition} is kept from position {LowPosition} on only; what came before is not part of this house")]
    static partial void LogLateStart(ILogger log, int partition, long lowPosition);
}
