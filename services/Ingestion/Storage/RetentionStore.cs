using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// Removes the beginning of a partition, piece by piece. The low mark moves in the transaction that removes, and whoever starts to
/// read holds the mark while it registers: what a reader was promised is never removed.
/// </summary>
internal sealed class RetentionStore(Database database)
{
    readonly LowMarks _lows = new(database);

    string AppliedSql => $"""
        SELECT MIN(COALESCE(p.position, 0))
        FROM {database.Prefix}reader r
        LEFT JOIN {database.Prefix}reader_position p ON p.reader = r.reader AND p.shop = r.shop AND p.log_partition = @partition
        """;

    string HeadSql => $"""
        SELECT position
        FROM {database.Prefix}partition_head
        WHERE log_partition = @partition
        """;

    string KeysSql => $"""
        SELECT position
        FROM {database.Prefix}key_mark
        WHERE log_partition = @partition
        """;

    // Up to the first event that is kept: receipts of neighbours may differ by a moment, and a removed part has no holes.
    string AgedSql => $"""
        SELECT COALESCE(MIN(position) - 1, @until)
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @low
        AND position <= @until
        AND receive_time >= @keptFrom
        """;

    // What concerns a shop itself (customer is empty, message_id is not) stays: a reader that starts later knows no shop without it.
    string RemoveSql => $"""
        DELETE FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @low
        AND position <= @next
        AND (customer <> '' OR message_id = '')
        """;

    /// <summary>
    /// Removes at most <paramref name="max"/> positions at the beginning of a partition: received before <paramref name="keptFrom"/>
    /// and applied by every reader. Answers how many events went, and whether there may be more.
    /// </summary>
    public Task<(int Removed, bool More)> RemoveAsync(int partition, DateTimeOffset keptFrom, int max, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var low = await _lows.HoldAsync(write, partition);
        var until = Math.Min(low + max, await EndAsync(write, partition));
        if (until <= low) return (0, false);
        var next = await write.Connection.ExecuteScalarAsync<long>(AgedSql, new { partition, low, until, keptFrom }, write.Transaction);
        if (next == low) return (0, false);
        var removed = await write.Connection.ExecuteAsync(RemoveSql, new { partition, low, next }, write.Transaction);
        await _lows.MoveAsync(write, partition, next);
        return (removed, next == low + max);
    }, cancellation);

    /// <summary>Where removal ends at the latest, whatever the age.</summary>
    async Task<long> EndAsync(Write write, int partition)
    {
        var end = await write.Connection.ExecuteScalarAsync<long?>(AppliedSql, new { partition }, write.Transaction)
            ?? await write.Connection.ExecuteScalarAsync<long>(HeadSql, new { partition }, write.Transaction);
        // There the row is the only place of a message key until it is in a run.
        return database is SqliteDatabase ? Math.Min(end, await write.Connection.ExecuteScalarAsync<long>(KeysSql, new { partition }, write.Transaction)) : end;
    }
}
