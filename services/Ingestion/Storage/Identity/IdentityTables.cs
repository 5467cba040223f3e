using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>The tables behind identity: what is known of ids, the audit trail, what is to be recorded anew. Statements only.</summary>
internal sealed class IdentityTables(Database database)
{
    static readonly string[] IdColumns = ["shop", "id_hash", "digest", "id", "id_kind", "parent", "link_time", "pinned", "suppressed", "reset_position", "sequence"];
    static readonly string[] ChangeColumns = ["change_number", "shop", "kind", "from_customer", "to_customer", "change_time", "actor", "reason", "undo_change", "request_id", "moved_event_count"];
    static readonly string[] ReattributionColumns = ["change_number", "shop", "customer", "reason", "copied_position", "until_position", "moved_event_count"];

    string TakeNumbersSql => $"""
        UPDATE {database.Prefix}identity_stand
        SET sequence = sequence + @count;
        SELECT sequence
        FROM {database.Prefix}identity_stand;
        """;

    /// <summary>The first of so many numbers, which follow each other in the order of the commits.</summary>
    public async Task<long> TakeNumbersAsync(Write write, int count)
        => await write.Connection.ExecuteScalarAsync<long>(TakeNumbersSql, new { count }, write.Transaction) - count + 1;

    string IdSql => $"""
        SELECT id, parent, link_time, pinned, suppressed, reset_position
        FROM {database.Prefix}known_id
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>Null when nothing is known of the id.</summary>
    public KnownIdRow? Id(Write write, string shop, byte[] hash) => write.Connection.QuerySingleOrDefault<KnownIdRow>(IdSql, new { shop, hash }, write.Transaction);

    public Task<KnownIdRow?> IdAsync(DbConnection connection, string shop, byte[] hash, CancellationToken cancellation, DbTransaction? transaction = null)
        => connection.QuerySingleOrDefaultAsync<KnownIdRow>(new CommandDefinition(IdSql, new { shop, hash }, transaction, cancellationToken: cancellation));

    string JoinedSql => $"""
        SELECT k.id, k.parent, k.link_time, k.pinned, k.suppressed, k.reset_position
        FROM {database.Set("@parents", ("id", CustomerId.LengthMax))} p
        INNER JOIN {database.Prefix}known_id k ON k.parent = p.id
        WHERE k.shop = @shop
        """;

    /// <summary>The ids that joined one of <paramref name="parents"/>.</summary>
    public async Task<List<KnownIdRow>> JoinedAsync(DbConnection connection, string shop, IEnumerable<CustomerId> parents, CancellationToken cancellation, DbTransaction? transaction = null)
    {
        var keys = Foundation.Sql.Keys.Of(parents, "id", id => id.Text);
        return (await connection.QueryAsync<KnownIdRow>(new CommandDefinition(JoinedSql, new { shop, parents = keys }, transaction, cancellationToken: cancellation))).AsList();
    }

    public Task AddIdsAsync(Write write, IEnumerable<NewIdRow> rows, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "known_id", IdColumns,
        [.. rows.Select(r => new object?[] { r.Shop, r.Hash, unchecked((long)r.Digest), r.Id?.Text, r.Id?.Kind, r.Parent?.Text, r.LinkTime, false, r.Id is null, r.ResetPosition, r.Sequence })], cancellation);

    string JoinSql => $"""
        UPDATE {database.Prefix}known_id
        SET id = @id, id_kind = @kind, parent = @parent, link_time = @time, sequence = @sequence
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>A known id joins another.</summary>
    public Task JoinAsync(Write write, string shop, byte[] hash, CustomerId id, CustomerId parent, DateTimeOffset time, long sequence)
        => write.Connection.ExecuteAsync(JoinSql, new { shop, hash, id = id.Text, kind = id.Kind, parent = parent.Text, time, sequence }, write.Transaction);

    string PartSql => $"""
        UPDATE {database.Prefix}known_id
        SET parent = NULL, link_time = NULL, pinned = @pinned, sequence = @sequence
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>An id stands for itself again, and joins nobody by itself.</summary>
    public Task PartAsync(Write write, string shop, byte[] hash, long sequence)
        => write.Connection.ExecuteAsync(PartSql, new { shop, hash, pinned = true, sequence }, write.Transaction);

    string SuppressSql => $"""
        UPDATE {database.Prefix}known_id
        SET id = NULL, id_kind = NULL, parent = NULL, link_time = NULL, pinned = @no, suppressed = @suppressed, sequence = @sequence
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>Nothing but the hash of an id is kept, refused or not. False when it has no row.</summary>
    public async Task<bool> SuppressAsync(Write write, string shop, byte[] hash, bool suppressed, long sequence)
        => await write.Connection.ExecuteAsync(SuppressSql, new { shop, hash, no = false, suppressed, sequence }, write.Transaction) == 1;

