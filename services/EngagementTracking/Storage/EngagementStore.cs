using System.Data.Common;
using Dapper;
using Perennial.EngagementTracking.Domain;
using Perennial.Foundation.Sql;

namespace Perennial.EngagementTracking.Storage;

/// <summary>
/// Touches per customer and day, subscriptions, and how far the log is applied. One class: both dialects run the same text.
/// </summary>
internal sealed class EngagementStore(Database db)
{
    readonly Checkpoints _checkpoints = new(db);

    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    /// <summary>Applies changes and moves the checkpoint in one transaction. False, with nothing applied, when it is not at <paramref name="after"/>.</summary>
    public Task<bool> ApplyAsync(int partition, long after, long next, Changes changes, CancellationToken cancellation) => _checkpoints.ApplyAsync(partition, after, next, async write =>
    {
        foreach (var shop in changes.Resets.GroupBy(r => r.Shop, r => r.Customer)) await ResetAsync(write, shop.Key, shop, cancellation);
        foreach (var shop in changes.Sightings.GroupBy(s => s.Shop)) await SeeAsync(write, partition, shop.Key, [.. shop], cancellation);
        await TouchAsync(write, changes.TouchDays, cancellation);
        await AppendAsync(write, changes.Subscriptions, cancellation);
    }, cancellation);

    string OfCustomers => $"""
        WHERE shop = @shop
        AND customer IN (SELECT k.customer FROM {db.Set("@keys", ("customer", 210))} k)
        """;

    string ForgetSightingsSql => $"DELETE FROM {db.Prefix}customer {OfCustomers}";

    string ForgetTouchesSql => $"DELETE FROM {db.Prefix}touch_day {OfCustomers}";

    string ForgetSubscriptionsSql => $"DELETE FROM {db.Prefix}subscription_fact {OfCustomers}";

    /// <summary>Leaves nothing of these customers, in any table.</summary>
    async Task ResetAsync(Write write, string shop, IEnumerable<string> customers, CancellationToken cancellation)
    {
        var values = new { shop, keys = Keys.Of(customers, "customer", c => c) };
        foreach (var sql in (string[])[ForgetSightingsSql, ForgetTouchesSql, ForgetSubscriptionsSql])
            await write.Connection.ExecuteAsync(Command(sql, values, write, cancellation));
    }

    string SightingsSql => $"""
        SELECT shop, customer, first_seen_time
        FROM {db.Prefix}customer
        {OfCustomers}
        """;

    /// <summary>Adds the customers not seen yet, and replaces those now seen earlier than was known.</summary>
    async Task SeeAsync(Write write, int partition, string shop, IReadOnlyList<Sighting> seen, CancellationToken cancellation)
    {
        var known = (await write.Connection.QueryAsync<Sighting>(Command(SightingsSql, new { shop, keys = KeysOf(seen) }, write, cancellation))).ToDictionary(s => s.Customer);
        var earlier = seen.Where(s => known.TryGetValue(s.Customer, out var old) && s.FirstSeenTime < old.FirstSeenTime).ToList();
        if (earlier.Count > 0) await write.Connection.ExecuteAsync(Command(ForgetSightingsSql, new { shop, keys = KeysOf(earlier) }, write, cancellation));
        await write.AppendAsync($"{db.Prefix}customer", ["shop", "customer", "log_partition", "first_seen_time"],
            [.. seen.Where(s => !known.ContainsKey(s.Customer)).Concat(earlier).Select(s => new object?[] { s.Shop, s.Customer, partition, s.FirstSeenTime })], cancellation);

        static KeySet KeysOf(IEnumerable<Sighting> sightings) => Keys.Of(sightings, "customer", s => s.Customer);
    }

    string TouchesOfDaySql => $"""
        SELECT shop, customer, day, channel, kind, touch_count, last_time
        FROM {db.Prefix}touch_day
        {OfCustomers}
        AND day = @day
        """;

    string ForgetTouchesOfDaySql => $"""
        {ForgetTouchesSql}
        AND day = @day
        """;

