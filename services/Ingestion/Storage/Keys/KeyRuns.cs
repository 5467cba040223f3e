using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>The tables behind the keys: runs, their chunks, the marks. Statements only; what they mean is <see cref="SqliteEventKeys"/>'s.</summary>
internal sealed class KeyRuns(Database database)
{
    /// <summary>States of a run.</summary>
    public const int Writing = 0, Read = 1, Merged = 2;

    // A chunk is found by one number: its run and, in the run, its own.
    const int NumberBits = 24;

    static readonly string[] ChunkColumns = ["chunk", "keys"];

    string StandSql => $"""
        SELECT h.position AS head, COALESCE(m.position, 0) AS mark, g.generation
        FROM {database.Prefix}partition_head h
        CROSS JOIN {database.Prefix}key_generation g
        LEFT JOIN {database.Prefix}key_mark m ON m.log_partition = h.log_partition
        ORDER BY h.log_partition
        """;

    /// <summary>How far the log and the runs reach.</summary>
    public KeyStand Stand(DbConnection connection, DbTransaction? transaction)
    {
        using var command = Command(connection, transaction, StandSql);
        using var reader = command.ExecuteReader();
        var (heads, marks, generation) = (new List<long>(), new List<long>(), 0L);
        while (reader.Read())
        {
            heads.Add(reader.GetInt64(0));
            marks.Add(reader.GetInt64(1));
            generation = reader.GetInt64(2);
        }
        return new KeyStand(heads, marks, generation);
    }

    string BehindSql => $"""
        SELECT position, shop, customer, message_id
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND customer <> ''
        ORDER BY position
        {database.Limit("@max")}
        """;

