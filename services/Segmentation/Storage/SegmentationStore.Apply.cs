using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Consecutive events of one partition.</summary>
/// <param name="After">The checkpoint that the batch continues.</param>
/// <param name="Next">The checkpoint once it is applied.</param>
internal sealed record EventBatch(int Partition, long After, long Next, IReadOnlyList<ShopSettings> Shops, IReadOnlyList<Sighting> Sightings)
{
    /// <summary>Customers of whom nothing that came before the batch counts any more.</summary>
    public IReadOnlyList<(string Shop, string Customer)> Resets { get; init; } = [];
}

/// <summary>What a batch changed.</summary>
/// <param name="Facts">Facts that were not known before.</param>
/// <param name="Customers">Customers whose rows were written.</param>
/// <param name="ForeignAmounts">New facts with an amount that is left out of values, being in another currency than the shop's.</param>
internal sealed record Applied(int Facts, int Customers, int ForeignAmounts);

/// <summary>Takes batches in.</summary>
internal sealed partial class SegmentationStore
{
    sealed record CustomerRow
    {
        public string Shop { get; init; } = "";
        public string Customer { get; init; } = "";
        public DateTimeOffset FirstSeenTime { get; init; }
        public DateTimeOffset? LeftTime { get; init; }
    }

    sealed record FactRow
    {
        public string Shop { get; init; } = "";
        public string Customer { get; init; } = "";
        public FactKind Kind { get; init; }
        public DateTimeOffset EventTime { get; init; }
        public string MessageId { get; init; } = "";
        public string OrderId { get; init; } = "";
        public decimal? Amount { get; init; }
        public string Currency { get; init; } = "";

        public Fact ToFact() => new(Kind, EventTime, MessageId, OrderId, Amount, Currency);
    }

    sealed record ActivityRow
    {
        public string Shop { get; init; } = "";
        public string Customer { get; init; } = "";
        public DateTimeOffset EventTime { get; init; }
        public ActivityKind Kind { get; init; }
        public string MessageId { get; init; } = "";

        public Activity ToActivity() => new(Kind, EventTime, MessageId);
    }

    sealed record OpinionRow
    {
        public string Shop { get; init; } = "";
        public string Customer { get; init; } = "";
        public string MessageId { get; init; } = "";
        public OpinionKind Kind { get; init; }
        public DateTimeOffset EventTime { get; init; }
        public decimal? Score { get; init; }

        public Opinion ToOpinion() => new(Kind, EventTime, MessageId, Score);
    }

    /// <summary>
    /// Adds a batch's facts, derives anew the timelines that they change, and moves the checkpoint, in one transaction. Null
    /// when the stored checkpoint was not <c>After</c>: nothing was applied.
    /// </summary>
    public async Task<Applied?> ApplyAsync(EventBatch batch, CancellationToken cancellation)
    {
        try
        {
            return await database.WriteAsync(write => ApplyAsync(write, batch, cancellation), cancellation);
        }
        catch (CheckpointMovedException)
        {
            return null;
        }
    }

    async Task<Applied> ApplyAsync(Write write, EventBatch batch, CancellationToken cancellation)
    {
        // First, so that of two replicas one waits here and then learns that it is late. Derivations read below wait for it, too.
        if (!await _checkpoints.MoveAsync(write, batch.Partition, batch.After, batch.Next)) throw new CheckpointMovedException();
        await AddShopsAsync(write, batch.Shops, cancellation);
        await ResetAsync(write, batch.Resets, cancellation);
        if (batch.Sightings.Count == 0) return new Applied(0, 0, 0);
        var arrivals = Arrivals.Of(batch.Sightings);
        var shops = await ReadShopsAsync(write, arrivals, cancellation);
        var changes = await FindChangesAsync(write, arrivals, shops, cancellation);
        if (changes.Count == 0) return new Applied(0, 0, 0);
        await AppendChangesAsync(write, batch.Partition, changes, cancellation);
        await DeriveAsync(write, changes, shops, cancellation);
        return new Applied(
            changes.Sum(c => c.NewFacts.Count),
            changes.Count,
            changes.Sum(c => c.NewFacts.Count(f => OrderState.IsForeignTo(shops[c.Shop].Currency, f))));
    }

    internal string AddShopSql => $"""
        INSERT INTO {database.Prefix}shop (shop, time_zone, currency)
        SELECT @Shop, @TimeZone, @Currency
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}shop WHERE shop = @Shop)
        """;

    /// <summary>Every partition announces every shop, always with the same settings: the first one stays.</summary>
    async Task AddShopsAsync(Write write, IReadOnlyList<ShopSettings> shops, CancellationToken cancellation)
    {
        foreach (var shop in shops)
        {
            if (await write.Connection.ExecuteAsync(Command(AddShopSql, shop, cancellation, write.Transaction)) == 1)
                await AddDefaultAsync(write, shop.Shop, cancellation);
        }
    }

    internal string ShopsSql => $"""
        SELECT s.shop, s.time_zone, s.currency
        FROM {database.Set("@shops", ("shop", 63))} k
        JOIN {database.Prefix}shop s ON s.shop = k.shop
        """;

