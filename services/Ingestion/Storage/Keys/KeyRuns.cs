using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>The tables behind the keys: runs, their chunks, the marks. Statements only; what they mean is <see cref="SqliteMessageKeys"/>'s.</summary>
internal sealed class KeyRuns(Database database)
{
    /// <summary>States of a run.</summary>
    public const int Writing = 0, Read = 1, Merged = 2;

    static readonly string[] ChunkColumns = ["run", "chunk", "first_digest", "filter", "digests"];

    string StandSql => $"""
        SELECT h.position AS head, COALESCE(m.position, 0) AS mark, g.generation
        FROM {database.Prefix}partition_head h
        CROSS JOIN {database.Prefix}message_generation g
        LEFT JOIN {database.Prefix}message_mark m ON m.log_partition = h.log_partition
        ORDER BY h.log_partition
        """;

    /// <summary>How far the log and the runs reach.</summary>
    public KeyStand Stand(Write write)
    {
        using var command = Command(write, StandSql);
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
        SELECT position, shop, message_id
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND customer <> ''
        AND message_id <> ''
        ORDER BY position
        {database.Limit("@max")}
        """;

    /// <summary>Keys of a partition's events behind a position. What the house itself wrote has no key.</summary>
    public List<MessageKey> Behind(Write write, int partition, long after, int max)
    {
        using var command = Command(write, BehindSql, ("@partition", partition), ("@after", after), ("@max", max));
        using var reader = command.ExecuteReader();
        var keys = new List<MessageKey>();
        while (reader.Read()) keys.Add(new MessageKey(MessageKey.DigestOf(reader.GetString(1), reader.GetString(2)), MessageKey.PlaceOf(partition, reader.GetInt64(0))));
        return keys;
    }

    string IdsSql => $"""
        SELECT shop, message_id
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position = @position
        """;

    /// <summary>Whether the event at a place has these ids. Of an event that is no longer there the digest alone tells: it was recorded.</summary>
    public bool IsAt(Write write, MessageKey key, string shop, string messageId)
    {
        using var command = Command(write, IdsSql, ("@partition", key.Partition), ("@position", key.Position));
        using var reader = command.ExecuteReader();
        return !reader.Read() || (reader.GetString(0) == shop && reader.GetString(1) == messageId);
    }

    string RunsSql => $"""
        SELECT run, run_level AS level, state, merged_into
        FROM {database.Prefix}message_run
        ORDER BY run
        """;

    public List<RunRow> Runs(Write write) => write.Connection.Query<RunRow>(RunsSql, transaction: write.Transaction).AsList();

    string AddRunSql => $"""
        INSERT INTO {database.Prefix}message_run (run, run_level, state, merged_into)
        SELECT COALESCE(MAX(run), 0) + 1, @level, @state, 0
        FROM {database.Prefix}message_run
        """;

    string NewestRunSql => $"SELECT MAX(run) FROM {database.Prefix}message_run";

    /// <summary>The number of a new run, higher than any that is there.</summary>
    public long AddRun(Write write, int level, int state)
    {
        write.Connection.Execute(AddRunSql, new { level, state }, write.Transaction);
        return write.Connection.ExecuteScalar<long>(NewestRunSql, transaction: write.Transaction);
    }

    string MergeIntoSql => $"UPDATE {database.Prefix}message_run SET merged_into = @into WHERE run = @run";

    public void MergeInto(Write write, IEnumerable<long> runs, long into)
        => write.Connection.Execute(MergeIntoSql, runs.Select(run => new { run, into }), write.Transaction);

    string CompleteSql => $"""
        UPDATE {database.Prefix}message_run
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
        DELETE FROM {database.Prefix}message_chunk
        WHERE run = @run
        AND chunk < (SELECT MIN(chunk) + @max FROM {database.Prefix}message_chunk WHERE run = @run)
        """;

    string RemoveRunSql => $"DELETE FROM {database.Prefix}message_run WHERE run = @run";

    /// <summary>Removes the first chunks of a run, and the run with the last.</summary>
    public void Remove(Write write, long run, int max)
    {
        if (write.Connection.Execute(RemoveChunksSql, new { run, max }, write.Transaction) < max) write.Connection.Execute(RemoveRunSql, new { run }, write.Transaction);
    }

    public Task AddChunksAsync(Write write, IReadOnlyList<KeyChunk> chunks, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "message_chunk", ChunkColumns, chunks, static (row, chunk) =>
    {
        row.Add(chunk.Run);
        row.Add(chunk.Chunk);
        // SQLite's integers have a sign; nothing sorts by this column.
        row.Add(unchecked((long)chunk.First));
        row.Add(chunk.Filter);
        row.Add(chunk.Keys);
    }, cancellation);

    string MarkSql => $"""
        UPDATE {database.Prefix}message_mark
        SET position = @position
        WHERE log_partition = @partition
        """;

    string FirstMarkSql => $"INSERT INTO {database.Prefix}message_mark (log_partition, position) VALUES (@partition, @position)";

    string MoveGenerationSql => $"UPDATE {database.Prefix}message_generation SET generation = generation + 1";

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

    string ChunkCountSql => $"SELECT COALESCE(MAX(chunk) + 1, 0) FROM {database.Prefix}message_chunk WHERE run = @run";

    string FiltersSql => $"""
        SELECT first_digest, filter
        FROM {database.Prefix}message_chunk
        WHERE run = @run
        ORDER BY chunk
        """;

    /// <summary>What memory holds of a run.</summary>
    public KeyRun Load(DbConnection connection, DbTransaction? transaction, RunRow run)
    {
        var loaded = new KeyRun(run.Run, run.Level, connection.ExecuteScalar<int>(ChunkCountSql, new { run = run.Run }, transaction));
        using var command = Command(connection, transaction, FiltersSql, ("@run", run.Run));
        using var reader = command.ExecuteReader();
        while (reader.Read()) loaded.Add(unchecked((ulong)reader.GetInt64(0)), reader.GetFieldValue<byte[]>(1));
        return loaded;
    }

    string ChunkSql => $"""
        SELECT digests
        FROM {database.Prefix}message_chunk
        WHERE run = @run
        AND chunk = @chunk
        """;

    /// <summary>The keys of a chunk; none when there is no such chunk.</summary>
    public byte[] Chunk(DbConnection connection, DbTransaction? transaction, long run, int chunk)
    {
        using var command = Command(connection, transaction, ChunkSql, ("@run", run), ("@chunk", chunk));
        return command.ExecuteScalar() as byte[] ?? [];
    }

    string LastChunkSql => $"""
        SELECT chunk, filter, digests
        FROM {database.Prefix}message_chunk
        WHERE run = @run
        ORDER BY chunk DESC
        {database.Limit("@max")}
        """;

    /// <summary>Where the writing of a run stopped; null before its first chunk.</summary>
    public KeyChunk? LastChunk(Write write, long run)
    {
        using var command = Command(write, LastChunkSql, ("@run", run), ("@max", 1));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new KeyChunk(run, reader.GetInt32(0), 0, reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2)) : null;
    }

    static DbCommand Command(Write write, string sql, params ReadOnlySpan<(string Name, object Value)> values) => Command(write.Connection, write.Transaction, sql, values);

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
    public int Level { get; init; }
    public int State { get; init; }
    public long MergedInto { get; init; }
}
