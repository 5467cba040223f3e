using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Keys;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// The log: per partition dense positions from 1, each (shop, message id) once for ever. A writer updates the head row of its
/// partitions in the transaction that appends, so positions become visible in their order and no reader can pass a late
/// commit. Which messages are known differs by dialect (<see cref="IMessageKeys"/>), nothing else beyond what <see cref="Database"/> answers.
/// </summary>
internal sealed class LogStore(Database database, int partitions, KeyLimits? limits = null)
{
    readonly IMessageKeys _keys = database is SqliteDatabase ? new SqliteMessageKeys(database, limits ?? new KeyLimits()) : new SqlServerMessageKeys(database);
    readonly LowMarks _lows = new(database);
    static readonly string[] EventColumns = ["log_partition", "position", "shop", "customer", "identified", "message_id", "event_time", "receive_time", "payload"];

    public int Partitions => partitions;

    public LogHeads Heads { get; } = new(partitions);

    string HeadsSql => $"""
        SELECT position
        FROM {database.Prefix}partition_head
        ORDER BY log_partition
        """;

    /// <summary>Gives a new log its partitions. Answers how many it has, which is not <see cref="Partitions"/> where an older start chose otherwise.</summary>
    public async Task<int> OpenAsync(CancellationToken cancellation)
    {
        var there = await database.WriteAsync(write => PartitionAsync(write, cancellation), cancellation);
        await _keys.OpenAsync(cancellation);
        return there;
    }

    async Task<int> PartitionAsync(Write write, CancellationToken cancellation)
    {
        var there = (await write.Connection.QueryAsync<long>(HeadsSql, transaction: write.Transaction)).AsList();
        if (there.Count > 0) return there.Count;
        foreach (var table in (string[])["partition_head", "partition_low"])
            await write.AppendAsync(database.Prefix + table, ["log_partition", "position"], [.. Enumerable.Range(0, partitions).Select(p => new object?[] { p, 0L })], cancellation);
        return partitions;
    }

    /// <summary>Reads what is committed, by whichever replica; readers that wait for it wake.</summary>
    public async Task<IReadOnlyList<long>> RefreshHeadsAsync(CancellationToken cancellation)
    {
        var heads = await database.ReadAsync(connection => connection.QueryAsync<long>(new CommandDefinition(HeadsSql, cancellationToken: cancellation)), cancellation);
        var positions = heads.AsList();
        for (var p = 0; p < partitions; p++) Heads.Advance(p, positions[p]);
        return positions;
    }

