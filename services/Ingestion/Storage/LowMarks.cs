using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage;

/// <summary>Up to where retention has removed each partition; 0 while it removed nothing.</summary>
internal sealed class LowMarks(Database database)
{
    string ReadSql => $"""
        SELECT position
        FROM {database.Prefix}partition_low
        WHERE log_partition = @partition
        """;

    public Task<long> ReadAsync(int partition, CancellationToken cancellation)
        => database.ReadAsync(connection => ReadAsync(connection, partition, cancellation), cancellation);

    public Task<long> ReadAsync(DbConnection connection, int partition, CancellationToken cancellation)
        => connection.ExecuteScalarAsync<long>(new CommandDefinition(ReadSql, new { partition }, cancellationToken: cancellation));

    string HoldSql => $"""
        UPDATE {database.Prefix}partition_low
        SET position = position
        WHERE log_partition = @partition;
        SELECT position
        FROM {database.Prefix}partition_low
        WHERE log_partition = @partition;
        """;

    /// <summary>The mark, which from here to the commit nobody else moves.</summary>
    public Task<long> HoldAsync(Write write, int partition) => write.Connection.ExecuteScalarAsync<long>(HoldSql, new { partition }, write.Transaction);

    string MoveSql => $"""
        UPDATE {database.Prefix}partition_low
        SET position = @position
        WHERE log_partition = @partition
        """;

    public Task MoveAsync(Write write, int partition, long position) => write.Connection.ExecuteAsync(MoveSql, new { partition, position }, write.Transaction);
}
