using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Webhooks.Storage;

/// <summary>An enabled webhook and who delivers to it.</summary>
internal sealed record Lease
{
    public string Shop { get; init; } = "";
    public string Webhook { get; init; } = "";
    public long Version { get; init; }
    public string LeaseHolder { get; init; } = "";
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>It has dead letters that somebody asked to have delivered again.</summary>
    public bool Redeliver { get; init; }

    public WebhookKey Key => new(Shop, Webhook);
}

/// <summary>Which gateway delivers to which webhook: one at a time, and another when it is lost.</summary>
internal sealed class LeaseStore(Database database)
{
    internal string ListSql => $"""
        SELECT w.shop, w.webhook, w.version, w.lease_holder, w.lease_until,
            CASE WHEN EXISTS (SELECT 1 FROM {database.Prefix}webhook_dead_letter d WHERE d.shop = w.shop AND d.webhook = w.webhook AND d.redeliver = 1) THEN 1 ELSE 0 END AS redeliver
        FROM {database.Prefix}webhook w
        WHERE w.enabled = 1
        """;

    /// <summary>Every enabled webhook.</summary>
    public async Task<IReadOnlyList<Lease>> ListAsync(CancellationToken cancellation)
        => [.. await database.ReadAsync(connection => connection.QueryAsync<Lease>(new CommandDefinition(ListSql, cancellationToken: cancellation)), cancellation)];

    internal string ClaimSql => $"""
        UPDATE {database.Prefix}webhook
        SET lease_holder = @holder, lease_until = @until
        WHERE enabled = 1 AND (lease_holder = @holder OR lease_holder = '' OR lease_until <= @now)
        """;

    /// <summary>Takes every enabled webhook that is free or whose holder is overdue, and keeps those it has.</summary>
    public Task ClaimAsync(string holder, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(ClaimSql, new { holder, now, until }, write.Transaction), cancellation);

    internal string ReleaseSql => $"""
        UPDATE {database.Prefix}webhook
        SET lease_holder = '', lease_until = NULL
        WHERE lease_holder = @holder
        """;

    /// <summary>Leaves all to the others, who need not wait then.</summary>
    public Task ReleaseAsync(string holder, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(ReleaseSql, new { holder }, write.Transaction), cancellation);
}