    string ResetSql => $"""
        UPDATE {database.Prefix}known_id
        SET reset_position = @position, sequence = @sequence
        WHERE shop = @shop
        AND id_hash = @hash
        """;

    /// <summary>What lies before a position of the customer's partition is theirs no longer. False when the id has no row.</summary>
    public async Task<bool> ResetAsync(Write write, string shop, byte[] hash, long position, long sequence)
        => await write.Connection.ExecuteAsync(ResetSql, new { shop, hash, position, sequence }, write.Transaction) == 1;

    public Task AddChangesAsync(Write write, IEnumerable<IdentityChange> changes, string? requestId, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "identity_change", ChangeColumns,
        [.. changes.Select(c => new object?[] { c.Number, c.Shop, c.Kind, c.From.Text, c.To.Text, c.Time, c.Actor, c.Reason, c.Undo, requestId, c.MovedEventCount })], cancellation);

    /// <summary>A change <c>c</c> as a <see cref="ChangeRow"/>.</summary>
    const string ChangeList = "c.change_number AS number, c.shop, c.kind, c.from_customer, c.to_customer, c.change_time AS time, c.actor, c.reason, c.undo_change AS undo, c.moved_event_count";

    string ChangeSql => $"""
        SELECT {ChangeList}
        FROM {database.Prefix}identity_change c
        WHERE c.shop = @shop
        AND c.change_number = @number
        """;

    public Task<ChangeRow?> ChangeAsync(DbConnection connection, DbTransaction? transaction, string shop, long number, CancellationToken cancellation)
        => connection.QuerySingleOrDefaultAsync<ChangeRow>(new CommandDefinition(ChangeSql, new { shop, number }, transaction, cancellationToken: cancellation));

    string RequestedChangeSql => $"""
        SELECT change_number
        FROM {database.Prefix}identity_change
        WHERE shop = @shop
        AND request_id = @requestId
        """;

    /// <summary>The change that a request made, or null.</summary>
    public Task<long?> RequestedChangeAsync(Write write, string shop, string requestId)
        => write.Connection.ExecuteScalarAsync<long?>(RequestedChangeSql, new { shop, requestId }, write.Transaction);

    string ChangesSql => $"""
        SELECT {ChangeList}
        FROM {database.Set("@ids", ("id", CustomerId.LengthMax))} i
        INNER JOIN {database.Prefix}identity_change c ON c.from_customer = i.id
        WHERE c.shop = @shop
        UNION
        SELECT {ChangeList}
        FROM {database.Set("@ids", ("id", CustomerId.LengthMax))} i
        INNER JOIN {database.Prefix}identity_change c ON c.to_customer = i.id
        WHERE c.shop = @shop
        ORDER BY number
        """;

    /// <summary>The changes that name one of <paramref name="ids"/>, oldest first.</summary>
    public async Task<List<ChangeRow>> ChangesAsync(DbConnection connection, string shop, IEnumerable<CustomerId> ids, CancellationToken cancellation, DbTransaction? transaction = null)
    {
        var keys = Foundation.Sql.Keys.Of(ids, "id", id => id.Text);
        return (await connection.QueryAsync<ChangeRow>(new CommandDefinition(ChangesSql, new { shop, ids = keys }, transaction, cancellationToken: cancellation))).AsList();
    }

    string UndoSql => $"UPDATE {database.Prefix}identity_change SET undo_change = @undo WHERE change_number = @number";

    public Task UndoAsync(Write write, long number, long undo) => write.Connection.ExecuteAsync(UndoSql, new { number, undo }, write.Transaction);

    string MovedSql => $"UPDATE {database.Prefix}identity_change SET moved_event_count = @count WHERE change_number = @number";

    public Task MovedAsync(Write write, long number, long count) => write.Connection.ExecuteAsync(MovedSql, new { number, count }, write.Transaction);

