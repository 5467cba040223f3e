using System.Data.Common;
using Microsoft.Data.Sqlite;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// Log-structured keys. Each key is in memory or in a sorted run on disk; a filter in memory says which run is worth a look, and
/// what is found counts only when the event rows at its place say so.
/// Nothing rests on memory being told: each transaction holds what it knows against the heads of the partitions and the
/// generation of the runs, and reads the event rows that it has not seen, whoever wrote them.
/// </summary>
/// <remarks>The provider has no asynchronous I/O, so what runs under the gate is plain calls.</remarks>
internal sealed class SqliteEventKeys : IEventKeys
{
    /// <summary>At so many times its size a set is written by the commit itself: whoever falls behind slows the senders and keeps the memory.</summary>
    const int OverflowFactor = 4;

    /// <summary>Neighbouring blocks that are read as one part.</summary>
    const int BlocksPerPartMax = 16;

    readonly Database _database;
    readonly KeyLimits _limits;
    readonly KeyRuns _tables;
    readonly RunMerges _merges;
    readonly Lock _gate = new();
    readonly KeyTable _messages = new();
    readonly KeyTable _customers = new();
    readonly Dictionary<long, KeyRun> _runs = [];
    long _generation = -1;
    long[] _seen = [];
    long[] _marks = [];
    ulong[] _digests = [];
    bool _untidy;

    public SqliteEventKeys(Database database, KeyLimits limits)
    {
        (_database, _limits, _tables) = (database, limits, new KeyRuns(database));
        _merges = new RunMerges(database, _tables, limits, RunsOf);
    }

    /// <summary>What a transaction adds once it stands.</summary>
    sealed record Addition(List<RunKey> Messages, List<RunKey> Customers, long[] Before, long[] After);

    // Each event has a message key, so the keys of customers are no more, but for those of the blocks that the last runs end in.
    int Waiting => _messages.Count;

