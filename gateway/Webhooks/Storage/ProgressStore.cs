using Dapper;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Webhooks.Storage;

/// <summary>
/// How far each webhook is. Only its lease's holder moves it, and only from the position that it knows: whoever lost the lease, or whose webhook was set to another position, is told by a false and stops.
/// </summary>
internal sealed class ProgressStore(Database database)
{
    internal string AdvanceSql => $"""
        UPDATE {database.Prefix}webhook
        SET position = @next, pending_position = 0, attempts = 0, next_attempt_time = NULL,
            last_attempt_time = COALESCE(@time, last_attempt_time), last_status = COALESCE(@status, last_status), last_failure = COALESCE(@failure, last_failure)
        WHERE shop = @Shop AND webhook = @Webhook AND lease_holder = @holder AND position = @position
        """;

    /// <summary>Everything up to <paramref name="next"/> is done; <paramref name="attempt"/> is what did it, or null where all was passed over.</summary>
    public Task<bool> AdvanceAsync(WebhookKey key, string holder, long position, long next, Attempt? attempt, CancellationToken cancellation)
        => database.WriteAsync(write => AdvanceAsync(write, key, holder, position, next, attempt), cancellation);

    internal string FailSql => $"""
        UPDATE {database.Prefix}webhook
        SET pending_position = @pending, attempts = @attempts, next_attempt_time = @nextTime, last_attempt_time = @time, last_status = @status, last_failure = @failure
        WHERE shop = @Shop AND webhook = @Webhook AND lease_holder = @holder AND position = @position
        """;

    /// <summary>The event at <paramref name="pending"/> failed and is tried again at <paramref name="nextTime"/>.</summary>
    public async Task<bool> FailAsync(WebhookKey key, string holder, long position, long pending, int attempts, DateTimeOffset nextTime, Attempt attempt, CancellationToken cancellation)
    {
        var values = new { key.Shop, key.Webhook, holder, position, pending, attempts, nextTime, time = attempt.Time, status = attempt.Status, failure = attempt.Failure };
        return await database.WriteAsync(write => write.Connection.ExecuteAsync(FailSql, values, write.Transaction), cancellation) == 1;
    }

    internal string DisableSql => $"""
        UPDATE {database.Prefix}webhook
        SET enabled = 0, disabled_reason = @reason, version = version + 1, lease_holder = '', lease_until = NULL, pending_position = 0, attempts = 0, next_attempt_time = NULL,
            last_attempt_time = @time, last_status = @status, last_failure = @failure
        WHERE shop = @Shop AND webhook = @Webhook AND lease_holder = @holder AND version = @version
        """;

    /// <summary>Sends nothing more until somebody enables it; it then goes on where it is. False when somebody changed it since <paramref name="version"/>.</summary>
    public Task<bool> DisableAsync(WebhookKey key, string holder, long version, string reason, Attempt attempt, CancellationToken cancellation)
        => database.WriteAsync(write => DisableAsync(write, key, holder, version, reason, attempt), cancellation);

    internal string CountLettersSql => $"""
        SELECT COUNT(*)
        FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook
        """;

    internal string ForgetLetterSql => $"""
        DELETE FROM {database.Prefix}webhook_dead_letter
        WHERE shop = @Shop AND webhook = @Webhook AND position = @position
        """;

    /// <summary>
    /// The event at <paramref name="dead"/> becomes a dead letter, and the webhook goes on after it. When there are <paramref name="most"/> dead letters already, the webhook is disabled instead and the event stays its next one.
    /// </summary>
    public Task<Buried> BuryAsync(Webhook webhook, string holder, long position, long dead, int attempts, int most, Attempt attempt, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        var key = webhook.Key;
        if (await write.Connection.ExecuteScalarAsync<long>(CountLettersSql, key, write.Transaction) >= most)
            return await DisableAsync(write, key, holder, webhook.Version, DisabledReasons.DeadLettersFull, attempt) ? Buried.Full : Buried.Lost;
        if (!await AdvanceAsync(write, key, holder, position, dead, attempt)) return Buried.Lost;
        // One that was set back to an earlier position may come by it again.
        await write.Connection.ExecuteAsync(ForgetLetterSql, new { key.Shop, key.Webhook, position = dead }, write.Transaction);
        await write.AppendAsync(database.Prefix + "webhook_dead_letter", ["shop", "webhook", "position", "attempts", "create_time", "last_attempt_time", "last_status", "last_failure", "redeliver"],
            [[key.Shop, key.Webhook, dead, attempts, attempt.Time, attempt.Time, attempt.Status, attempt.Failure, false]], cancellation);
        return Buried.Yes;
    }, cancellation);

    async Task<bool> AdvanceAsync(Write write, WebhookKey key, string holder, long position, long next, Attempt? attempt)
        => await write.Connection.ExecuteAsync(AdvanceSql, new { key.Shop, key.Webhook, holder, position, next, time = attempt?.Time, status = attempt?.Status, failure = attempt?.Failure }, write.Transaction) == 1;

    async Task<bool> DisableAsync(Write write, WebhookKey key, string holder, long version, string reason, Attempt attempt)
        => await write.Connection.ExecuteAsync(DisableSql, new { key.Shop, key.Webhook, holder, version, reason, time = attempt.Time, status = attempt.Status, failure = attempt.Failure }, write.Transaction) == 1;

    internal enum Buried
    {
        Yes,

        /// <summary>There was no room; the webhook is disabled.</summary>
        Full,

        /// <summary>Somebody else has the lease, or changed the webhook.</summary>
        Lost,
    }
}