    async Task<Dictionary<string, Shop>> ReadShopsAsync(Write write, IReadOnlyList<Arrivals> arrivals, CancellationToken cancellation)
    {
        var ids = arrivals.Select(a => a.Shop).ToHashSet(StringComparer.Ordinal);
        var rows = await write.Connection.QueryAsync<ShopRow>(Command(ShopsSql, new { shops = Keys.Of(ids, "shop", id => id) }, cancellation, write.Transaction));
        var shops = rows.ToDictionary(r => r.Shop, r => r.ToShop(), StringComparer.Ordinal);
        return ids.FirstOrDefault(id => !shops.ContainsKey(id)) is { } missing
            ? throw new InvalidOperationException($"The log holds events of shop '{missing}' before its settings.")
            : shops;
    }

    internal string ForgetFactsSql => $"""
        DELETE FROM {database.Prefix}purchase_fact
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ForgetRfmSql => $"""
        DELETE FROM {database.Prefix}rfm_customer
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ForgetActivitiesSql => $"""
        DELETE FROM {database.Prefix}activity
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ForgetOpinionsSql => $"""
        DELETE FROM {database.Prefix}opinion
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ForgetAllIntervalsSql => $"""
        DELETE FROM {database.Prefix}stage_interval
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    /// <summary>Leaves nothing of these customers, in any table.</summary>
    async Task ResetAsync(Write write, IReadOnlyList<(string Shop, string Customer)> resets, CancellationToken cancellation)
    {
        foreach (var shop in resets.GroupBy(r => r.Shop, r => r.Customer, StringComparer.Ordinal))
        {
            foreach (var sql in (string[])[ForgetFactsSql, ForgetActivitiesSql, ForgetOpinionsSql, ForgetAllIntervalsSql, ForgetValuesSql, ForgetRfmSql, ForgetCustomersSql])
                await ForgetAsync(write, sql, shop.Key, [.. shop], cancellation);
        }
    }

    internal string FirstSeenSql => $"""
        SELECT c.shop, c.customer, c.first_seen_time, c.left_time
        FROM {database.Set("@customers", ("shop", 63), ("customer", 210))} k
        JOIN {database.Prefix}customer c ON c.shop = k.shop AND c.customer = k.customer
        """;

    internal string FactsOfSetSql => $"""
        SELECT f.shop, f.customer, f.kind, f.event_time, f.message_id, f.order_id, f.amount, f.currency
        FROM {database.Set("@customers", ("shop", 63), ("customer", 210))} k
        JOIN {database.Prefix}purchase_fact f ON f.shop = k.shop AND f.customer = k.customer
        """;

    internal string ActivitiesOfSetSql => $"""
        SELECT a.shop, a.customer, a.event_time, a.kind, a.message_id
        FROM {database.Set("@customers", ("shop", 63), ("customer", 210))} k
        JOIN {database.Prefix}activity a ON a.shop = k.shop AND a.customer = k.customer
        WHERE a.event_time >= @from
        """;

    internal string OpinionsOfSetSql => $"""
        SELECT o.shop, o.customer, o.message_id, o.kind, o.event_time, o.score
        FROM {database.Set("@customers", ("shop", 63), ("customer", 210))} k
        JOIN {database.Prefix}opinion o ON o.shop = k.shop AND o.customer = k.customer
        """;

    /// <summary>Who changes. Of those known already only what may decide it is read.</summary>
    async Task<List<CustomerChange>> FindChangesAsync(Write write, IReadOnlyList<Arrivals> arrivals, Dictionary<string, Shop> shops, CancellationToken cancellation)
    {
        var seen = (await write.Connection.QueryAsync<CustomerRow>(Command(FirstSeenSql, new { customers = Set(arrivals, a => a.Shop, a => a.Customer) }, cancellation, write.Transaction)))
            .ToDictionary(r => (r.Shop, r.Customer));
        var known = arrivals.Where(a => seen.ContainsKey((a.Shop, a.Customer))).ToList();
        var facts = await FactsAsync(write, [.. known.Where(a => a.Facts.Count > 0).Select(a => (a.Shop, a.Customer))], cancellation);
        var opinions = await OpinionsAsync(write, [.. known.Where(a => a.Opinions.Count > 0).Select(a => (a.Shop, a.Customer))], cancellation);
        var active = known.Where(a => a.Activities.Count > 0).ToList();
        // No day of a calendar begins that long before one of its instants.
        var from = active.SelectMany(a => a.Activities).Select(a => a.Time).DefaultIfEmpty().Min();
        var activities = await ActivitiesAsync(write, [.. active.Select(a => (a.Shop, a.Customer))], from == default ? from : from.AddDays(-2), cancellation);
        return [.. arrivals
            .Select(a => a.Onto(KnownOf((a.Shop, a.Customer)), shops[a.Shop].Zone))
            .Where(c => c.IsAny)];

        Known? KnownOf((string, string) customer)
            => seen.GetValueOrDefault(customer) is { } row ? new(row.FirstSeenTime, row.LeftTime, [.. facts[customer]], [.. activities[customer]], [.. opinions[customer]]) : null;
    }

    static KeySet Set<T>(IEnumerable<T> items, Func<T, string> shop, Func<T, string> customer) => Keys.Of(items, ("shop", shop), ("customer", customer));

    async Task<ILookup<(string, string), Fact>> FactsAsync(Write write, IReadOnlyList<(string Shop, string Customer)> customers, CancellationToken cancellation)
        => (await OfAsync<FactRow>(write, FactsOfSetSql, customers, default, cancellation)).ToLookup(r => (r.Shop, r.Customer), r => r.ToFact());

    async Task<ILookup<(string, string), Activity>> ActivitiesAsync(Write write, IReadOnlyList<(string Shop, string Customer)> customers, DateTimeOffset from, CancellationToken cancellation)
        => (await OfAsync<ActivityRow>(write, ActivitiesOfSetSql, customers, from, cancellation)).ToLookup(r => (r.Shop, r.Customer), r => r.ToActivity());

    async Task<ILookup<(string, string), Opinion>> OpinionsAsync(Write write, IReadOnlyList<(string Shop, string Customer)> customers, CancellationToken cancellation)
        => (await OfAsync<OpinionRow>(write, OpinionsOfSetSql, customers, default, cancellation)).ToLookup(r => (r.Shop, r.Customer), r => r.ToOpinion());

    static async Task<IEnumerable<T>> OfAsync<T>(Write write, string sql, IReadOnlyList<(string Shop, string Customer)> customers, DateTimeOffset from, CancellationToken cancellation)
        => customers.Count == 0 ? [] : await write.Connection.QueryAsync<T>(Command(sql, new { customers = Set(customers, c => c.Shop, c => c.Customer), from }, cancellation, write.Transaction));

    internal string ForgetValuesSql => $"""
        DELETE FROM {database.Prefix}value_change
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ForgetCustomersSql => $"""
        DELETE FROM {database.Prefix}customer
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string VoidActivitiesSql => $"""
        DELETE FROM {database.Prefix}activity
        WHERE shop = @shop
          AND customer = @customer
          AND event_time = @time
          AND kind = @kind
          AND message_id = @messageId
        """;

    /// <summary>Adds what the batch tells for the first time. What is derived from it comes afterwards.</summary>
    async Task AppendChangesAsync(Write write, int partition, IReadOnlyList<CustomerChange> changes, CancellationToken cancellation)
    {
        // One shop at a time: a set of single keys is a lookup by index in both dialects.
        foreach (var shop in changes.Where(c => c.IsRowNew && !c.IsNew).GroupBy(c => c.Shop, c => c.Customer, StringComparer.Ordinal))
            await ForgetAsync(write, ForgetCustomersSql, shop.Key, [.. shop], cancellation);
        // Seldom any: something of a day came in after what had happened later that day.
        foreach (var (c, activity) in changes.SelectMany(c => c.VoidActivities.Select(a => (c, a))))
        {
            var row = new { shop = c.Shop, customer = c.Customer, time = activity.Time, kind = (int)activity.Kind, messageId = activity.MessageId };
            await write.Connection.ExecuteAsync(Command(VoidActivitiesSql, row, cancellation, write.Transaction));
        }
        await write.AppendAsync(
            database.Prefix + "customer",
            ["shop", "customer", "identified", "log_partition", "first_seen_time", "left_time"],
            [.. changes.Where(c => c.IsRowNew).Select(c => new object?[] { c.Shop, c.Customer, c.Identified, partition, c.FirstSeen, c.Left })],
            cancellation);
        await write.AppendAsync(
            database.Prefix + "purchase_fact",
            ["shop", "customer", "message_id", "kind", "event_time", "order_id", "amount", "currency"],
            [.. changes.SelectMany(c => c.NewFacts.Select(f => new object?[] { c.Shop, c.Customer, f.MessageId, (int)f.Kind, f.Time, f.OrderId, f.Amount, f.Currency }))],
            cancellation);
        await write.AppendAsync(
            database.Prefix + "activity",
            ["shop", "customer", "event_time", "kind", "message_id"],
            [.. changes.SelectMany(c => c.NewActivities.Select(a => new object?[] { c.Shop, c.Customer, a.Time, (int)a.Kind, a.MessageId }))],
            cancellation);
        await write.AppendAsync(
            database.Prefix + "opinion",
            ["shop", "customer", "message_id", "kind", "event_time", "score"],
            [.. changes.SelectMany(c => c.NewOpinions.Select(o => new object?[] { c.Shop, c.Customer, o.MessageId, (int)o.Kind, o.Time, o.Score }))],
            cancellation);
    }

    static async Task ForgetAsync(Write write, string sql, string shop, IReadOnlyCollection<string> customers, CancellationToken cancellation, string model = "")
    {
        if (customers.Count == 0) return;
        await write.Connection.ExecuteAsync(Command(sql, new { shop, model, customers = Keys.Of(customers, "customer", c => c) }, cancellation, write.Transaction));
    }
}
