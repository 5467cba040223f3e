using System.Data.Common;
using Dapper;
using Perennial.CampaignRecommendation.Domain;
using Perennial.Foundation.Sql;

namespace Perennial.CampaignRecommendation.Storage;

/// <summary>A revision of a playbook as it is kept.</summary>
internal sealed record PlaybookRevision
{
    /// <summary>Empty for the default.</summary>
    public required string Shop { get; init; }
    public required long Revision { get; init; }
    public required string Body { get; init; }
    public required DateTimeOffset CreateTime { get; init; }
}

/// <summary>
/// Settings of shops, contact facts, playbooks, and how far the log is applied. One class: both dialects run the same text.
/// </summary>
internal sealed class CampaignStore(Database db)
{
    /// <summary>The shop under which the default playbook is kept.</summary>
    const string EveryShop = "";

    readonly Checkpoints _checkpoints = new(db);

    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    /// <summary>Applies changes and moves the checkpoint in one transaction. False, with nothing applied, when it is not at <paramref name="after"/>.</summary>
    public Task<bool> ApplyAsync(int partition, long after, long next, Changes changes, CancellationToken cancellation) => _checkpoints.ApplyAsync(partition, after, next, async write =>
    {
        if (changes.Shops.Count > 0) await ConfigureAsync(write, changes.Shops, cancellation);
        foreach (var shop in changes.Resets.GroupBy(r => r.Shop, r => r.Customer)) await ForgetFactsAsync(write, shop.Key, shop, cancellation);
        foreach (var shop in changes.Facts.GroupBy(f => f.Shop)) await LearnAsync(write, shop.Key, [.. shop], cancellation);
    }, cancellation);

    string ShopsSql => $"""
        SELECT shop, time_zone, currency_code, fact_time, message_id
        FROM {db.Prefix}shop
        WHERE shop IN (SELECT k.shop FROM {db.Set("@keys", ("shop", 63))} k)
        """;

    string ForgetShopsSql => $"""
        DELETE FROM {db.Prefix}shop
        WHERE shop IN (SELECT k.shop FROM {db.Set("@keys", ("shop", 63))} k)
        """;

    /// <summary>Every partition tells a shop's settings; the latest stay.</summary>
    async Task ConfigureAsync(Write write, IReadOnlyList<ShopSettings> told, CancellationToken cancellation)
    {
        var known = (await write.Connection.QueryAsync<ShopSettings>(Command(ShopsSql, new { keys = KeysOf(told) }, write, cancellation))).ToHashSet();
        var changed = ShopSettings.Settle(known.Concat(told)).Where(s => !known.Contains(s)).ToList();
        if (changed.Count == 0) return;
        await write.Connection.ExecuteAsync(Command(ForgetShopsSql, new { keys = KeysOf(changed) }, write, cancellation));
        await write.AppendAsync($"{db.Prefix}shop", ["shop", "time_zone", "currency_code", "fact_time", "message_id"],
            [.. changed.Select(s => new object?[] { s.Shop, s.TimeZone, s.CurrencyCode, s.FactTime, s.MessageId })], cancellation);

        static KeySet KeysOf(IEnumerable<ShopSettings> shops) => Keys.Of(shops, "shop", s => s.Shop);
    }

    string ForgetFactsSql => $"""
        DELETE FROM {db.Prefix}contact_fact
        WHERE shop = @shop
        AND customer IN (SELECT k.customer FROM {db.Set("@keys", ("customer", 210))} k)
        """;

    Task<int> ForgetFactsAsync(Write write, string shop, IEnumerable<string> customers, CancellationToken cancellation)
        => write.Connection.ExecuteAsync(Command(ForgetFactsSql, new { shop, keys = Keys.Of(customers, "customer", c => c) }, write, cancellation));

