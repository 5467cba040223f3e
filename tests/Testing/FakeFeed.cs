using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Testing;

/// <summary>The event log as its readers see it, in memory: partitions of dense positions, followed live.</summary>
public sealed class FakeFeed(int partitions = 2) : IngestionService.IngestionServiceBase
{
    readonly List<RecordedEvent>[] _log = [.. Enumerable.Range(0, partitions).Select(_ => new List<RecordedEvent>())];
    readonly Dictionary<int, long> _reported = [];
    readonly Lock _gate = new();
    long _low;
    TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>False for a log of a version that has no registry of readers.</summary>
    public bool KnowsReaders { get; init; } = true;

    /// <summary>The name that each call of a reader gave.</summary>
    public ConcurrentQueue<string> Readers { get; } = new();

    /// <summary>By partition, what was last reported as applied.</summary>
    public IReadOnlyDictionary<int, long> Reported
    {
        get { lock (_gate) return new Dictionary<int, long>(_reported); }
    }

    /// <summary>Takes the beginning away in every partition, as retention does.</summary>
    public void RemoveUpTo(long position)
    {
        lock (_gate) _low = position;
    }

    /// <summary>Records events as ingestion would: each in the partition of its customer, at the next position.</summary>
    public void Append(params IEnumerable<RecordedEvent> events)
    {
        lock (_gate)
        {
            foreach (var recorded in events) Append(StableHash.Partition(recorded.Shop, recorded.Customer, _log.Length), recorded);
            Wake();
        }
    }

    /// <summary>Records an event in every partition, as ingestion does with the settings of a shop.</summary>
    public void AppendEverywhere(RecordedEvent recorded)
    {
        lock (_gate)
        {
            for (var i = 0; i < _log.Length; i++) Append(i, recorded);
            Wake();
        }
    }

    public override Task<FeedProgress> GetFeedHead(GetFeedHeadRequest request, ServerCallContext context)
    {
        lock (_gate)
        {
            var head = new FeedProgress();
            head.Partitions.AddRange(_log.Select((events, i) => new PartitionProgress { Partition = i, Position = events.Count, HeadPosition = events.Count }));
            return Task.FromResult(head);
        }
    }

    public override Task<ReportReaderResponse> ReportReader(ReportReaderRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        Readers.Enqueue(request.Reader);
        if (!KnowsReaders) return base.ReportReader(request, context);
        lock (_gate)
        {
            foreach (var position in request.Positions) _reported[position.Partition] = position.Position;
        }
        return Task.FromResult(new ReportReaderResponse());
    }

    public override async Task ReadFeed(ReadFeedRequest request, IServerStreamWriter<ReadFeedResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        Readers.Enqueue(request.Reader);
        if (request.AfterPosition < _low) throw Errors.Of(IngestionErrorReason.PositionNotKept, "Removed.", ("low_position", _low.ToString(CultureInfo.InvariantCulture)));
        for (var position = request.AfterPosition; ;)
        {
            var (page, grown) = Page(request, position);
            await responseStream.WriteAsync(page, context.CancellationToken);
            position = page.NextPosition;
            if (position < page.HeadPosition) continue;
            if (!request.Follow) return;
            await grown.WaitAsync(context.CancellationToken);
        }
    }

    (ReadFeedResponse Page, Task Grown) Page(ReadFeedRequest request, long position)
    {
        lock (_gate)
        {
            var log = _log[request.Partition];
            var page = new ReadFeedResponse { HeadPosition = log.Count };
            page.Events.AddRange(log.Skip((int)position).Take(request.PageSize));
            page.NextPosition = position + page.Events.Count;
            return (page, _grown.Task);
        }
    }

    void Append(int partition, RecordedEvent recorded)
    {
        var copy = recorded.Clone();
        copy.Position = _log[partition].Count + 1;
        _log[partition].Add(copy);
    }

    void Wake()
    {
        _grown.SetResult();
        _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
