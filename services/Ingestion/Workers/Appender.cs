using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Workers;

/// <summary>
/// Group commit: writes all that waits in one transaction, then answers every call of it. While one commit runs the next
/// gathers, so the load itself sets the size. A commit that fails fails its calls, never the house.
/// </summary>
internal sealed class Appender : BackgroundService
{
    /// <summary>How long a failed commit makes the house unhealthy: whoever sends no calls to such a house must come back, or no commit could ever mend it.</summary>
    const int FailureMillis = 10_000;

    readonly AppendQueue _queue;
    readonly LogStore _store;
    readonly IngestionOptions _options;
    readonly Metrics _metrics;
    readonly ILogger _log;
    Failure? _failure;

    sealed record Failure(string Message, long At);

    public Appender(AppendQueue queue, LogStore store, IOptions<IngestionOptions> options, HealthState health, Metrics metrics, ILogger<Appender> log)
    {
        (_queue, _store, _options, _metrics, _log) = (queue, store, options.Value, metrics, log);
        health.AddCheck("appender", Problem);
    }

    /// <summary>Opens the log before anything listens.</summary>
    /// <exception cref="StartException">When the log has another number of partitions than the options.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var partitions = await _store.OpenAsync(cancellationToken);
        if (partitions != _options.Partitions)
            throw new StartException($"Ingestion:Partitions is {_options.Partitions}, but this log was started with {partitions} and keeps that number; set it to {partitions}.");
        var heads = await _store.RefreshHeadsAsync(cancellationToken);
        _log.LogOpened(partitions, heads.Sum());
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The doors are closed before this worker is asked to stop; what still waits is written, not dropped.
        await using var closing = stoppingToken.Register(_queue.Close);
        while (await _queue.TakeAsync(_options.CommitEventsMax) is { } group)
        {
            await CommitAsync(group);
            _queue.Release(group);
        }
    }

    async Task CommitAsync(List<PendingAppend> group)
    {
        var events = group.Count == 1 ? group[0].Events : [.. group.SelectMany(a => a.Events)];
        try
        {
            var started = Stopwatch.GetTimestamp();
            // No caller's cancellation reaches in here: a commit happens whole, for all or for none.
            var report = await _store.AppendAsync(events, CancellationToken.None);
            _metrics.Committed(report, Stopwatch.GetElapsedTime(started));
            _failure = null;
            Answer(group, report.Results);
        }
        catch (Exception e)
        {
            _failure = new Failure(e.Message, Environment.TickCount64);
            _log.CommitFailed(events.Count, group.Count, e);
            foreach (var append in group) append.Receipt.SetException(Refusal());
        }
    }

    // Logged already, and safe to send again whatever the cause, even when only the answer of the store was lost.
    static RpcException Refusal() => Errors.Of(CommonErrorReason.Unavailable, "The commit failed; send the same batch again.");

    string? Problem()
    {
        if (ExecuteTask is { IsCompleted: true }) return "the appender has ended";
        return _failure is { } failure && Environment.TickCount64 - failure.At < FailureMillis ? $"a commit failed: {failure.Message}" : null;
    }

    static void Answer(List<PendingAppend> group, AppendResult[] results)
    {
        var offset = 0;
        foreach (var append in group)
        {
            append.Receipt.SetResult(new ArraySegment<AppendResult>(results, offset, append.Events.Count));
            offset += append.Events.Count;
        }
    }
}