    /// <summary>Adds touches to what their customers had on the same days: the days are taken out one by one and go back together.</summary>
    async Task TouchAsync(Write write, IReadOnlyList<TouchDay> added, CancellationToken cancellation)
    {
        var rows = new List<TouchDay>(added);
        foreach (var day in added.GroupBy(t => (t.Shop, t.Day)))
        {
            var values = new { shop = day.Key.Shop, day = day.Key.Day, keys = Keys.Of(day.Select(t => t.Customer).Distinct(), "customer", c => c) };
            var known = (await write.Connection.QueryAsync<TouchDay>(Command(TouchesOfDaySql, values, write, cancellation))).AsList();
            if (known.Count > 0) await write.Connection.ExecuteAsync(Command(ForgetTouchesOfDaySql, values, write, cancellation));
            rows.AddRange(known);
        }
        await write.AppendAsync($"{db.Prefix}touch_day", ["shop", "customer", "day", "channel", "kind", "touch_count", "last_time"],
            [.. Changes.Sum(rows).Select(t => new object?[] { t.Shop, t.Customer, t.Day, t.Channel, t.Kind, t.TouchCount, t.LastTime })], cancellation);
    }

    // The log holds a message id once, and the checkpoint applies it once: a fact is new whenever it comes here.
    Task AppendAsync(Write write, IReadOnlyList<SubscriptionFact> facts, CancellationToken cancellation)
        => write.AppendAsync($"{db.Prefix}subscription_fact", ["shop", "customer", "channel", "fact_time", "message_id", "purpose", "subscribed", "source"],
            [.. facts.Select(f => new object?[] { f.Shop, f.Customer, f.Channel, f.FactTime, f.MessageId, f.Purpose, f.Subscribed, f.Source })], cancellation);

    string CustomersSql => $"""
        SELECT shop, customer, first_seen_time, position
        FROM {db.Prefix}customer c
        JOIN {db.Prefix}checkpoint_position p ON p.log_partition = c.log_partition
        {OfCustomers}
        """;

    string TouchesSql => $"""
        SELECT shop, customer, day, channel, kind, touch_count, last_time
        FROM {db.Prefix}touch_day
        {OfCustomers}
        AND day <= @day
        """;

    string SubscriptionsSql => $"""
        SELECT shop, customer, channel, fact_time, message_id, purpose, subscribed, source
        FROM {db.Prefix}subscription_fact
        {OfCustomers}
        """;

    /// <summary>What is known about those of the customers that were ever seen; touches up to the UTC day <paramref name="until"/>.</summary>
    public Task<IReadOnlyDictionary<string, History>> ReadAsync(string shop, IEnumerable<string> customers, DateOnly until, CancellationToken cancellation)
    {
        var values = new { shop, day = until, keys = Keys.Of(customers.Distinct(), "customer", c => c) };
        return db.ReadAsync(async connection =>
        {
            // Positions first: touches that commit in between make the answer fresher than it says, never staler.
            var rows = await connection.QueryAsync<CustomerRow>(Command(CustomersSql, values, null, cancellation));
            var touches = (await connection.QueryAsync<TouchDay>(Command(TouchesSql, values, null, cancellation))).ToLookup(t => t.Customer);
            var subscriptions = (await connection.QueryAsync<SubscriptionFact>(Command(SubscriptionsSql, values, null, cancellation))).ToLookup(f => f.Customer);
            return (IReadOnlyDictionary<string, History>)rows.ToDictionary(r => r.Customer, r => new History(
                new Sighting { Shop = r.Shop, Customer = r.Customer, FirstSeenTime = r.FirstSeenTime }, r.Position, [.. touches[r.Customer]], [.. subscriptions[r.Customer]]));
        }, cancellation);
    }

    sealed record CustomerRow
    {
        public string Shop { get; init; } = "";
        public string Customer { get; init; } = "";
        public DateTimeOffset FirstSeenTime { get; init; }
        public long Position { get; init; }
    }

    static CommandDefinition Command(string sql, object values, Write? write, CancellationToken cancellation)
        => new(sql, values, (DbTransaction?)write?.Transaction, cancellationToken: cancellation);
}
