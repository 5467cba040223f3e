using System.Globalization;
using System.Text.Json;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// Events that could not be recorded, by shop and a number of their own. Whoever changes them updates the shop's head row first, so that
/// what is read after it is the latest of all replicas. Nothing differs between the dialects beyond what <see cref="Database"/> answers.
/// </summary>
internal sealed class QuarantineStore(Database database, LogStore log)
{
    static readonly string[] Columns = ["shop", "sequence", "message_id", "reason", "violations", "payload", "receive_time", "replay_count"];
    static readonly string[] IdColumns = ["shop", "id", "sequence"];

    string LockSql => $"""
        UPDATE {database.Prefix}quarantine_head
        SET kept = kept
        WHERE shop = @shop;
        SELECT sequence, kept
        FROM {database.Prefix}quarantine_head
        WHERE shop = @shop;
        """;

    string BeginSql => $"""
        INSERT INTO {database.Prefix}quarantine_head (shop, sequence, kept)
        VALUES (@shop, 0, 0)
        """;

    /// <summary>From here to the commit other writers of this shop's quarantine wait.</summary>
    async Task<Head> LockAsync(Write write, string shop)
    {
        if (await write.Connection.QuerySingleOrDefaultAsync<Head>(LockSql, new { shop }, write.Transaction) is { } head) return head;
        await write.Connection.ExecuteAsync(BeginSql, new { shop }, write.Transaction);
        return new Head();
    }

    string KnownSql => $"""
        SELECT q.sequence, q.message_id, q.reason
        FROM {database.Prefix}quarantined q
        JOIN {database.Set("@messages", ("message_id", 100))} k
        ON k.message_id = q.message_id
        WHERE q.shop = @shop
        """;

    string GrowSql => $"""
        UPDATE {database.Prefix}quarantine_head
        SET sequence = @sequence, kept = @kept
        WHERE shop = @shop
        """;