    /// <summary>Records what is new of <paramref name="events"/>, all or nothing. Answers the position of each; 0 for one recorded before.</summary>
    public async Task<long[]> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation)
    {
        var (positions, heads, committed) = await database.WriteAsync(async write =>
        {
            var plan = AppendPlan.Of(events, await _keys.KnownAsync(write, events));
            var heads = await AdvanceAsync(write, plan.Growth);
            var positions = plan.Positions(heads);
            await WriteEventsAsync(write, events, plan, positions, cancellation);
            return (positions, heads, await _keys.AddAsync(write, events, plan.Fresh, positions, cancellation));
        }, cancellation);
        committed();
        Announce(heads);
        return positions;
    }

    /// <summary>Does one piece of the work that no commit should wait for. True when there is more.</summary>
    public Task<bool> TidyAsync(CancellationToken cancellation) => _keys.TidyAsync(cancellation);

    /// <summary>Appends what the house itself writes, without keys, as part of <paramref name="write"/>. The caller announces the heads after the commit.</summary>
    public async Task<IReadOnlyDictionary<int, long>> AppendOwnAsync(Write write, IReadOnlyList<LogEvent> events, CancellationToken cancellation)
    {
        var plan = AppendPlan.OfAll(events);
        var heads = await AdvanceAsync(write, plan.Growth);
        await WriteEventsAsync(write, events, plan, plan.Positions(heads), cancellation);
        return heads;
    }

    /// <summary>Tells readers of a commit.</summary>
    public void Announce(IReadOnlyDictionary<int, long> heads)
    {
        foreach (var (partition, head) in heads) Heads.Advance(partition, head);
    }

    string AdvanceSql => $"""
        UPDATE {database.Prefix}partition_head
        SET position = position + @count
        WHERE log_partition = @partition;
        SELECT position
        FROM {database.Prefix}partition_head
        WHERE log_partition = @partition;
        """;

    /// <summary>From here to the commit other writers of these partitions wait. Ascending, so that two never wait for each other.</summary>
    async Task<IReadOnlyDictionary<int, long>> AdvanceAsync(Write write, IReadOnlyList<KeyValuePair<int, int>> growth)
    {
        var heads = new Dictionary<int, long>(growth.Count);
        foreach (var (partition, count) in growth)
            heads[partition] = await write.Connection.ExecuteScalarAsync<long>(AdvanceSql, new { partition, count }, write.Transaction);
        return heads;
    }

    Task WriteEventsAsync(Write write, IReadOnlyList<LogEvent> events, AppendPlan plan, long[] positions, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "event", EventColumns, plan.Fresh, (row, i) =>
    {
        var e = events[i];
        row.Add(e.Partition);
        row.Add(positions[i]);
        row.Add(e.Shop);
        row.Add(e.Customer);
        row.Add(e.Identified);
        row.Add(e.MessageId);
        row.Add(e.EventTime);
        row.Add(e.ReceiveTime);
        row.Add(e.Payload);
    }, cancellation);

    string ReadSql => $"""
        SELECT position, shop, customer, identified, event_time, receive_time, payload
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND position <= @until
        ORDER BY position
        """;

    string ReadShopSql => $"""
        SELECT position, shop, customer, identified, event_time, receive_time, payload
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND position <= @until
        AND shop = @shop
        ORDER BY position
        """;

    /// <summary>
    /// The events after <paramref name="after"/> up to <paramref name="until"/>, which is not beyond the head, of one shop or of all.
    /// Ends early, with what it has, once the payloads pass <paramref name="bytesMax"/>. Erased events, which have no payload, are passed over.
    /// </summary>
    public Task<LogPage> ReadAsync(int partition, long after, long until, string? shop, int bytesMax, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var (events, next) = await ReadAsync(connection, partition, after, until, shop, bytesMax, cancellation);
        // Asked last: what retention takes away while this reads is not passed over in silence.
        return new LogPage(events, next, await _lows.ReadAsync(connection, partition, cancellation));
    }, cancellation);

    async Task<(List<LoggedEvent> Events, long Next)> ReadAsync(DbConnection connection, int partition, long after, long until, string? shop, int bytesMax, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = shop is null ? ReadSql : ReadShopSql;
        Bind(command, "@partition", partition);
        Bind(command, "@after", after);
        Bind(command, "@until", until);
        if (shop is not null) Bind(command, "@shop", shop);
        var events = new List<LoggedEvent>();
        var bytes = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var e = Logged(reader);
            if (e.Payload.Length == 0) continue;
            events.Add(e);
            bytes += e.Payload.Length;
            if (bytes > bytesMax) return (events, e.Position);
        }
        return (events, until);
    }

    // By hand: readers that start at 0 read the whole log, and mapped by Dapper a row takes a third more of the processor.
    static LoggedEvent Logged(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), Instant(row, 4), Instant(row, 5), row.GetFieldValue<byte[]>(6));

    static DateTimeOffset Instant(DbDataReader row, int column) => row.GetFieldType(column) == typeof(DateTime)
        ? new DateTimeOffset(row.GetDateTime(column), TimeSpan.Zero)
        : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    static void Bind(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        // One plan for ids of any length.
        if (value is string) parameter.Size = Shop.IdLengthMax;
        command.Parameters.Add(parameter);
    }
}
