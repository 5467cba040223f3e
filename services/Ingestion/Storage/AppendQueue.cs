using System.Threading.Channels;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// Where calls wait for the commit they share. Bounded in events and bytes: what does not fit is turned away at once, so
/// overload costs the sender a retry and never this process its memory.
/// </summary>
internal sealed class AppendQueue(int eventsMax, int bytesMax)
{
    readonly Channel<PendingAppend> _waiting = Channel.CreateUnbounded<PendingAppend>(new UnboundedChannelOptions { SingleReader = true });
    readonly Lock _gate = new();
    int _events;
    long _bytes;

    /// <summary>How many wait or are being written.</summary>
    public int Events
    {
        get { lock (_gate) return _events; }
    }

    /// <summary>What became of each event once they are on disk; null when the queue is full or closed.</summary>
    public Task<ArraySegment<AppendResult>>? TryAdd(IReadOnlyList<LogEvent> events)
    {
        var append = new PendingAppend(events);
        lock (_gate)
        {
            if (_events + events.Count > eventsMax || _bytes + append.Bytes > bytesMax) return null;
            if (!_waiting.Writer.TryWrite(append)) return null;
            _events += events.Count;
            _bytes += append.Bytes;
        }
        return append.Receipt.Task;
    }

    /// <summary>What waits, in order: at least one call, and no further one once <paramref name="commitEventsMax"/> is reached. Null when closed and empty.</summary>
    public async Task<List<PendingAppend>?> TakeAsync(int commitEventsMax)
    {
        if (!await _waiting.Reader.WaitToReadAsync(CancellationToken.None)) return null;
        var group = new List<PendingAppend>();
        var events = 0;
        while (events < commitEventsMax && _waiting.Reader.TryRead(out var append))
        {
            group.Add(append);
            events += append.Events.Count;
        }
        return group;
    }

    /// <summary>Gives the room of a finished group back. Until then it counts: it is still in memory.</summary>
    public void Release(List<PendingAppend> group)
    {
        lock (_gate)
        {
            _events -= group.Sum(a => a.Events.Count);
            _bytes -= group.Sum(a => a.Bytes);
        }
    }

    /// <summary>Takes nothing more in; what waits is still handed out.</summary>
    public void Close() => _waiting.Writer.TryComplete();
}

/// <summary>One call's events and the promise to tell where they went.</summary>
internal sealed class PendingAppend(IReadOnlyList<LogEvent> events)
{
    public IReadOnlyList<LogEvent> Events => events;
    public long Bytes { get; } = events.Sum(e => (long)e.Payload.Length);
    public TaskCompletionSource<ArraySegment<AppendResult>> Receipt { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