    /// <summary>
    /// Keeps the events, once per message id and reason where there is a message id. Answers the number of each, 0 for one that names somebody
    /// who was erased, and which are new; null, with nothing kept, when the shop would have more than <paramref name="most"/>.
    /// </summary>
    public Task<KeptEvents?> AddAsync(string shop, IReadOnlyList<Quarantined> events, int most, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await log.LockHeadsAsync(write);
        var erased = await ErasedAsync(write, shop, events);
        var head = await LockAsync(write, shop);
        var known = await KnownAsync(write, shop, events);
        var (numbers, fresh) = (new long[events.Count], new List<Quarantined>());
        for (var i = 0; i < events.Count; i++)
        {
            if (erased[i] || (events[i].MessageId.Length > 0 && known.TryGetValue((events[i].MessageId, events[i].Reason), out numbers[i]))) continue;
            numbers[i] = head.Sequence + fresh.Count + 1;
            known[(events[i].MessageId, events[i].Reason)] = numbers[i];
            fresh.Add(events[i] with { Sequence = numbers[i] });
        }
        if (fresh.Count > 0 && head.Kept + fresh.Count > most) return null;
        await AppendAsync(write, shop, fresh, cancellation);
        await write.Connection.ExecuteAsync(GrowSql, new { shop, sequence = head.Sequence + fresh.Count, kept = head.Kept + fresh.Count }, write.Transaction);
        return new KeptEvents(numbers, fresh);
    }, cancellation);

    /// <summary>By event, whether an id of it is refused. Of what is no id nobody was erased.</summary>
    Task<bool[]> ErasedAsync(Write write, string shop, IReadOnlyList<Quarantined> events)
        => log.Identity.DecideAsync(write, known => events.Select(e => e.Ids.Any(id => CustomerId.TryParse(id, out var parsed) && known.Find(shop, parsed.Value) is { Suppressed: true })).ToArray());

    async Task<Dictionary<(string MessageId, string Reason), long>> KnownAsync(Write write, string shop, IReadOnlyList<Quarantined> events)
    {
        var messages = Foundation.Sql.Keys.Of(events.Select(e => e.MessageId).Where(id => id.Length > 0).Distinct(), "message_id", id => id);
        var rows = await write.Connection.QueryAsync<QuarantinedRow>(KnownSql, new { shop, messages }, write.Transaction);
        // A replay may have given two of one message the same reason since.
        return rows.GroupBy(r => (r.MessageId, r.Reason)).ToDictionary(g => g.Key, g => g.Min(r => r.Sequence));
    }

    async Task AppendAsync(Write write, string shop, IReadOnlyList<Quarantined> fresh, CancellationToken cancellation)
    {
        await write.AppendAsync(database.Prefix + "quarantined", Columns, [.. fresh.Select(e => new object?[] { shop, e.Sequence, e.MessageId, e.Reason, JsonSerializer.Serialize(e.Violations), e.Payload, e.ReceiveTime, 0 })], cancellation);
        await write.AppendAsync(database.Prefix + "quarantined_id", IdColumns, [.. fresh.SelectMany(e => e.Ids.Distinct().Select(id => new object?[] { shop, id, e.Sequence }))], cancellation);
    }

    internal string EventsSql => $"""
        SELECT q.sequence, q.message_id, q.reason, q.violations, q.payload, q.receive_time, q.replay_count
        FROM {database.Prefix}quarantined q
        """;

    string ListSql => $"""
        {EventsSql}
        WHERE q.shop = @shop
        AND q.sequence > @after
        ORDER BY q.sequence
        {database.Limit("@most")}
        """;

    string ListReasonSql => $"""
        {EventsSql}
        WHERE q.shop = @shop
        AND q.reason = @reason
        AND q.sequence > @after
        ORDER BY q.sequence
        {database.Limit("@most")}
        """;

    string ListNamedSql => $"""
        {EventsSql}
        JOIN {database.Set("@numbers", ("sequence", 20))} k
        ON CAST(k.sequence AS bigint) = q.sequence
        WHERE q.shop = @shop
        AND (@reason = '' OR q.reason = @reason)
        AND q.sequence > @after
        ORDER BY q.sequence
        {database.Limit("@most")}
        """;

    string IdsSql => $"""
        SELECT sequence, id
        FROM {database.Prefix}quarantined_id
        WHERE shop = @shop
        AND sequence >= @first
        AND sequence <= @last
        ORDER BY sequence, id
        """;

    /// <summary>The events after a number, of a reason and with a number of <paramref name="numbers"/> where these are given. A page ends early, with one event at least, once its payloads pass <paramref name="charsMax"/>.</summary>
    public Task<QuarantinePage> ListAsync(string shop, string reason, IReadOnlyCollection<long> numbers, long after, int most, int charsMax, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var sql = numbers.Count > 0 ? ListNamedSql : reason.Length > 0 ? ListReasonSql : ListSql;
        var values = new { shop, reason, after, most = most + 1, numbers = Numbers(numbers) };
        var (rows, chars, more) = (new List<QuarantinedRow>(), 0, false);
        await foreach (var row in connection.QueryUnbufferedAsync<QuarantinedRow>(sql, values).WithCancellation(cancellation))
        {
            more = rows.Count == most || chars > charsMax;
            if (more) break;
            rows.Add(row);
            chars += row.Payload.Length;
        }
        if (rows.Count == 0) return new QuarantinePage([], false);
        var ids = (await connection.QueryAsync<IdRow>(IdsSql, new { shop, first = rows[0].Sequence, last = rows[^1].Sequence })).ToLookup(i => i.Sequence, i => i.Id);
        return new QuarantinePage([.. rows.Select(r => r.ToQuarantined([.. ids[r.Sequence]]))], more);
    }, cancellation);

    string CountSql => $"""
        SELECT reason, COUNT(*) AS kept
        FROM {database.Prefix}quarantined
        WHERE shop = @shop
        GROUP BY reason
        ORDER BY reason
        """;

    /// <summary>How many there are of each reason.</summary>
    public Task<IReadOnlyList<(string Reason, long Kept)>> CountAsync(string shop, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<(string, long)>>(async connection =>
        [.. (await connection.QueryAsync<CountRow>(new CommandDefinition(CountSql, new { shop }, cancellationToken: cancellation))).Select(r => (r.Reason, r.Kept))], cancellation);

    string ReceiptsSql => $"""
        SELECT q.sequence, q.receive_time
        FROM {database.Prefix}quarantined q
        JOIN {database.Set("@numbers", ("sequence", 20))} k
        ON CAST(k.sequence AS bigint) = q.sequence
        WHERE q.shop = @shop
        """;

    /// <summary>When each of these was received first; those that are not kept are missing.</summary>
    public Task<IReadOnlyDictionary<long, DateTimeOffset>> ReceiptsAsync(string shop, IEnumerable<long> numbers, CancellationToken cancellation) => database.ReadAsync<IReadOnlyDictionary<long, DateTimeOffset>>(async connection =>
        (await connection.QueryAsync<QuarantinedRow>(new CommandDefinition(ReceiptsSql, new { shop, numbers = Numbers(numbers) }, cancellationToken: cancellation))).ToDictionary(r => r.Sequence, r => r.ReceiveTime), cancellation);

    string NamingSql => $"""
        SELECT DISTINCT q.sequence
        FROM {database.Prefix}quarantined_id q
        JOIN {database.Set("@ids", ("id", CustomerId.LengthMax))} k
        ON k.id = q.id
        WHERE q.shop = @shop
        """;

    /// <summary>Takes out what names one of these ids, as part of <paramref name="write"/>.</summary>
    public async Task ForgetAsync(Write write, string shop, IEnumerable<CustomerId> ids)
    {
        await LockAsync(write, shop);
        await RemoveAsync(write, shop, [.. await write.Connection.QueryAsync<long>(NamingSql, new { shop, ids = Foundation.Sql.Keys.Of(ids, "id", id => id.Text) }, write.Transaction)]);
    }

    /// <summary>The numbers of those that name one of these ids.</summary>
    public Task<IReadOnlyList<long>> NamingAsync(string shop, IEnumerable<CustomerId> ids, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<long>>(async connection =>
        [.. (await connection.QueryAsync<long>(new CommandDefinition(NamingSql, new { shop, ids = Foundation.Sql.Keys.Of(ids, "id", id => id.Text) }, cancellationToken: cancellation))).Order()], cancellation);

    string RemoveSql => $"""
        DELETE FROM {database.Prefix}quarantined
        WHERE shop = @shop
        AND sequence IN (SELECT CAST(k.sequence AS bigint) FROM {database.Set("@numbers", ("sequence", 20))} k)
        """;

    string RemoveIdsSql => $"""
        DELETE FROM {database.Prefix}quarantined_id
        WHERE shop = @shop
        AND sequence IN (SELECT CAST(k.sequence AS bigint) FROM {database.Set("@numbers", ("sequence", 20))} k)
        """;

    string ShrinkSql => $"""
        UPDATE {database.Prefix}quarantine_head
        SET kept = kept - @removed
        WHERE shop = @shop
        """;

    string RelapseSql => $"""
        UPDATE {database.Prefix}quarantined
        SET reason = @Reason, violations = @violations, replay_count = replay_count + 1
        WHERE shop = @shop
        AND sequence = @Sequence
        """;

    /// <summary>The end of a replay: some leave, others stay with what is wrong now. What has left already is passed over.</summary>
    public Task SettleAsync(string shop, IReadOnlyCollection<long> left, IReadOnlyCollection<Relapse> relapsed, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await LockAsync(write, shop);
        await RemoveAsync(write, shop, left);
        foreach (var relapse in relapsed)
            await write.Connection.ExecuteAsync(RelapseSql, new { shop, relapse.Sequence, relapse.Reason, violations = JsonSerializer.Serialize(relapse.Violations) }, write.Transaction);
    }, cancellation);

    /// <summary>Takes these out for good, as part of <paramref name="write"/>; the head row is locked already.</summary>
    async Task RemoveAsync(Write write, string shop, IReadOnlyCollection<long> numbers)
    {
        if (numbers.Count == 0) return;
        var values = new { shop, numbers = Numbers(numbers) };
        await write.Connection.ExecuteAsync(RemoveIdsSql, values, write.Transaction);
        var removed = await write.Connection.ExecuteAsync(RemoveSql, values, write.Transaction);
        await write.Connection.ExecuteAsync(ShrinkSql, new { shop, removed }, write.Transaction);
    }

    static KeySet Numbers(IEnumerable<long> numbers) => Foundation.Sql.Keys.Of(numbers, "sequence", n => n.ToString(CultureInfo.InvariantCulture));

    sealed record Head
    {
        public long Sequence { get; init; }
        public long Kept { get; init; }
    }

    sealed record IdRow
    {
        public long Sequence { get; init; }
        public string Id { get; init; } = "";
    }

    sealed record CountRow
    {
        public string Reason { get; init; } = "";
        public long Kept { get; init; }
    }

    sealed record QuarantinedRow
    {
        public long Sequence { get; init; }
        public string MessageId { get; init; } = "";
        public string Reason { get; init; } = "";
        public string Violations { get; init; } = "[]";
        public string Payload { get; init; } = "";
        public DateTimeOffset ReceiveTime { get; init; }
        public int ReplayCount { get; init; }

        public Quarantined ToQuarantined(IReadOnlyList<string> ids) => new(Sequence, MessageId, Reason, JsonSerializer.Deserialize<Violation[]>(Violations) ?? [], Payload, ReceiveTime, ids, ReplayCount);
    }
}

/// <summary>What a call has in quarantine now: the number of each of its events, and those that were not there before.</summary>
internal sealed record KeptEvents(IReadOnlyList<long> Numbers, IReadOnlyList<Quarantined> Fresh);
