using System.Runtime.InteropServices;
using Perennial.Foundation.Feeds;

namespace Perennial.Load.Log;

/// <summary>
/// The log of one shop: a history that the specification gives, and what was appended since, which a file keeps so that a store can be
/// used again with a log that knows all that it applied.
/// </summary>
sealed class SyntheticLog : IDisposable
{
    /// <summary>Orders of the history have ordinals below, those that are appended from here on.</summary>
    public const int LiveOrdinal = LogEvent.OrdinalsMax / 2;

    readonly byte[] _partitionOf;
    readonly Partition[] _partitions;

    /// <param name="folder">Of the files of what is appended.</param>
    public SyntheticLog(LogSpec spec, string folder)
    {
        _partitionOf = [.. Enumerable.Range(0, spec.Customers).Select(customer => (byte)StableHash.Partition(LogSpec.Shop, LogSpec.CustomerId(customer), LogSpec.Partitions))];
        var history = Sorted(spec.OrdersOnly ? OrderHistory.Generate(spec) : MixHistory.Generate(spec), spec.Customers);
        _partitions = [.. Enumerable.Range(0, LogSpec.Partitions).Select(p => new Partition(HistoryOf(history, p), Path.Combine(folder, $"appended-{p}.bin")))];
    }

    public int PartitionOf(int customer) => _partitionOf[customer];

    public long Head(int partition) => _partitions[partition].Head;

    /// <summary>The events that follow a position, as many as there are and fit. Answers how many.</summary>
    public int Read(int partition, long after, Span<LogEvent> target) => _partitions[partition].Read(after, target);

    /// <summary>Ends when the partition grows beyond the position.</summary>
    public Task BeyondAsync(int partition, long position) => _partitions[partition].BeyondAsync(position);

    /// <summary>Answers the position of each.</summary>
    public long[] Append(ReadOnlySpan<LogEvent> events)
    {
        var positions = new long[events.Length];
        for (var i = 0; i < events.Length; i++) positions[i] = _partitions[PartitionOf(events[i].Customer)].Append(events[i]);
        foreach (var partition in _partitions) partition.Publish();
        return positions;
    }

    public void Dispose()
    {
        foreach (var partition in _partitions) partition.Dispose();
    }

    static LogEvent[] Sorted(List<LogEvent> events, int customers)
    {
        MemoryMarshal.Cast<LogEvent, ulong>(CollectionsMarshal.AsSpan(events)).Sort();
        var orders = new byte[customers];
        var sorted = events.ToArray();
        for (var i = 0; i < sorted.Length; i++) sorted[i] = Numbered(sorted[i], orders);
        return sorted;
    }

    /// <summary>An order is the customer's next; what is about an order is about the latest.</summary>
    static LogEvent Numbered(LogEvent e, byte[] orders)
    {
        if (e.Kind is not (EventKind.Ordered or EventKind.Cancelled or EventKind.Returned)) return e;
        if (e.Kind == EventKind.Ordered) orders[e.Customer] = (byte)((orders[e.Customer] + 1) % LiveOrdinal);
        return new LogEvent(e.Second, e.Customer, e.Kind, orders[e.Customer]);
    }

    LogEvent[] HistoryOf(LogEvent[] sorted, int partition) => [new LogEvent(0, 0, EventKind.ShopConfigured), .. sorted.Where(e => PartitionOf(e.Customer) == partition)];

    /// <summary>Positions are places in the history and what follows it, from 1.</summary>
    sealed class Partition : IDisposable
    {
        readonly LogEvent[] _history;
        readonly List<LogEvent> _appended = [];
        readonly Lock _gate = new();
        readonly FileStream _file;
        TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _published;

        public Partition(LogEvent[] history, string file)
        {
            _history = history;
            _file = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            var kept = new byte[_file.Length - _file.Length % sizeof(ulong)];
            _file.ReadExactly(kept);
            foreach (var bits in MemoryMarshal.Cast<byte, ulong>(kept)) _appended.Add(new LogEvent(bits));
            _published = _appended.Count;
        }

        public long Head => _history.Length + Volatile.Read(ref _published);

        public int Read(long after, Span<LogEvent> target)
        {
            var count = (int)Math.Clamp(Head - after, 0, target.Length);
            var fromHistory = (int)Math.Clamp(_history.Length - after, 0, count);
            if (fromHistory > 0) _history.AsSpan((int)after, fromHistory).CopyTo(target);
            if (fromHistory == count) return count;
            lock (_gate) CollectionsMarshal.AsSpan(_appended).Slice((int)(after + fromHistory - _history.Length), count - fromHistory).CopyTo(target[fromHistory..]);
            return count;
        }

        public Task BeyondAsync(long position)
        {
            lock (_gate) return Head > position ? Task.CompletedTask : _grown.Task;
        }

        public long Append(LogEvent e)
        {
            lock (_gate)
            {
                _appended.Add(e);
                return _history.Length + _appended.Count;
            }
        }

        /// <summary>Lets readers see what was appended.</summary>
        public void Publish()
        {
            lock (_gate)
            {
                if (_published == _appended.Count) return;
                _file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_appended)[_published..]));
                _file.Flush();
                _published = _appended.Count;
                _grown.SetResult();
                _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public void Dispose() => _file.Dispose();
    }
}
