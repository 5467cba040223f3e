using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Privacy;

/// <summary>Rows of erasures: statements only.</summary>
internal sealed class ErasureTables(Database database)
{
    static readonly string[] Columns = ["erasure", "shop", "change_number", "state", "erase_time", "actor", "reason", "event_count", "id_count", "remains"];

    internal string ErasuresSql => $"""
        SELECT erasure AS id, shop, change_number AS number, state, erase_time AS time, actor, reason, event_count, id_count, remains
        FROM {database.Prefix}erasure
        """;

    string FindSql => $"""
        {ErasuresSql}
        WHERE shop = @shop
        AND erasure = @id
        """;

    public async Task<Erasure?> FindAsync(DbConnection connection, DbTransaction? transaction, string shop, string id)
        => (await connection.QuerySingleOrDefaultAsync<ErasureRow>(FindSql, new { shop, id }, transaction))?.ToErasure();

    string OfNumberSql => $"""
        {ErasuresSql}
        WHERE change_number = @number
        """;

    public async Task<Erasure> OfNumberAsync(DbConnection connection, long number)
        => (await connection.QuerySingleAsync<ErasureRow>(OfNumberSql, new { number })).ToErasure();

    string OfIdSql => $"""
        SELECT erasure
        FROM {database.Prefix}erased_id
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>The erasure by which an id went last, or null.</summary>
    public Task<string?> OfIdAsync(Write write, string shop, byte[] hash)
        => write.Connection.ExecuteScalarAsync<string?>(OfIdSql, new { shop, hash }, write.Transaction);

    string ForgetIdSql => $"""
        DELETE FROM {database.Prefix}erased_id
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    public Task AddAsync(Write write, Erasure erasure, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "erasure", Columns,
        [[erasure.Id, erasure.Shop, erasure.Number, (int)erasure.State, erasure.Time, erasure.Actor, erasure.Reason, erasure.EventCount, erasure.IdCount, erasure.Remains]], cancellation);

    /// <summary>Ids that were released and are erased again belong to the later erasure.</summary>
    public async Task AddIdsAsync(Write write, Erasure erasure, IReadOnlyCollection<byte[]> hashes, CancellationToken cancellation)
    {
        foreach (var hash in hashes) await write.Connection.ExecuteAsync(ForgetIdSql, new { shop = erasure.Shop, hash }, write.Transaction);
        await write.AppendAsync(database.Prefix + "erased_id", ["shop", "id_hash", "erasure"], [.. hashes.Select(h => new object?[] { erasure.Shop, h, erasure.Id })], cancellation);
    }

    public Task AddSubjectsAsync(Write write, string erasure, IEnumerable<ErasureSubject> subjects, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "erasure_subject", ["erasure", "customer", "whole"],
        [.. subjects.Select(s => new object?[] { erasure, s.Customer.Text, s.Whole })], cancellation);

    string SubjectsSql => $"""
        SELECT customer, whole
        FROM {database.Prefix}erasure_subject
        WHERE erasure = @erasure
        ORDER BY customer
        """;

    public async Task<IReadOnlyList<ErasureSubject>> SubjectsAsync(DbConnection connection, string erasure)
        => [.. (await connection.QueryAsync<SubjectRow>(SubjectsSql, new { erasure })).Select(r => new ErasureSubject(CustomerId.Stored(r.Customer), r.Whole))];

    public Task AddMarkersAsync(Write write, string erasure, IEnumerable<(int Partition, long Position)> markers, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "erasure_marker", ["erasure", "log_partition", "position"],
        [.. markers.Select(m => new object?[] { erasure, m.Partition, m.Position })], cancellation);

    string MarkersSql => $"""
        SELECT log_partition, position
        FROM {database.Prefix}erasure_marker
        WHERE erasure = @erasure
        """;

    public async Task<IReadOnlyList<(int Partition, long Position)>> MarkersAsync(DbConnection connection, DbTransaction? transaction, string erasure)
        => [.. (await connection.QueryAsync<MarkerRow>(MarkersSql, new { erasure }, transaction)).Select(r => (r.LogPartition, r.Position))];

    string MoveSql => $"""
        UPDATE {database.Prefix}erasure
        SET state = @next
        WHERE erasure = @id
        AND state = @from
        """;

    /// <summary>False when it is elsewhere already.</summary>
    public async Task<bool> MoveAsync(Write write, string id, ErasureState from, ErasureState next)
        => await write.Connection.ExecuteAsync(MoveSql, new { id, from = (int)from, next = (int)next }, write.Transaction) == 1;

