using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Webhooks.Storage;

/// <summary>Events that were not taken, by their positions in the feed.</summary>
internal sealed class DeadLetterStore(Database database)
{
    internal string ListSql => $"""
        SELECT position, attempts, create_time, last_attempt_time, last_status, last_failure, redeliver
        FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook AND position > @after
        ORDER BY position
        {database.Limit("@limit")}
        """;

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(WebhookKey key, long after, int limit, CancellationToken cancellation)
        => [.. await database.ReadAsync(connection => connection.QueryAsync<DeadLetter>(new CommandDefinition(ListSql, new { key.Shop, key.Webhook, after, limit }, cancellationToken: cancellation)), cancellation)];

    internal string MarkSql => $"""
        UPDATE {database.Prefix}webhook_dead_letter
        SET redeliver = 1
        WHERE shop = @Shop AND webhook = @Webhook AND (@position IS NULL OR position = @position)
        """;

    /// <summary>Has one, or with a null all, delivered again; answers how many there are.</summary>
    public Task<int> MarkAsync(WebhookKey key, long? position, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(MarkSql, new { key.Shop, key.Webhook, position }, write.Transaction), cancellation);

    internal string NextSql => $"""
        SELECT position, attempts, create_time, last_attempt_time, last_status, last_failure, redeliver
        FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook AND position > @after AND redeliver = 1
        ORDER BY position
        {database.Limit("@limit")}
        """;

    /// <summary>The first after a position that is to be delivered again.</summary>
    public Task<DeadLetter?> NextAsync(WebhookKey key, long after, CancellationToken cancellation)
        => database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<DeadLetter>(new CommandDefinition(NextSql, new { key.Shop, key.Webhook, after, limit = 1 }, cancellationToken: cancellation)), cancellation);

    internal string FailSql => $"""
        UPDATE {database.Prefix}webhook_dead_letter
        SET redeliver = 0, attempts = attempts + 1, last_attempt_time = @time, last_status = @status, last_failure = @failure
        WHERE shop = @Shop AND webhook = @Webhook AND position = @position
        """;

    /// <summary>It was tried again in vain, and stays.</summary>
    public Task FailAsync(WebhookKey key, long position, Attempt attempt, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(FailSql, new { key.Shop, key.Webhook, position, time = attempt.Time, status = attempt.Status, failure = attempt.Failure }, write.Transaction), cancellation);

    internal string DeleteSql => $"""
        DELETE FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook AND (@position IS NULL OR position = @position)
        """;

    /// <summary>Removes one, or with a null all; answers how many there were.</summary>
    public Task<int> DeleteAsync(WebhookKey key, long? position, CancellationToken cancellation)
        => database.WriteAsync(write => write.Connection.ExecuteAsync(DeleteSql, new { key.Shop, key.Webhook, position }, write.Transaction), cancellation);

    internal string CountSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    public Task<long> CountAsync(WebhookKey key, CancellationToken cancellation)
        => database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(new CommandDefinition(CountSql, key, cancellationToken: cancellation)), cancellation);
}
