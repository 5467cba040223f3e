using System.Data.Common;
using System.Globalization;
using System.Text;
using Dapper;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.Storage.Keys;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// The log: per partition dense positions from 1, each (shop, message id) once for ever. A writer updates the head row of its
/// partitions in the transaction that appends, so positions become visible in their order and no reader can pass a late
/// commit. How messages, customers and ids are found differs by dialect (<see cref="IEventKeys"/>, <see cref="IKnownIdRows"/>), nothing else
/// beyond what <see cref="Database"/> answers.
/// </summary>
internal sealed partial class LogStore(Database database, int partitions, KeyLimits? limits = null, LinkLimits? linkLimits = null)
{
    readonly IEventKeys _keys = database is SqliteDatabase ? new SqliteEventKeys(database, limits ?? new KeyLimits()) : new SqlServerEventKeys(database);
    readonly LowMarks _lows = new(database);
    static readonly string[] EventColumns = ["log_partition", "position", "shop", "customer", "identified", "message_id", "event_time", "receive_time", "payload", "reattribute_time"];

    public int Partitions => partitions;

    public LogHeads Heads { get; } = new(partitions);

    public IdentityLinks Identity { get; } = new(database, linkLimits ?? new LinkLimits());

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
        await Identity.OpenAsync(cancellation);
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

    /// <summary>Records what is new of <paramref name="events"/>, each for the customer whose ids it carries, all or nothing.</summary>
    public Task<AppendReport> AppendAsync(IReadOnlyList<LogEvent> events, CancellationToken cancellation) => AppendAsync(events, (_, _) => Task.CompletedTask, cancellation);

    /// <inheritdoc cref="AppendAsync(IReadOnlyList{LogEvent}, CancellationToken)"/>
    /// <param name="with">Is told what became of each and writes what stands or falls with the events: what it throws undoes them. May run again, as all of a write.</param>
    public async Task<AppendReport> AppendAsync(IReadOnlyList<LogEvent> events, Func<Write, IReadOnlyList<AppendResult>, Task> with, CancellationToken cancellation)
    {
        var (report, heads, committed) = await database.WriteAsync(async write =>
        {
            await LockHeadsAsync(write);
            var resolution = await Identity.ResolveAsync(write, events, await _keys.KnownAsync(write, events));
            var placed = Place(events, resolution);
            var plan = AppendPlan.Of(placed);
            var heads = await AdvanceAsync(write, plan.Growth);
            var positions = plan.Positions(heads);
            await WriteEventsAsync(write, placed, plan, positions, cancellation);
            await Identity.LinkAsync(write, resolution.Links, cancellation);
            var added = await _keys.AddAsync(write, placed, plan.Fresh, positions, cancellation);
            var report = Report(resolution, placed, positions);
            await with(write, report.Results);
            return (report, heads, added);
        }, cancellation);
        committed();
        Announce(heads);
        if (report.LinkedCount > 0) Identity.Due.Beat();
        return report;
    }

    PlacedEvent?[] Place(IReadOnlyList<LogEvent> events, IdentityResolution resolution)
    {
        var placed = new PlacedEvent?[events.Count];
        for (var i = 0; i < placed.Length; i++)
        {
            if (resolution.Customers[i] is { } customer) placed[i] = Place(customer, events[i].Shop, events[i].MessageId, events[i].EventTime, events[i].ReceiveTime, events[i].Payload);
        }
        return placed;
    }

    /// <summary>An event in the partition of its customer.</summary>
    public PlacedEvent Place(CustomerId customer, string shop, string messageId, DateTimeOffset eventTime, DateTimeOffset receiveTime, byte[] payload, DateTimeOffset? reattributeTime = null)
        => new(PartitionOf(shop, customer), shop, customer.Text, customer.Identified, messageId, eventTime, receiveTime, payload, reattributeTime);

    public int PartitionOf(string shop, CustomerId customer) => StableHash.Partition(shop, customer.Text, partitions);

    static AppendReport Report(IdentityResolution resolution, PlacedEvent?[] placed, long[] positions)
    {
        var results = new AppendResult[placed.Length];
        for (var i = 0; i < results.Length; i++) results[i] = new AppendResult(placed[i]?.Partition ?? 0, positions[i], resolution.Suppressed[i]);
        return new AppendReport(results, resolution.Links.Count, resolution.LimitedCount);
    }