    string CountSql => $"""
        UPDATE {database.Prefix}erasure
        SET event_count = event_count + @count
        WHERE erasure = @id
        """;

    public Task CountAsync(Write write, string id, int count) => write.Connection.ExecuteAsync(CountSql, new { id, count }, write.Transaction);

    // As retention leaves a removed event, so readers pass over it: the position stays.
    string TombstoneSql => $"""
        UPDATE {database.Prefix}event
        SET customer = '', identified = @no, message_id = '', payload = @nothing
        WHERE log_partition = @partition
        AND position = @position
        """;

    public async Task TombstoneAsync(Write write, IEnumerable<(int Partition, long Position)> places)
    {
        foreach (var (partition, position) in places)
            await write.Connection.ExecuteAsync(TombstoneSql, new { partition, position, no = false, nothing = Array.Empty<byte>() }, write.Transaction);
    }

    string ForgetChangesFromSql => $"""
        DELETE FROM {database.Prefix}identity_change
        WHERE shop = @shop
        AND from_customer IN (SELECT k.id FROM {database.Set("@ids", ("id", CustomerId.LengthMax))} k)
        """;

    string ForgetChangesToSql => $"""
        DELETE FROM {database.Prefix}identity_change
        WHERE shop = @shop
        AND to_customer IN (SELECT k.id FROM {database.Set("@ids", ("id", CustomerId.LengthMax))} k)
        """;

    // What was refused of an import may be anybody's: the counts stay.
    string ForgetRefusalsSql => $"""
        DELETE FROM {database.Prefix}import_refusal
        WHERE shop = @shop
        """;

    string ForgetSubjectsSql => $"DELETE FROM {database.Prefix}erasure_subject WHERE erasure = @erasure";

    /// <summary>Everything beside the log that names these ids.</summary>
    public async Task ForgetAsync(Write write, Erasure erasure, IEnumerable<CustomerId> ids)
    {
        var values = new { shop = erasure.Shop, erasure = erasure.Id, ids = Foundation.Sql.Keys.Of(ids, "id", id => id.Text) };
        foreach (var sql in (string[])[ForgetChangesFromSql, ForgetChangesToSql, ForgetRefusalsSql, ForgetSubjectsSql])
            await write.Connection.ExecuteAsync(sql, values, write.Transaction);
    }

    string ForgetMarkersSql => $"DELETE FROM {database.Prefix}erasure_marker WHERE erasure = @erasure";

    public Task ForgetMarkersAsync(Write write, string erasure) => write.Connection.ExecuteAsync(ForgetMarkersSql, new { erasure }, write.Transaction);

    string WaitingSql => $"""
        {ErasuresSql}
        WHERE state = @state
        """;

    /// <summary>Those of which only the readers are missing.</summary>
    public async Task<IReadOnlyList<Erasure>> WaitingAsync(DbConnection connection)
        => [.. (await connection.QueryAsync<ErasureRow>(WaitingSql, new { state = (int)ErasureState.LogErased })).Select(r => r.ToErasure())];

    // A reader of another shop sees nothing of this one's events.
    string ReadersBehindSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}erasure_marker m
        CROSS JOIN {database.Prefix}reader r
        LEFT JOIN {database.Prefix}reader_position p ON p.reader = r.reader AND p.shop = r.shop AND p.log_partition = m.log_partition
        WHERE m.erasure = @erasure
        AND (r.shop = '' OR r.shop = @shop)
        AND COALESCE(p.position, 0) < m.position
        """;

    /// <summary>Whether a registered reader has yet to pass a reset.</summary>
    public async Task<bool> AreReadersBehindAsync(DbConnection connection, Erasure erasure)
        => await connection.ExecuteScalarAsync<long>(ReadersBehindSql, new { erasure = erasure.Id, shop = erasure.Shop }) > 0;

    sealed record ErasureRow
    {
        public string Id { get; init; } = "";
        public string Shop { get; init; } = "";
        public long Number { get; init; }
        public ErasureState State { get; init; }
        public DateTimeOffset Time { get; init; }
        public string Actor { get; init; } = "";
        public string Reason { get; init; } = "";
        public long EventCount { get; init; }
        public int IdCount { get; init; }
        public string Remains { get; init; } = "";

        public Erasure ToErasure() => new(Id, Shop, Number, State, Time, Actor, Reason, EventCount, IdCount, Remains);
    }

    sealed record SubjectRow
    {
        public string Customer { get; init; } = "";
        public bool Whole { get; init; }
    }

    sealed record MarkerRow
    {
        public int LogPartition { get; init; }
        public long Position { get; init; }
    }
}
