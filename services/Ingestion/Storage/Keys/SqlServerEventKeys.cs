using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>One row per key under a unique index: of two writers with the same message one gets through, the other runs again.</summary>
internal sealed class SqlServerEventKeys(Database database) : IEventKeys
{
    static readonly string[] Columns = ["shop", "message_id"];
    static readonly Action Nothing = () => { };

    public Task OpenAsync(CancellationToken cancellation) => Task.CompletedTask;

    string KnownSql => $"""
        SELECT m.shop, m.message_id
        FROM {database.Set("@keys", ("shop", Shop.IdLengthMax), ("message_id", Ids.MessageLengthMax))} k
        INNER JOIN {database.Prefix}message_key m ON m.shop = k.shop AND m.message_id = k.message_id
        """;

    public async Task<HashSet<(string Shop, string MessageId)>> KnownAsync(Write write, IReadOnlyList<LogEvent> events)
    {
        var keys = Foundation.Sql.Keys.Of(events, ("shop", e => e.Shop), ("message_id", e => e.MessageId));
        var rows = await write.Connection.QueryAsync<KeyRow>(KnownSql, new { keys }, write.Transaction);
        return [.. rows.Select(r => (r.Shop, r.MessageId))];
    }

    /// <summary>In key order: neighbours share a page, and two writers meet in the same order.</summary>
    public async Task<Action> AddAsync(Write write, IReadOnlyList<PlacedEvent?> events, IReadOnlyList<int> fresh, long[] positions, CancellationToken cancellation)
    {
        var ordered = fresh.Select(i => events[i]!).OrderBy(e => e.Shop, StringComparer.Ordinal).ThenBy(e => e.MessageId, StringComparer.Ordinal).ToList();
        await write.AppendAsync(database.Prefix + "message_key", Columns, ordered, static (row, e) =>
        {
            row.Add(e.Shop);
            row.Add(e.MessageId);
        }, cancellation);
        return Nothing;
    }

    string ForgetSql => $"""
        DELETE FROM {database.Prefix}message_key
        WHERE shop = @shop
        AND message_id IN (SELECT k.message_id FROM {database.Set("@messages", ("message_id", Ids.MessageLengthMax))} k)
        """;

    public Task ForgetAsync(Write write, string shop, IReadOnlyList<string> messageIds)
        => write.Connection.ExecuteAsync(ForgetSql, new { shop, messages = Foundation.Sql.Keys.Of(messageIds, "message_id", id => id) }, write.Transaction);

    /// <summary>The whole partition: an index on the customer finds the rows.</summary>
    public IEnumerable<LogPart> PartsOf(DbConnection connection, int partition, string shop, string customer, long after) => [new LogPart(after, long.MaxValue)];

    public Task<bool> TidyAsync(CancellationToken cancellation) => Task.FromResult(false);

    sealed record KeyRow
    {
        public string Shop { get; init; } = "";
        public string MessageId { get; init; } = "";
    }
}
