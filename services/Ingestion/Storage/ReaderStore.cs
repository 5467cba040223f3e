using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>The registered readers and their positions. Everything may be called twice, late, and by several replicas at once.</summary>
internal sealed class ReaderStore(Database database)
{
    readonly LowMarks _lows = new(database);

    string StartSql => $"""
        UPDATE {database.Prefix}reader_position
        SET position = @position
        WHERE reader = @Name
        AND shop = @Shop
        AND log_partition = @partition
        AND position > @position
        """;

    /// <summary>
    /// Registers a reader that starts after <paramref name="position"/>; nothing behind it is removed from then on, since retention and
    /// this wait for each other. Who starts before its own position, to build its state anew, is waited for from there. Answers up
    /// to where the partition is removed: a start before that is not registered. Null when the reader is new and there are too many.
    /// </summary>
    public Task<long?> StartAsync(ReaderId id, int partition, long position, DateTimeOffset now, int readersMax, CancellationToken cancellation) => database.WriteAsync<long?>(async write =>
    {
        var low = await _lows.HoldAsync(write, partition);
        if (position < low) return low;
        if (!await TouchAsync(write, id, now, readersMax)) return null;
        await PlaceAsync(write, StartSql, id, partition, position);
        return low;
    }, cancellation);

    string ReportSql => $"""
        UPDATE {database.Prefix}reader_position
        SET position = @position
        WHERE reader = @Name
        AND shop = @Shop
        AND log_partition = @partition
        AND position < @position
        """;

    /// <summary>Moves a reader on, never back; registers one that is new. False when it is new and there are too many.</summary>
    public Task<bool> ReportAsync(ReaderId id, IEnumerable<KeyValuePair<int, long>> positions, DateTimeOffset now, int readersMax, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (!await TouchAsync(write, id, now, readersMax)) return false;
        foreach (var (partition, position) in positions.OrderBy(p => p.Key)) await PlaceAsync(write, ReportSql, id, partition, position);
        return true;
    }, cancellation);

    string AddPositionSql => $"""
        INSERT INTO {database.Prefix}reader_position (reader, shop, log_partition, position)
        SELECT @Name, @Shop, @partition, @position
        WHERE NOT EXISTS (
            SELECT 1
            FROM {database.Prefix}reader_position
            WHERE reader = @Name
            AND shop = @Shop
            AND log_partition = @partition)
        """;

    async Task PlaceAsync(Write write, string moveSql, ReaderId id, int partition, long position)
    {
        var values = new { id.Name, id.Shop, partition, position };
        if (await write.Connection.ExecuteAsync(moveSql, values, write.Transaction) == 0) await write.Connection.ExecuteAsync(AddPositionSql, values, write.Transaction);
    }

    string TouchSql => $"""
        UPDATE {database.Prefix}reader
        SET report_time = @now
        WHERE reader = @Name
        AND shop = @Shop
        """;

    string CountSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}reader
        WHERE shop = @Shop
        """;

    string AddSql => $"""
        INSERT INTO {database.Prefix}reader (reader, shop, report_time)
        VALUES (@Name, @Shop, @now)
        """;

    /// <summary>The lock of a reader's rows, and its registration. Two that register the same one meet at the key, and the later runs again.</summary>
    async Task<bool> TouchAsync(Write write, ReaderId id, DateTimeOffset now, int readersMax)
    {
        var values = new { id.Name, id.Shop, now };
        if (await write.Connection.ExecuteAsync(TouchSql, values, write.Transaction) > 0) return true;
        if (await write.Connection.ExecuteScalarAsync<int>(CountSql, values, write.Transaction) >= readersMax) return false;
        await write.Connection.ExecuteAsync(AddSql, values, write.Transaction);
        return true;
    }

    string ForgetPositionsSql => $"""
        DELETE FROM {database.Prefix}reader_position
        WHERE reader = @Name
        AND shop = @Shop
        """;

    string ForgetSql => $"""
        DELETE FROM {database.Prefix}reader
        WHERE reader = @Name
        AND shop = @Shop
        """;

    /// <summary>True when there was one.</summary>
    public Task<bool> DeleteAsync(ReaderId id, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        // Its own row first, as everybody takes it.
        var there = await write.Connection.ExecuteAsync(ForgetSql, new { id.Name, id.Shop }, write.Transaction) > 0;
        await write.Connection.ExecuteAsync(ForgetPositionsSql, new { id.Name, id.Shop }, write.Transaction);
        return there;
    }, cancellation);

    // Positions are dense, so the first event that is not applied is found by its key.
    string ListSql => $"""
        SELECT r.reader, r.shop, r.report_time, h.log_partition, COALESCE(p.position, 0) AS position, l.position AS low, h.position AS head, COALESCE(e.reattribute_time, e.receive_time) AS oldest_time
        FROM {database.Prefix}reader r
        CROSS JOIN {database.Prefix}partition_head h
        INNER JOIN {database.Prefix}partition_low l ON l.log_partition = h.log_partition
        LEFT JOIN {database.Prefix}reader_position p ON p.reader = r.reader AND p.shop = r.shop AND p.log_partition = h.log_partition
        LEFT JOIN {database.Prefix}event e ON e.log_partition = h.log_partition AND e.position = CASE WHEN p.position > l.position THEN p.position ELSE l.position END + 1
        WHERE (@shop = '' OR r.shop = '' OR r.shop = @shop)
        AND (r.reader > @name OR (r.reader = @name AND r.shop > @afterShop))
        ORDER BY r.reader, r.shop, h.log_partition
        {database.Limit("@rows")}
        """;

    /// <summary>Readers of a shop and of every shop, or all when <paramref name="shop"/> is empty: by name, at most <paramref name="max"/> after <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<LogReader>> ListAsync(string shop, ReaderId? after, int max, int partitions, CancellationToken cancellation)
    {
        var values = new { shop, name = after?.Name ?? "", afterShop = after?.Shop ?? "", rows = max * partitions };
        var rows = await database.ReadAsync(connection => connection.QueryAsync<ReaderRow>(new CommandDefinition(ListSql, values, cancellationToken: cancellation)), cancellation);
        return [.. rows.GroupBy(r => (r.Reader, r.Shop)).Select(g => new LogReader(new ReaderId(g.Key.Shop, g.Key.Reader), g.First().ReportTime, [.. g.Select(r => r.ToPartition())]))];
    }

    sealed record ReaderRow
    {
        public string Reader { get; init; } = "";
        public string Shop { get; init; } = "";
        public DateTimeOffset ReportTime { get; init; }
        public int LogPartition { get; init; }
        public long Position { get; init; }
        public long Low { get; init; }
        public long Head { get; init; }
        public DateTimeOffset? OldestTime { get; init; }

        public ReaderPartition ToPartition() => new(LogPartition, Position, Low, Head, OldestTime);
    }
}
