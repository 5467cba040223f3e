using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Webhooks.Storage;

/// <summary>What is registered; one class for both dialects, since nothing differs beyond what <see cref="Database"/> abstracts.</summary>
internal sealed class WebhookStore(Database database)
{
    static readonly string[] Columns =
    [
        "shop", "webhook", "url", "models", "stages", "secret", "old_secret", "old_secret_until", "enabled", "disabled_reason", "create_time", "update_time", "version", "position", "pending_position", "attempts",
        "next_attempt_time", "last_attempt_time", "last_status", "last_failure", "lease_holder", "lease_until",
    ];

    /// <summary>All but the lease.</summary>
    static readonly string Registered = string.Join(", ", Columns.SkipLast(2));

    /// <summary>Both dialects keep milliseconds, but round what is finer differently.</summary>
    public static DateTimeOffset WholeMillis(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());

    internal string CountSql => $"""
        SELECT COUNT(*) AS others, COALESCE(SUM(CASE WHEN webhook = @Webhook THEN 1 ELSE 0 END), 0) AS same
        FROM {database.Prefix}webhook
        WHERE shop = @Shop
        """;

    /// <summary>Adds a webhook, unless there is one of that key, or there are <paramref name="most"/> of the shop already.</summary>
    public Task<Added> AddAsync(Webhook webhook, int most, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var there = await write.Connection.QuerySingleAsync<Counted>(CountSql, webhook.Key, write.Transaction);
        if (there.Same > 0) return Added.Exists;
        if (there.Others >= most) return Added.TooMany;
        await write.AppendAsync(database.Prefix + "webhook", Columns, [ValuesOf(webhook)], cancellation);
        return Added.Yes;
    }, cancellation);

    internal string GetSql => $"""
        SELECT {Registered}
        FROM {database.Prefix}webhook
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    public async Task<Webhook?> GetAsync(WebhookKey key, CancellationToken cancellation)
        => (await database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<WebhookRow>(new CommandDefinition(GetSql, key, cancellationToken: cancellation)), cancellation))?.ToWebhook();

    internal string ListSql => $"""
        SELECT {Registered}
        FROM {database.Prefix}webhook
        WHERE shop = @shop AND webhook > @after
        ORDER BY webhook
        {database.Limit("@limit")}
        """;

    /// <summary>Webhooks of a shop by their ids, the first after <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<Webhook>> ListAsync(string shop, string after, int limit, CancellationToken cancellation)
        => [.. (await database.ReadAsync(connection => connection.QueryAsync<WebhookRow>(new CommandDefinition(ListSql, new { shop, after, limit }, cancellationToken: cancellation)), cancellation)).Select(r => r.ToWebhook())];

    internal string UpdateSql => $"""
        UPDATE {database.Prefix}webhook
        SET url = @Url, models = @Models, stages = @Stages, secret = @Secret, old_secret = @OldSecret, old_secret_until = @OldSecretUntil, enabled = @Enabled, disabled_reason = @DisabledReason,
            update_time = @UpdateTime, version = @Version + 1
        WHERE shop = @Shop AND webhook = @Webhook AND version = @Version
        """;

    internal string RestartSql => $"""
        UPDATE {database.Prefix}webhook
        SET position = COALESCE(@position, position), attempts = 0, pending_position = 0, next_attempt_time = NULL
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    /// <summary>
    /// Changes what is registered, as <paramref name="change"/> makes it of what is; null when there is no such webhook. Where <paramref name="restart"/> is set, what waits for a retry is tried at once, after
    /// <paramref name="position"/> when that is given.
    /// </summary>
    public Task<Webhook?> UpdateAsync(WebhookKey key, Func<Webhook, Webhook> change, bool restart, long? position, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        while (true)
        {
            if ((await write.Connection.QuerySingleOrDefaultAsync<WebhookRow>(GetSql, key, write.Transaction))?.ToWebhook() is not { } before) return null;
            // Somebody else changed it in between: once more from what it is now.
            if (await write.Connection.ExecuteAsync(UpdateSql, WebhookRow.Of(change(before)), write.Transaction) == 0) continue;
            if (restart) await write.Connection.ExecuteAsync(RestartSql, new { key.Shop, key.Webhook, position }, write.Transaction);
            return (await write.Connection.QuerySingleAsync<WebhookRow>(GetSql, key, write.Transaction)).ToWebhook();
        }
    }, cancellation);

    internal string DeleteSql => $"""
        DELETE FROM {database.Prefix}webhook
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    internal string DeleteLettersSql => $"""
        DELETE FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    /// <summary>Removes a webhook and its dead letters; false when there was none.</summary>
    public Task<bool> DeleteAsync(WebhookKey key, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var deleted = await write.Connection.ExecuteAsync(DeleteSql, key, write.Transaction) == 1;
        await write.Connection.ExecuteAsync(DeleteLettersSql, key, write.Transaction);
        return deleted;
    }, cancellation);

    static object?[] ValuesOf(Webhook webhook)
    {
        var row = WebhookRow.Of(webhook);
        return
        [
            row.Shop, row.Webhook, row.Url, row.Models, row.Stages, row.Secret, row.OldSecret, row.OldSecretUntil, row.Enabled, row.DisabledReason, row.CreateTime, row.UpdateTime, row.Version, row.Position, row.PendingPosition, row.Attempts,
            row.NextAttemptTime, row.LastAttemptTime, row.LastStatus, row.LastFailure, "", null,
        ];
    }

    internal enum Added
    {
        Yes,
        Exists,
        TooMany,
    }

    sealed record Counted
    {
        public long Others { get; init; }
        public long Same { get; init; }
    }
}
