using System.Data.Common;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// Log-structured keys. Each key is in memory or in a sorted run on disk; a filter in memory says which chunk of a run is worth
/// a look, and a digest that is found counts only when the event row at its place has the same ids.
/// Nothing rests on memory being told: each transaction holds what it knows against the heads of the partitions and the
/// generation of the runs, and reads the event rows that it has not seen, whoever wrote them.
/// </summary>
/// <remarks>The provider has no asynchronous I/O, so what runs under the gate is plain calls.</remarks>
internal sealed class SqliteMessageKeys(Database database, KeyLimits limits) : IMessageKeys
{
    /// <summary>Runs of a level that become one of the next: each key is written once more per level, 4 times up to a billion.</summary>
    const int MergeWidth = 8;

    /// <summary>Chunks that one piece of work writes or removes: a commit waits a few milliseconds for it, not for a merge.</summary>
    const int ChunksPerPiece = 200;

    /// <summary>At so many times its size the set is written by the commit itself: whoever falls behind slows the senders and keeps the memory.</summary>
    const int OverflowFactor = 4;

    readonly KeyRuns _tables = new(database);
    readonly Lock _gate = new();
    readonly KeyTable _set = new();
    readonly Dictionary<long, KeyRun> _runs = [];
    // Loaded outside of any transaction, for the moment when it is read.
    KeyRun? _ready;
    long _generation = -1;
    long[] _seen = [];
    long[] _marks = [];
    ulong[] _digests = [];
    Addition? _staged;
    bool _untidy;

    sealed record Addition(List<MessageKey> Keys, long[] Before, long[] After);