    /// <summary>A partition's events behind a position. What concerns a shop itself has no keys, what was erased has none any more.</summary>
    public List<EventIds> Behind(DbConnection connection, DbTransaction? transaction, int partition, long after, int max)
    {
        using var command = Command(connection, transaction, BehindSql, ("@partition", partition), ("@after", after), ("@max", max));
        using var reader = command.ExecuteReader();
        var events = new List<EventIds>();
        while (reader.Read()) events.Add(new EventIds(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)));
        return events;
    }

    string RunsSql => $"""
        SELECT run, run_use AS use_of, run_level AS level, state, merged_into
        FROM {database.Prefix}key_run
        ORDER BY run
        """;

    public List<RunRow> Runs(DbConnection connection, DbTransaction? transaction) => connection.Query<RunRow>(RunsSql, transaction: transaction).AsList();

    string AddRunSql => $"""
        INSERT INTO {database.Prefix}key_run (run, run_use, run_level, state, merged_into)
        SELECT COALESCE(MAX(run), 0) + 1, @use, @level, @state, 0
        FROM {database.Prefix}key_run
        """;

    string NewestRunSql => $"SELECT MAX(run) FROM {database.Prefix}key_run";

    /// <summary>The number of a new run, higher than any that is there.</summary>
    public long AddRun(Write write, RunUse use, int level, int state)
    {
        write.Connection.Execute(AddRunSql, new { use, level, state }, write.Transaction);
        return write.Connection.ExecuteScalar<long>(NewestRunSql, transaction: write.Transaction);
    }

    string MergeIntoSql => $"UPDATE {database.Prefix}key_run SET merged_into = @into WHERE run = @run";

    public void MergeInto(Write write, IEnumerable<long> runs, long into)
        => write.Connection.Execute(MergeIntoSql, runs.Select(run => new { run, into }), write.Transaction);

    string CompleteSql => $"""
        UPDATE {database.Prefix}key_run
        SET state = CASE WHEN run = @run THEN 1 ELSE 2 END
        WHERE run = @run OR merged_into = @run
        """;

    /// <summary>From here on <paramref name="run"/> is read in place of what was merged into it.</summary>
    public void Complete(Write write, long run)
    {
        write.Connection.Execute(CompleteSql, new { run }, write.Transaction);
        MoveGeneration(write);
    }

    string RemoveChunksSql => $"""
        DELETE FROM {database.Prefix}key_chunk
        WHERE chunk >= @from
        AND chunk < @until
        AND chunk < (SELECT MIN(chunk) + @max FROM {database.Prefix}key_chunk WHERE chunk >= @from)
        """;

    string RemoveRunSql => $"DELETE FROM {database.Prefix}key_run WHERE run = @run";

    /// <summary>Removes the first chunks of a run, and the run with the last.</summary>
    public void Remove(Write write, long run, int max)
    {
        // Digests name nobody: unlike all else that is deleted they are not overwritten, or a merge would write each page of its input once more.
        write.Connection.Execute("PRAGMA secure_delete = OFF", transaction: write.Transaction);
        try
        {
            if (write.Connection.Execute(RemoveChunksSql, new { from = Chunk(run, 0), until = Chunk(run + 1, 0), max }, write.Transaction) < max) write.Connection.Execute(RemoveRunSql, new { run }, write.Transaction);
        }
        finally
        {
            write.Connection.Execute("PRAGMA secure_delete = ON", transaction: write.Transaction);
        }
    }

    public Task AddChunksAsync(Write write, IReadOnlyList<KeyChunk> chunks, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "key_chunk", ChunkColumns, chunks, static (row, chunk) =>
    {
        row.Add(Chunk(chunk.Run, chunk.Number));
        row.Add(chunk.Keys);
    }, cancellation);

    static long Chunk(long run, int number) => (run << NumberBits) + number;

    string MarkSql => $"""
        UPDATE {database.Prefix}key_mark
        SET position = @position
        WHERE log_partition = @partition
        """;

    string FirstMarkSql => $"INSERT INTO {database.Prefix}key_mark (log_partition, position) VALUES (@partition, @position)";

    string MoveGenerationSql => $"UPDATE {database.Prefix}key_generation SET generation = generation + 1";

    /// <summary>Keys up to these positions are in runs.</summary>
    public void Mark(Write write, IReadOnlyList<long> positions)
    {
        for (var partition = 0; partition < positions.Count; partition++)
        {
            var mark = new { partition, position = positions[partition] };
            if (write.Connection.Execute(MarkSql, mark, write.Transaction) == 0) write.Connection.Execute(FirstMarkSql, mark, write.Transaction);
        }
        MoveGeneration(write);
    }

    void MoveGeneration(Write write) => write.Connection.Execute(MoveGenerationSql, transaction: write.Transaction);

    string ChunkSql => $"""
        SELECT keys
        FROM {database.Prefix}key_chunk
        WHERE chunk = @chunk
        """;

    string IdsSql => $"""
        SELECT shop, message_id
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position = @position
        """;

    /// <summary>Looks into chunks and event rows, as many as come, by statements that are prepared once.</summary>
    public KeyLookup Lookup(DbConnection connection, DbTransaction? transaction)
        => new(Command(connection, transaction, ChunkSql, ("@chunk", 0L)), Command(connection, transaction, IdsSql, ("@partition", 0), ("@position", 0L)), Chunk);

    string LastChunkSql => $"""
        SELECT chunk, keys
        FROM {database.Prefix}key_chunk
        WHERE chunk >= @from
        AND chunk < @until
        ORDER BY chunk DESC
        {database.Limit("@max")}
        """;

    /// <summary>Where the writing of a run stopped; null before its first chunk.</summary>
    public KeyChunk? LastChunk(DbConnection connection, DbTransaction? transaction, long run)
    {
        using var command = Command(connection, transaction, LastChunkSql, ("@from", Chunk(run, 0)), ("@until", Chunk(run + 1, 0)), ("@max", 1));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new KeyChunk(run, (int)(reader.GetInt64(0) - Chunk(run, 0)), reader.GetFieldValue<byte[]>(1)) : null;
    }

    string ChunksSql => $"""
        SELECT keys
        FROM {database.Prefix}key_chunk
        WHERE chunk >= @from
        AND chunk < @until
        ORDER BY chunk
        """;

    /// <summary>What memory holds of a run.</summary>
    public KeyRun Load(DbConnection connection, DbTransaction? transaction, RunRow run, int filterBits)
    {
        var chunks = LastChunk(connection, transaction, run.Run) is { } last ? last.Number + 1 : 0;
        var loaded = new KeyRun(run.Run, run.UseOf, chunks, filterBits);
        using var command = Command(connection, transaction, ChunksSql, ("@from", Chunk(run.Run, 0)), ("@until", Chunk(run.Run + 1, 0)));
        using var reader = command.ExecuteReader();
        while (reader.Read()) loaded.Add(reader.GetFieldValue<byte[]>(0));
        return loaded;
    }

    static DbCommand Command(DbConnection connection, DbTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
        return command;
    }
}

/// <summary>By partition, the last position and the last one whose key is in a run; and which runs those are.</summary>
internal sealed record KeyStand(List<long> Heads, List<long> Marks, long Generation);

internal sealed record RunRow
{
    public long Run { get; init; }
    public RunUse UseOf { get; init; }
    public int Level { get; init; }
    public int State { get; init; }
    public long MergedInto { get; init; }
}

/// <summary>The ids of an event of the log.</summary>
internal sealed record EventIds(long Position, string Shop, string Customer, string MessageId);