    /// <summary>Brings in what is in the log but in no run yet, piece by piece: after a crash that is a set's worth, after an older version all of it.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        while (!await _database.WriteAsync(write => OpenSomeAsync(write, cancellation), cancellation)) { }
    }

    async Task<bool> OpenSomeAsync(Write write, CancellationToken cancellation)
    {
        bool done;
        lock (_gate) done = CatchUp(write.Connection, write.Transaction, _limits.SetMax);
        if (!done) await SpillAsync(write, Snapshot(), cancellation);
        return done;
    }

    public async Task<HashSet<(string Shop, string MessageId)>> KnownAsync(Write write, IReadOnlyList<LogEvent> events)
    {
        bool full;
        lock (_gate)
        {
            CatchUp(write.Connection, write.Transaction);
            full = Waiting >= (long)_limits.SetMax * OverflowFactor;
        }
        // Memory follows at the next transaction, when this one stands.
        if (full) await SpillAsync(write, Snapshot(), CancellationToken.None);
        lock (_gate) return Known(write, events);
    }

    /// <summary>Run by run, each with all events: the looks into one filter wait for memory together instead of one after the other.</summary>
    HashSet<(string Shop, string MessageId)> Known(Write write, IReadOnlyList<LogEvent> events)
    {
        _digests = [.. events.Select(e => RunKey.DigestOfMessage(e.Shop, e.MessageId))];
        using var lookup = _tables.Lookup(write.Connection, write.Transaction);
        var known = new HashSet<(string, string)>();
        for (var i = 0; i < _digests.Length; i++)
        {
            if (IsInMemory(lookup, _digests[i], events[i])) known.Add((events[i].Shop, events[i].MessageId));
        }
        foreach (var run in _runs.Values.Where(r => r.Use == RunUse.Messages))
        {
            for (var i = 0; i < _digests.Length; i++)
            {
                if (run.MayHave(_digests[i]) && IsIn(lookup, run, _digests[i], events[i])) known.Add((events[i].Shop, events[i].MessageId));
            }
        }
        return known;
    }

    bool IsInMemory(KeyLookup lookup, ulong digest, LogEvent e)
    {
        for (var from = -1; _messages.TryNext(digest, ref from, out var key);)
        {
            if (lookup.IsAt(key, e.Shop, e.MessageId)) return true;
        }
        return false;
    }

    static bool IsIn(KeyLookup lookup, KeyRun run, ulong digest, LogEvent e)
    {
        for (var cursor = new RunCursor(lookup, run, new RunKey(digest, 0)); !cursor.Ended && cursor.Key.Digest == digest; cursor.Move())
        {
            if (lookup.IsAt(cursor.Key, e.Shop, e.MessageId)) return true;
        }
        return false;
    }

    public Task<Action> AddAsync(Write write, IReadOnlyList<PlacedEvent?> events, IReadOnlyList<int> fresh, long[] positions, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var addition = new Addition(new(fresh.Count), new(fresh.Count), _seen, (long[])_seen.Clone());
            foreach (var i in fresh)
            {
                var e = events[i]!;
                addition.Messages.Add(RunKey.OfMessage(_digests[i], e.Partition, positions[i]));
                addition.Customers.Add(RunKey.OfCustomer(RunKey.DigestOfCustomer(e.Shop, e.Customer), e.Partition, positions[i]));
                addition.After[e.Partition] = positions[i];
            }
            return Task.FromResult(() => Take(addition));
        }
    }

    // A key holds digests alone and counts by its event row, which is gone.
    public Task ForgetAsync(Write write, string shop, IReadOnlyList<string> messageIds) => Task.CompletedTask;

    /// <summary>Spares the next transaction the reading, unless somebody has read already.</summary>
    void Take(Addition addition)
    {
        lock (_gate)
        {
            if (_seen != addition.Before) return;
            foreach (var key in addition.Messages) _messages.Add(key);
            foreach (var key in addition.Customers) _customers.Add(key);
            _seen = addition.After;
            _untidy |= Waiting >= _limits.SetMax;
        }
    }

    /// <summary>Makes memory agree with the log as this transaction sees it. False when it stopped at <paramref name="setMax"/> keys with more to read.</summary>
    bool CatchUp(DbConnection connection, DbTransaction transaction, int setMax = int.MaxValue)
    {
        var stand = _tables.Stand(connection, transaction);
        if (stand.Generation != _generation) Reload(connection, transaction, stand);
        for (var partition = 0; partition < stand.Heads.Count; partition++)
        {
            if (_seen[partition] < stand.Heads[partition] && !ReadBehind(connection, transaction, partition, stand.Heads[partition], setMax)) return false;
        }
        _untidy |= Waiting >= _limits.SetMax;
        return true;
    }

    bool ReadBehind(DbConnection connection, DbTransaction transaction, int partition, long head, int setMax)
    {
        var room = setMax - Waiting;
        if (room <= 0) return false;
        var events = _tables.Behind(connection, transaction, partition, _seen[partition], room);
        foreach (var e in events)
        {
            // What the house itself writes of a customer is no message.
            if (e.MessageId.Length > 0) _messages.Add(RunKey.OfMessage(RunKey.DigestOfMessage(e.Shop, e.MessageId), partition, e.Position));
            _customers.Add(RunKey.OfCustomer(RunKey.DigestOfCustomer(e.Shop, e.Customer), partition, e.Position));
        }
        var seen = (long[])_seen.Clone();
        seen[partition] = events.Count < room ? head : events[^1].Position;
        _seen = seen;
        return seen[partition] == head;
    }

    void Reload(DbConnection connection, DbTransaction transaction, KeyStand stand)
    {
        var rows = _tables.Runs(connection, transaction);
        foreach (var gone in _runs.Keys.Except(rows.Where(r => r.State == KeyRuns.Read).Select(r => r.Run)).ToList()) _runs.Remove(gone);
        foreach (var row in rows.Where(r => r.State == KeyRuns.Read && !_runs.ContainsKey(r.Run)))
            _runs[row.Run] = _merges.TakeReady(row.Run) ?? _tables.Load(connection, transaction, row, _limits.FilterBits);
        _marks = [.. stand.Marks];
        _messages.Keep(key => key.Position > _marks[key.Partition]);
        _customers.Keep(key => key.Position + RunKey.BlockPositions > _marks[key.Partition]);
        _seen = [.. _marks.Select((mark, p) => Math.Max(mark, p < _seen.Length ? _seen[p] : 0))];
        _generation = stand.Generation;
        _untidy = RunMerges.AreDue(rows);
    }

    /// <summary>Both sets, sorted, and up to where of the log they reach.</summary>
    sealed record Sets(RunKey[] Messages, RunKey[] Customers, long[] Seen, long[] Marks);

    Sets Snapshot()
    {
        lock (_gate) return new Sets(_messages.ToSorted(), _customers.ToSorted(), _seen, _marks);
    }

    /// <summary>Writes the sets as runs. Memory drops them when it sees the new generation.</summary>
    async Task SpillAsync(Write write, Sets sets, CancellationToken cancellation)
    {
        foreach (var (use, keys) in new[] { (RunUse.Messages, sets.Messages), (RunUse.Customers, sets.Customers) })
            await _tables.AddChunksAsync(write, KeyChunks.Of(_tables.AddRun(write, use, 0, KeyRuns.Read), keys), cancellation);
        _tables.Mark(write, sets.Seen);
    }

    /// <summary>Full sets become runs, full levels are merged, merged runs are removed: one piece at a time, between commits.</summary>
    public async Task<bool> TidyAsync(CancellationToken cancellation)
    {
        bool full;
        lock (_gate)
        {
            if (!_untidy) return false;
            full = Waiting >= _limits.SetMax;
            // Whatever falls due meanwhile says so again.
            _untidy = full;
        }
        if (full)
        {
            await FlushAsync(cancellation);
            return true;
        }
        var more = true;
        try
        {
            return more = await _merges.DoPieceAsync(cancellation);
        }
        finally
        {
            lock (_gate) _untidy |= more;
        }
    }

    /// <summary>Sorts outside of the transaction, which then only writes. Another process that wrote first makes it void.</summary>
    async Task FlushAsync(CancellationToken cancellation)
    {
        var sets = Snapshot();
        await _database.WriteAsync(async write =>
        {
            bool valid;
            lock (_gate)
            {
                CatchUp(write.Connection, write.Transaction);
                valid = _marks.AsSpan().SequenceEqual(sets.Marks);
            }
            if (valid) await SpillAsync(write, sets, cancellation);
        }, cancellation);
        await _database.WriteAsync(write =>
        {
            lock (_gate) CatchUp(write.Connection, write.Transaction);
            return Task.CompletedTask;
        }, cancellation);
    }

    /// <summary>The runs as this transaction sees them.</summary>
    Dictionary<long, KeyRun> RunsOf(Write write)
    {
        lock (_gate)
        {
            CatchUp(write.Connection, write.Transaction);
            return new Dictionary<long, KeyRun>(_runs);
        }
    }

    public IEnumerable<LogPart> PartsOf(DbConnection connection, int partition, string shop, string customer, long after)
    {
        // One state of the file for the runs and for the rows that the caller reads in between, whatever is merged or written meanwhile.
        using var transaction = ((SqliteConnection)connection).BeginTransaction(deferred: true);
        var part = default(LogPart?);
        foreach (var first in BlocksOf(transaction, RunKey.OfCustomer(RunKey.DigestOfCustomer(shop, customer), partition, after + 1)))
        {
            var (start, end) = (Math.Max(after, first - 1), first - 1 + RunKey.BlockPositions);
            if (part is { } before && before.Until == start && end - before.After <= BlocksPerPartMax * RunKey.BlockPositions)
            {
                part = before with { Until = end };
                continue;
            }
            if (part is { } done) yield return done;
            part = new LogPart(start, end);
        }
        if (part is { } last) yield return last;
    }

    /// <summary>First positions of the blocks with a key of this digest and partition from <paramref name="from"/> on, ascending.</summary>
    IEnumerable<long> BlocksOf(SqliteTransaction transaction, RunKey from)
    {
        var (inMemory, runs) = CustomersFrom(transaction, from);
        using var lookup = _tables.Lookup(transaction.Connection!, transaction);
        var cursors = runs.ConvertAll(run => new RunCursor(lookup, run, from));
        while (true)
        {
            cursors.RemoveAll(c => c.Ended || c.Key.Digest != from.Digest || c.Key.Partition != from.Partition);
            if (cursors.Count == 0 && inMemory.Count == 0) yield break;
            var next = Math.Min(cursors.Count > 0 ? cursors.Min(c => c.Key.Position) : long.MaxValue, inMemory.Count > 0 ? inMemory.Min : long.MaxValue);
            yield return next;
            inMemory.Remove(next);
            foreach (var cursor in cursors.Where(c => c.Key.Position == next)) cursor.Move();
        }
    }

    /// <summary>The first look at the file happens under the gate: what it shows is then never older than memory, which here becomes as new.</summary>
    (SortedSet<long> InMemory, List<KeyRun> Runs) CustomersFrom(SqliteTransaction transaction, RunKey from)
    {
        lock (_gate)
        {
            CatchUp(transaction.Connection!, transaction);
            var inMemory = new SortedSet<long>();
            for (var at = -1; _customers.TryNext(from.Digest, ref at, out var key);)
            {
                if (key.Partition == from.Partition && key >= from) inMemory.Add(key.Position);
            }
            return (inMemory, [.. _runs.Values.Where(r => r.Use == RunUse.Customers)]);
        }
    }
}
