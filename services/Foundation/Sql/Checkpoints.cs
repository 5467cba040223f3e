using System.Data.Common;
using Dapper;

namespace Perennial.Foundation.Sql;

/// <summary>
/// A house's positions in the log, in table <c>checkpoint_position (log_partition, position)</c> of its schema. Moving one is
/// part of the transaction that applies the events behind it.
/// </summary>
public sealed class Checkpoints(Database database)
{
    internal string ReadSql => $"SELECT position FROM {database.Prefix}checkpoint_position WHERE log_partition = @partition";

    /// <summary>0 before the first move.</summary>
    public Task<long> ReadAsync(int partition, CancellationToken cancellation)
        => database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(new CommandDefinition(ReadSql, new { partition }, cancellationToken: cancellation)), cancellation);

    internal string MoveSql => $"UPDATE {database.Prefix}checkpoint_position SET position = @next WHERE log_partition = @partition AND position = @after";

    internal string StartSql => $"INSERT INTO {database.Prefix}checkpoint_position (log_partition, position) SELECT @partition, @next WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}checkpoint_position WHERE log_partition = @partition)";

    /// <summary>False when the stored position is not <paramref name="after"/>: somebody else applied it, so the caller must roll back.</summary>
    public async Task<bool> MoveAsync(Write write, int partition, long after, long next)
    {
        ArgumentNullException.ThrowIfNull(write);
        var values = new { partition, after, next };
        if (await write.Connection.ExecuteAsync(MoveSql, values, write.Transaction) == 1) return true;
        return after == 0 && await write.Connection.ExecuteAsync(StartSql, values, write.Transaction) == 1;
    }

    /// <summary>Moves the position and does the work in one transaction. False, with nothing written, when the stored position is not <paramref name="after"/>.</summary>
    public async Task<bool> ApplyAsync(int partition, long after, long next, Func<Write, Task> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await database.WriteAsync(async write =>
            {
                if (!await MoveAsync(write, partition, after, next)) throw new CheckpointMovedException();
                await work(write);
            }, cancellation);
            return true;
        }
        catch (CheckpointMovedException)
        {
            return false;
        }
    }
}

/// <summary>Thrown inside a write to undo it when a checkpoint had moved.</summary>
public sealed class CheckpointMovedException() : Exception("Another replica applied this batch.");