    public Task AddReattributionsAsync(Write write, IEnumerable<(long Number, string Shop, CustomerId Customer, ResetReason Reason)> due, CancellationToken cancellation) => write.AppendAsync(database.Prefix + "reattribution", ReattributionColumns,
        [.. due.Select(d => new object?[] { d.Number, d.Shop, d.Customer.Text, d.Reason, 0L, 0L, 0L })], cancellation);

    string ReattributionsSql => $"""
        SELECT change_number AS number, shop, customer, reason, copied_position AS copied, until_position AS until, moved_event_count
        FROM {database.Prefix}reattribution
        ORDER BY change_number
        {database.Limit("@max")}
        """;

    /// <summary>Those that have waited longest, in their order.</summary>
    public async Task<List<ReattributionRow>> ReattributionsAsync(DbConnection connection, DbTransaction? transaction, int max, CancellationToken cancellation)
        => (await connection.QueryAsync<ReattributionRow>(new CommandDefinition(ReattributionsSql, new { max }, transaction, cancellationToken: cancellation))).AsList();

    string AreDueSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}reattribution
        WHERE shop = @shop
        AND customer IN (SELECT k.id FROM {database.Set("@ids", ("id", CustomerId.LengthMax))} k)
        """;

    public async Task<bool> AreDueAsync(DbConnection connection, string shop, IEnumerable<CustomerId> customers, CancellationToken cancellation)
    {
        var ids = Foundation.Sql.Keys.Of(customers, "id", id => id.Text);
        return await connection.ExecuteScalarAsync<int>(new CommandDefinition(AreDueSql, new { shop, ids }, cancellationToken: cancellation)) > 0;
    }

    string IsDueSql => $"SELECT COUNT(*) FROM {database.Prefix}reattribution WHERE change_number = @number";

    public async Task<bool> IsDueAsync(DbConnection connection, long number, CancellationToken cancellation)
        => await connection.ExecuteScalarAsync<int>(new CommandDefinition(IsDueSql, new { number }, cancellationToken: cancellation)) > 0;

    string ProgressSql => $"""
        UPDATE {database.Prefix}reattribution
        SET copied_position = @Copied, until_position = @Until, moved_event_count = @MovedEventCount
        WHERE change_number = @Number
        """;

    public Task ProgressAsync(Write write, ReattributionRow row)
        => write.Connection.ExecuteAsync(ProgressSql, new { row.Copied, row.Until, row.MovedEventCount, row.Number }, write.Transaction);

    string DoneSql => $"DELETE FROM {database.Prefix}reattribution WHERE change_number <= @number";

    /// <summary>Those in line up to a number are done.</summary>
    public Task DoneAsync(Write write, long number) => write.Connection.ExecuteAsync(DoneSql, new { number }, write.Transaction);
}

/// <summary>An id that had no row.</summary>
/// <param name="Id">Null for one that is suppressed.</param>
internal sealed record NewIdRow(string Shop, byte[] Hash, ulong Digest, CustomerId? Id, CustomerId? Parent, DateTimeOffset? LinkTime, long ResetPosition, long Sequence);

internal sealed record KnownIdRow
{
    public string? Id { get; init; }
    public string? Parent { get; init; }
    public DateTimeOffset? LinkTime { get; init; }
    public bool Pinned { get; init; }
    public bool Suppressed { get; init; }
    public long ResetPosition { get; init; }

    public KnownId ToKnownId() => new(Parent is null ? null : CustomerId.Stored(Parent), Pinned, Suppressed);

    public LinkedId ToLinkedId() => new(CustomerId.Stored(Id!), LinkTime, Pinned);
}

internal sealed record ChangeRow
{
    public long Number { get; init; }
    public string Shop { get; init; } = "";
    public ChangeKind Kind { get; init; }
    public string FromCustomer { get; init; } = "";
    public string ToCustomer { get; init; } = "";
    public DateTimeOffset Time { get; init; }
    public string Actor { get; init; } = "";
    public string Reason { get; init; } = "";
    public long? Undo { get; init; }
    public long MovedEventCount { get; init; }

    public IdentityChange ToChange() => new(Number, Shop, Kind, CustomerId.Stored(FromCustomer), CustomerId.Stored(ToCustomer), Time, Actor, Reason, Undo, MovedEventCount);
}

internal sealed record ReattributionRow
{
    public long Number { get; init; }
    public string Shop { get; init; } = "";
    public string Customer { get; init; } = "";
    public ResetReason Reason { get; init; }
    public long Copied { get; init; }
    public long Until { get; init; }
    public long MovedEventCount { get; init; }
}