    /// <summary>Does one piece of the work that no commit should wait for. True when there is more.</summary>
    public Task<bool> TidyAsync(CancellationToken cancellation) => _keys.TidyAsync(cancellation);

    /// <summary>Appends what the house itself writes, without keys, as part of <paramref name="write"/>. The caller has locked the heads, and announces them after the commit.</summary>
    public async Task<(long[] Positions, IReadOnlyDictionary<int, long> Heads)> AppendOwnAsync(Write write, IReadOnlyList<PlacedEvent> events, CancellationToken cancellation)
    {
        var plan = AppendPlan.Of(events);
        var heads = await AdvanceAsync(write, plan.Growth);
        var positions = plan.Positions(heads);
        await WriteEventsAsync(write, events, plan, positions, cancellation);
        return (positions, heads);
    }

    /// <summary>Messages of an erased person count as never recorded: their ids are refused instead.</summary>
    public Task ForgetKeysAsync(Write write, string shop, IReadOnlyList<string> messageIds) => messageIds.Count == 0 ? Task.CompletedTask : _keys.ForgetAsync(write, shop, messageIds);

    /// <summary>Tells readers of a commit.</summary>
    public void Announce(IReadOnlyDictionary<int, long> heads)
    {
        foreach (var (partition, head) in heads) Heads.Advance(partition, head);
    }

    string LockSql
    {
        get
        {
            var sql = new StringBuilder();
            for (var partition = 0; partition < partitions; partition++)
                sql.Append(CultureInfo.InvariantCulture, $"UPDATE {database.Prefix}partition_head SET position = position WHERE log_partition = {partition};\n");
            return sql.ToString();
        }
    }

    /// <summary>
    /// Makes this transaction the only one that appends, so that whatever it reads from here on is the latest of all replicas and stays so until
    /// it commits. Ascending, so that two never wait for each other. On SQLite every write transaction is alone from its beginning.
    /// </summary>
    public Task LockHeadsAsync(Write write) => database is SqliteDatabase ? Task.CompletedTask : write.Connection.ExecuteAsync(LockSql, transaction: write.Transaction);

    string AdvanceSql => $"""
        UPDATE {database.Prefix}partition_head
        SET position = position + @count
        WHERE log_partition = @partition;
        SELECT position
        FROM {database.Prefix}partition_head
        WHERE log_partition = @partition;
        """;

    async Task<IReadOnlyDictionary<int, long>> AdvanceAsync(Write write, IReadOnlyList<KeyValuePair<int, int>> growth)
    {
        var heads = new Dictionary<int, long>(growth.Count);
        foreach (var (partition, count) in growth)
            heads[partition] = await write.Connection.ExecuteScalarAsync<long>(AdvanceSql, new { partition, count }, write.Transaction);
        return heads;
    }

    Task WriteEventsAsync(Write write, IReadOnlyList<PlacedEvent?> events, AppendPlan plan, long[] positions, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "event", EventColumns, plan.Fresh, (row, i) =>
    {
        var e = events[i]!;
        row.Add(e.Partition);
        row.Add(positions[i]);
        row.Add(e.Shop);
        row.Add(e.Customer);
        row.Add(e.Identified);
        row.Add(e.MessageId);
        row.Add(e.EventTime);
        row.Add(e.ReceiveTime);
        row.Add(e.Payload);
        row.Add(e.ReattributeTime);
    }, cancellation);

    /// <summary>A range of a partition, its columns as <see cref="Logged"/> takes them.</summary>
    internal string RangeSql => $"""
        SELECT position, shop, customer, identified, event_time, receive_time, payload, reattribute_time
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND position <= @until
        """;

    string ReadSql => $"""
        {RangeSql}
        ORDER BY position
        """;

    string ReadShopSql => $"""
        {RangeSql}
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
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), Instant(row, 4), Instant(row, 5), row.GetFieldValue<byte[]>(6), row.IsDBNull(7) ? null : Instant(row, 7));

    static DateTimeOffset Instant(DbDataReader row, int column) => row.GetFieldType(column) == typeof(DateTime)
        ? new DateTimeOffset(row.GetDateTime(column), TimeSpan.Zero)
        : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    static void Bind(DbCommand command, string name, object value, int lengthMax = Shop.IdLengthMax)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        // One plan for ids of any length.
        if (value is string) parameter.Size = lengthMax;
        command.Parameters.Add(parameter);
    }
}