    /// <summary>Settles new facts with those known of the same customers, and rewrites the customers for whom that changed anything.</summary>
    async Task LearnAsync(Write write, string shop, IReadOnlyList<ContactFact> told, CancellationToken cancellation)
    {
        var known = (await write.Connection.QueryAsync<ContactFact>(Command(FactsSql, new { shop, keys = KeysOf(told) }, write, cancellation))).ToHashSet();
        var settled = ContactFact.Settle(known.Concat(told));
        var changed = settled.Where(f => !known.Contains(f)).Select(f => f.Customer).ToHashSet();
        var rewritten = settled.Where(f => changed.Contains(f.Customer)).ToList();
        if (rewritten.Count == 0) return;
        await ForgetFactsAsync(write, shop, rewritten.Select(f => f.Customer).Distinct(), cancellation);
        await write.AppendAsync($"{db.Prefix}contact_fact", ["shop", "customer", "channel", "kind", "fact_time", "message_id", "fact_value"],
            [.. rewritten.Select(f => new object?[] { f.Shop, f.Customer, f.Channel, f.Kind, f.FactTime, f.MessageId, f.FactValue })], cancellation);

        static KeySet KeysOf(IEnumerable<ContactFact> facts) => Keys.Of(facts.Select(f => f.Customer).Distinct(), "customer", c => c);
    }

    string FactsSql => $"""
        SELECT shop, customer, channel, kind, fact_time, message_id, fact_value
        FROM {db.Prefix}contact_fact
        WHERE shop = @shop
        AND customer IN (SELECT k.customer FROM {db.Set("@keys", ("customer", 210))} k)
        """;

    /// <summary>What is known about how to reach the customers; nothing for those never heard of.</summary>
    public async Task<ILookup<string, ContactFact>> ReadFactsAsync(string shop, IEnumerable<string> customers, CancellationToken cancellation)
    {
        var values = new { shop, keys = Keys.Of(customers.Distinct(), "customer", c => c) };
        return (await db.ReadAsync(c => c.QueryAsync<ContactFact>(Command(FactsSql, values, null, cancellation)), cancellation)).ToLookup(f => f.Customer);
    }

    string ShopSql => $"""
        SELECT shop, time_zone, currency_code, fact_time, message_id
        FROM {db.Prefix}shop
        WHERE shop = @shop
        """;

    /// <summary>Null for a shop that the log has not told of yet.</summary>
    public Task<ShopSettings?> ReadShopAsync(string shop, CancellationToken cancellation)
        => db.ReadAsync(c => c.QuerySingleOrDefaultAsync<ShopSettings>(Command(ShopSql, new { shop }, null, cancellation)), cancellation);

    // A shop's own playbook sorts after the empty name of the default.
    string CurrentRevisionSql => $"""
        SELECT shop, revision, body, create_time
        FROM {db.Prefix}playbook_revision
        WHERE shop IN (@shop, @every)
        ORDER BY shop DESC, revision DESC
        {db.Limit("@one")}
        """;

    /// <summary>The playbook that decides for a shop: the newest of its own, else the newest default; null before the first.</summary>
    public Task<PlaybookRevision?> ReadPlaybookAsync(string shop, CancellationToken cancellation)
        => db.ReadAsync(c => c.QuerySingleOrDefaultAsync<PlaybookRevision>(Command(CurrentRevisionSql, new { shop, every = EveryShop, one = 1 }, null, cancellation)), cancellation);

    /// <summary>
    /// Makes <paramref name="body"/> the default playbook; answers its revision. Nothing changes when it is already: replicas that start at once
    /// meet at the key of the revision, and the loser finds it there.
    /// </summary>
    public Task<long> SeedPlaybookAsync(string body, DateTimeOffset time, CancellationToken cancellation) => db.WriteAsync(async write =>
    {
        var current = await write.Connection.QuerySingleOrDefaultAsync<PlaybookRevision>(Command(CurrentRevisionSql, new { shop = EveryShop, every = EveryShop, one = 1 }, write, cancellation));
        if (current?.Body == body) return current.Revision;
        var revision = (current?.Revision ?? 0) + 1;
        await write.AppendAsync($"{db.Prefix}playbook_revision", ["shop", "revision", "body", "create_time"], [[EveryShop, revision, body, time]], cancellation);
        return revision;
    }, cancellation);

    static CommandDefinition Command(string sql, object values, Write? write, CancellationToken cancellation)
        => new(sql, values, (DbTransaction?)write?.Transaction, cancellationToken: cancellation);
}
