using System.Data.Common;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// Eight runs of a level become one of the next, in pieces: each reads outside of any transaction, since runs never change, and then only
/// writes. What a piece needs to know stands in the tables, so any process goes on where another stopped.
/// </summary>
/// <param name="runsOf">The runs that are read as of a transaction.</param>
internal sealed class RunMerges(Database database, KeyRuns tables, KeyLimits limits, Func<Write, IReadOnlyDictionary<long, KeyRun>> runsOf)
{
    /// <summary>Runs of a level that become one of the next: each key is written once more per level, 4 times up to a billion.</summary>
    const int MergeWidth = 8;

    /// <summary>Chunks that one piece of work writes or removes: a commit waits a few milliseconds for it, not for a merge.</summary>
    const int ChunksPerPiece = 200;

    // Loaded outside of any transaction, for the moment when it is read.
    KeyRun? _ready;

    /// <summary>Where a merge stands: what goes into which run, and the chunk that was written last.</summary>
    sealed record Merge(RunRow Into, List<KeyRun> Inputs, KeyChunk? Last);

    /// <summary>Whether runs are to be merged or removed.</summary>
    public static bool AreDue(List<RunRow> rows) => rows.Exists(r => r.State != KeyRuns.Read) || FullLevel(rows) is not null;

    static List<RunRow>? FullLevel(List<RunRow> rows)
        => rows.Where(r => r.State == KeyRuns.Read).GroupBy(r => (r.Level, r.UseOf)).Where(l => l.Count() >= MergeWidth).OrderBy(l => l.Key).FirstOrDefault()?.Take(MergeWidth).ToList();

    /// <summary>The run of this number when it was loaded ahead, once.</summary>
    public KeyRun? TakeReady(long run) => _ready?.Run == run ? Interlocked.Exchange(ref _ready, null) : null;

    /// <summary>One piece of the merge or removal that is due. False when none is.</summary>
    public async Task<bool> DoPieceAsync(CancellationToken cancellation)
    {
        var (more, merge) = await database.WriteAsync(write => Task.FromResult(NextPiece(write)), cancellation);
        if (merge is null) return more;
        var chunks = await database.ReadAsync(connection => Task.FromResult(Chunks(connection, merge)), cancellation);
        if (chunks.Count == 0) await CompleteAsync(merge.Into, cancellation);
        else await database.WriteAsync(write => Stands(write, merge) ? tables.AddChunksAsync(write, chunks, cancellation) : Task.CompletedTask, cancellation);
        return true;
    }

    /// <summary>What is due: a piece of a removal is done at once, a piece of a merge is the answer.</summary>
    (bool More, Merge? Merge) NextPiece(Write write)
    {
        var runs = runsOf(write);
        var rows = tables.Runs(write.Connection, write.Transaction);
        if (rows.Find(r => r.State == KeyRuns.Merged) is { } merged)
        {
            tables.Remove(write, merged.Run, ChunksPerPiece);
            return (true, null);
        }
        if (rows.Find(r => r.State == KeyRuns.Writing) is { } writing)
            return (true, new Merge(writing, [.. rows.Where(r => r.MergedInto == writing.Run).Select(r => runs[r.Run])], tables.LastChunk(write.Connection, write.Transaction, writing.Run)));
        if (FullLevel(rows) is not { } level) return (false, null);
        tables.MergeInto(write, level.Select(r => r.Run), tables.AddRun(write, level[0].UseOf, level[0].Level + 1, KeyRuns.Writing));
        return (true, null);
    }

    /// <summary>Whether no other process has gone on with the merge meanwhile.</summary>
    bool Stands(Write write, Merge merge)
        => tables.Runs(write.Connection, write.Transaction).Exists(r => r.Run == merge.Into.Run && r.State == KeyRuns.Writing)
            && tables.LastChunk(write.Connection, write.Transaction, merge.Into.Run)?.Number == merge.Last?.Number;

    /// <summary>The run that was written whole is read from now on.</summary>
    async Task CompleteAsync(RunRow run, CancellationToken cancellation)
    {
        // The filter of a large run takes a while to fill: before the transaction that makes it count.
        _ready = await database.ReadAsync(connection => Task.FromResult(tables.Load(connection, null, run, limits.FilterBits)), cancellation);
        await database.WriteAsync(write =>
        {
            // Two processes may finish the same merge: the second changes nothing.
            if (tables.Runs(write.Connection, write.Transaction).Exists(r => r.Run == run.Run && r.State == KeyRuns.Writing)) tables.Complete(write, run.Run);
            return Task.CompletedTask;
        }, cancellation);
    }

    /// <summary>The next chunks of a merge; none when it is written whole.</summary>
    List<KeyChunk> Chunks(DbConnection connection, Merge merge)
    {
        using var lookup = tables.Lookup(connection, null);
        var from = merge.Last is { } last ? RunKey.Read(last.Keys.AsSpan(^RunKey.Bytes..)).Next : default;
        var cutter = new KeyChunks(merge.Into.Run, merge.Last is { } end ? end.Number + 1 : 0);
        var chunks = new List<KeyChunk>(ChunksPerPiece);
        var cursors = merge.Inputs.ConvertAll(run => new RunCursor(lookup, run, from));
        cursors.RemoveAll(c => c.Ended);
        while (cursors.Count > 0 && chunks.Count < ChunksPerPiece)
        {
            var least = Least(cursors);
            if (cutter.Add(least.Key) is { } full) chunks.Add(full);
            least.Move();
            if (least.Ended) cursors.Remove(least);
        }
        // What the cutter holds of an unfinished piece is read again by the next.
        if (cursors.Count == 0 && cutter.Take() is { } rest) chunks.Add(rest);
        return chunks;
    }

    // Of so few a heap is no faster.
    static RunCursor Least(List<RunCursor> cursors)
    {
        var least = cursors[0];
        for (var i = 1; i < cursors.Count; i++)
        {
            if (cursors[i].Key < least.Key) least = cursors[i];
        }
        return least;
    }
}