    /// <summary>Brings in what is in the log but in no run yet, piece by piece: after a crash that is a set's worth, after an older version all of it.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        while (!await database.WriteAsync(write => OpenSomeAsync(write, cancellation), cancellation)) { }
    }

    async Task<bool> OpenSomeAsync(Write write, CancellationToken cancellation)
    {
        bool done;
        lock (_gate) done = CatchUp(write, limits.SetMax);
        if (!done) await SpillAsync(write, cancellation);
        return done;
    }

    public async Task<HashSet<(string Shop, string MessageId)>> KnownAsync(Write write, IReadOnlyList<LogEvent> events)
    {
        bool full;
        lock (_gate)
        {
            CatchUp(write, int.MaxValue);
            full = _set.Count >= (long)limits.SetMax * OverflowFactor;
        }
        // Memory follows at the next transaction, when this one stands.
        if (full) await SpillAsync(write, CancellationToken.None);
        lock (_gate) return Known(write, events);
    }

    HashSet<(string Shop, string MessageId)> Known(Write write, IReadOnlyList<LogEvent> events)
    {
        var known = new HashSet<(string, string)>();
        _digests = new ulong[events.Count];
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            _digests[i] = MessageKey.DigestOf(e.Shop, e.MessageId);
            if (IsKnown(write, _digests[i], e)) known.Add((e.Shop, e.MessageId));
        }
        return known;
    }

    bool IsKnown(Write write, ulong digest, LogEvent e)
    {
        for (var from = -1; _set.TryNext(digest, ref from, out var key);)
        {
            if (_tables.IsAt(write, key, e.Shop, e.MessageId)) return true;
        }
        foreach (var run in _runs.Values)
        {
            if (run.ChunkOf(digest) is >= 0 and var chunk && IsIn(write, _tables.Chunk(write.Connection, write.Transaction, run.Run, chunk), digest, e)) return true;
        }
        return false;
    }

    bool IsIn(Write write, ReadOnlySpan<byte> chunk, ulong digest, LogEvent e)
    {
        var (low, high) = (0, chunk.Length / MessageKey.Bytes);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (MessageKey.Read(chunk[(middle * MessageKey.Bytes)..]).Digest < digest) low = middle + 1;
            else high = middle;
        }
        for (var at = low * MessageKey.Bytes; at < chunk.Length && MessageKey.Read(chunk[at..]) is var key && key.Digest == digest; at += MessageKey.Bytes)
        {
            if (_tables.IsAt(write, key, e.Shop, e.MessageId)) return true;
        }
        return false;
    }

    public Task<Action> AddAsync(Write write, IReadOnlyList<PlacedEvent?> events, IReadOnlyList<int> fresh, long[] positions, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var after = (long[])_seen.Clone();
            var keys = new List<MessageKey>(fresh.Count);
            foreach (var i in fresh)
            {
                keys.Add(new MessageKey(_digests[i], MessageKey.PlaceOf(events[i]!.Partition, positions[i])));
                after[events[i]!.Partition] = positions[i];
            }
            var addition = _staged = new Addition(keys, _seen, after);
            return Task.FromResult(() => Take(addition));
        }
    }

    /// <summary>Spares the next transaction the reading, unless it has read already.</summary>
    void Take(Addition addition)
    {
        lock (_gate)
        {
            if (_staged != addition || _seen != addition.Before) return;
            foreach (var key in addition.Keys) _set.Add(key);
            (_seen, _staged) = (addition.After, null);
            _untidy |= _set.Count >= limits.SetMax;
        }
    }

    /// <summary>Makes memory agree with the log as this transaction sees it. False when it stopped at <paramref name="setMax"/> keys with more to read.</summary>
    bool CatchUp(Write write, int setMax)
    {
        _staged = null;
        var stand = _tables.Stand(write);
        if (stand.Generation != _generation) Reload(write, stand);
        for (var partition = 0; partition < stand.Heads.Count; partition++)
        {
            if (_seen[partition] < stand.Heads[partition] && !ReadBehind(write, partition, stand.Heads[partition], setMax)) return false;
        }
        _untidy |= _set.Count >= limits.SetMax;
        return true;
    }

    bool ReadBehind(Write write, int partition, long head, int setMax)
    {
        var room = setMax - _set.Count;
        if (room <= 0) return false;
        var keys = _tables.Behind(write, partition, _seen[partition], room);
        foreach (var key in keys) _set.Add(key);
        var seen = (long[])_seen.Clone();
        seen[partition] = keys.Count < room ? head : keys[^1].Position;
        _seen = seen;
        return seen[partition] == head;
    }

    void Reload(Write write, KeyStand stand)
    {
        var rows = _tables.Runs(write);
        foreach (var gone in _runs.Keys.Except(rows.Where(r => r.State == KeyRuns.Read).Select(r => r.Run)).ToList()) _runs.Remove(gone);
        foreach (var row in rows.Where(r => r.State == KeyRuns.Read && !_runs.ContainsKey(r.Run)))
            _runs[row.Run] = _ready?.Run == row.Run ? _ready : _tables.Load(write.Connection, write.Transaction, row);
        _ready = null;
        _marks = [.. stand.Marks];
        _set.DropUpTo(_marks);
        _seen = [.. _marks.Select((mark, p) => Math.Max(mark, p < _seen.Length ? _seen[p] : 0))];
        _generation = stand.Generation;
        _untidy = rows.Exists(r => r.State != KeyRuns.Read) || FullLevel(rows) is not null;
    }

    /// <summary>Writes the set as a run. Memory drops it when it sees the new generation.</summary>
    async Task SpillAsync(Write write, CancellationToken cancellation)
    {
        var (keys, seen, _) = Snapshot();
        await WriteRunAsync(write, KeyChunks.Of(0, keys, KeyFilter.Bytes(limits.FilterBits)), seen, cancellation);
    }

    (MessageKey[] Keys, long[] Seen, long[] Marks) Snapshot()
    {
        lock (_gate)
        {
            var keys = _set.ToArray();
            var (seen, marks) = (_seen, _marks);
            Array.Sort(keys);
            return (keys, seen, marks);
        }
    }

    async Task WriteRunAsync(Write write, List<KeyChunk> chunks, long[] seen, CancellationToken cancellation)
    {
        var run = _tables.AddRun(write, 0, KeyRuns.Read);
        await _tables.AddChunksAsync(write, [.. chunks.Select(c => c with { Run = run })], cancellation);
        _tables.Mark(write, seen);
    }

    /// <summary>A full set becomes a run, full levels are merged, merged runs are removed: one piece at a time, between commits.</summary>
    public async Task<bool> TidyAsync(CancellationToken cancellation)
    {
        bool full;
        lock (_gate)
        {
            if (!_untidy) return false;
            full = _set.Count >= limits.SetMax;
        }
        if (full) await FlushAsync(cancellation);
        else if (!await MergeAsync(cancellation)) return false;
        return true;
    }

    /// <summary>Sorts and cuts outside of the transaction, which then only writes. Another process that wrote first makes it void.</summary>
    async Task FlushAsync(CancellationToken cancellation)
    {
        var (keys, seen, marks) = Snapshot();
        var chunks = KeyChunks.Of(0, keys, KeyFilter.Bytes(limits.FilterBits));
        await database.WriteAsync(async write =>
        {
            bool valid;
            lock (_gate)
            {
                CatchUp(write, int.MaxValue);
                valid = _marks.AsSpan().SequenceEqual(marks);
            }
            if (valid) await WriteRunAsync(write, chunks, seen, cancellation);
        }, cancellation);
        await database.WriteAsync(write =>
        {
            lock (_gate) CatchUp(write, int.MaxValue);
            return Task.CompletedTask;
        }, cancellation);
    }

    /// <summary>Where a merge stands: what goes into which run, and the chunk that was written last.</summary>
    sealed record Merge(RunRow Into, List<KeyRun> Inputs, KeyChunk? Last);

    /// <summary>One piece of the merge or removal that is due. False when none is.</summary>
    async Task<bool> MergeAsync(CancellationToken cancellation)
    {
        var (more, merge) = await database.WriteAsync(write => Task.FromResult(NextPiece(write)), cancellation);
        if (merge is null) return more;
        // Runs never change, so reading and sorting need no transaction: the one that follows only writes.
        var chunks = await database.ReadAsync(connection => Task.FromResult(Chunks(connection, merge)), cancellation);
        if (chunks.Count == 0) await CompleteAsync(merge.Into, cancellation);
        else await database.WriteAsync(write => Stands(write, merge) ? _tables.AddChunksAsync(write, chunks, cancellation) : Task.CompletedTask, cancellation);
        return true;
    }

    /// <summary>What is due: a piece of a removal is done at once, a piece of a merge is the answer.</summary>
    (bool More, Merge? Merge) NextPiece(Write write)
    {
        lock (_gate)
        {
            CatchUp(write, int.MaxValue);
            var rows = _tables.Runs(write);
            if (rows.Find(r => r.State == KeyRuns.Merged) is { } merged)
            {
                _tables.Remove(write, merged.Run, ChunksPerPiece);
                return (true, null);
            }
            if (rows.Find(r => r.State == KeyRuns.Writing) is { } writing)
                return (true, new Merge(writing, [.. rows.Where(r => r.MergedInto == writing.Run).Select(r => _runs[r.Run])], _tables.LastChunk(write, writing.Run)));
            if (FullLevel(rows) is { } level)
            {
                _tables.MergeInto(write, level.Select(r => r.Run), _tables.AddRun(write, level[0].Level + 1, KeyRuns.Writing));
                return (true, null);
            }
            _untidy = _set.Count >= limits.SetMax;
            return (false, null);
        }
    }

    /// <summary>Whether no other process has gone on with the merge meanwhile.</summary>
    bool Stands(Write write, Merge merge)
        => _tables.Runs(write).Exists(r => r.Run == merge.Into.Run && r.State == KeyRuns.Writing) && _tables.LastChunk(write, merge.Into.Run)?.Chunk == merge.Last?.Chunk;

    /// <summary>The run that was written whole is read from now on.</summary>
    async Task CompleteAsync(RunRow run, CancellationToken cancellation)
    {
        // Filters of a large run take a while to load: before the transaction that makes it count.
        var loaded = await database.ReadAsync(connection => Task.FromResult(_tables.Load(connection, null, run)), cancellation);
        lock (_gate) _ready = loaded;
        await database.WriteAsync(write =>
        {
            // Two processes may finish the same merge: the second changes nothing.
            if (_tables.Runs(write).Exists(r => r.Run == run.Run && r.State == KeyRuns.Writing)) _tables.Complete(write, run.Run);
            return Task.CompletedTask;
        }, cancellation);
    }

    static List<RunRow>? FullLevel(List<RunRow> rows)
        => rows.Where(r => r.State == KeyRuns.Read).GroupBy(r => r.Level).Where(l => l.Count() >= MergeWidth).OrderBy(l => l.Key).FirstOrDefault()?.Take(MergeWidth).ToList();

    /// <summary>The next chunks of a merge; none when it is written whole.</summary>
    List<KeyChunk> Chunks(DbConnection connection, Merge merge)
    {
        var chunks = new List<KeyChunk>(ChunksPerPiece);
        ulong? done = merge.Last is { } last ? MessageKey.Read(last.Keys.AsSpan(^MessageKey.Bytes..)).Digest : null;
        var cutter = new KeyChunks(merge.Into.Run, merge.Last is { } end ? end.Chunk + 1 : 0, merge.Last?.Filter.Length ?? KeyFilter.Bytes(limits.FilterBits));
        var merging = new PriorityQueue<RunCursor, MessageKey>(MergeWidth);
        foreach (var input in merge.Inputs)
        {
            var cursor = new RunCursor(_tables, connection, input, done);
            if (!cursor.Ended) merging.Enqueue(cursor, cursor.Key);
        }
        while (chunks.Count < ChunksPerPiece && merging.TryPeek(out var cursor, out var key))
        {
            if (cutter.Add(key) is { } full) chunks.Add(full);
            cursor.Move();
            if (cursor.Ended) merging.Dequeue();
            else merging.DequeueEnqueue(cursor, cursor.Key);
        }
        // What the cutter holds of an unfinished piece is read again by the next.
        if (merging.Count == 0 && cutter.Take() is { } rest) chunks.Add(rest);
        return chunks;
    }
}
