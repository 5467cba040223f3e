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

    /// <summary>
    /// Adds a batch's facts, derives the timelines of the customers they change anew, and moves the checkpoint, in one transaction. Null
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
        // First, so that of two replicas one waits here and then learns that it is late.
        if (!await _checkpoints.MoveAsync(write, batch.Partition, batch.After, batch.Next)) throw new CheckpointMovedException();
        await AddShopsAsync(write, batch.Shops, cancellation);
        await ResetAsync(write, batch.Resets, cancellation);
        var changes = await FindChangesAsync(write, Arrivals.Of(batch.Sightings), cancellation);
        if (changes.Count == 0) return new Applied(0, 0, 0);
        var shops = await ReadShopsAsync(write, changes, cancellation);
        await ForgetDerivedAsync(write, changes, cancellation);
        await AppendAsync(write, batch.Partition, changes, shops, cancellation);
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
        foreach (var shop in shops) await write.Connection.ExecuteAsync(Command(AddShopSql, shop, cancellation, write.Transaction));
    }

    internal string ShopsSql => $"""
        SELECT s.shop, s.time_zone, s.currency
        FROM {database.Set("@shops", ("shop", 63))} k
        JOIN {database.Prefix}shop s ON s.shop = k.shop
        """;

    async Task<Dictionary<string, Shop>> ReadShopsAsync(Write write, IReadOnlyList<CustomerChange> changes, CancellationToken cancellation)
    {
        var ids = changes.Select(c => c.Shop).ToHashSet(StringComparer.Ordinal);
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

    /// <summary>Leaves nothing of these customers, in any table.</summary>
    async Task ResetAsync(Write write, IReadOnlyList<(string Shop, string Customer)> resets, CancellationToken cancellation)
    {
        foreach (var shop in resets.GroupBy(r => r.Shop, r => r.Customer, StringComparer.Ordinal))
        {
            foreach (var sql in (string[])[ForgetFactsSql, ForgetIntervalsSql, ForgetValuesSql, ForgetRfmSql, ForgetCustomersSql])
                await ForgetAsync(write, sql, shop.Key, shop, cancellation);
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

    /// <summary>Who changes, and what is then known of them. Facts are read only of those who may change.</summary>
    async Task<List<CustomerChange>> FindChangesAsync(Write write, IReadOnlyList<Arrivals> arrivals, CancellationToken cancellation)
    {
        var seen = (await write.Connection.QueryAsync<CustomerRow>(Command(FirstSeenSql, new { customers = Set(arrivals) }, cancellation, write.Transaction)))
            .ToDictionary(r => (r.Shop, r.Customer));
        var doubtful = arrivals.Where(a => seen.TryGetValue((a.Shop, a.Customer), out var row) && a.MayChange(row.FirstSeenTime, row.LeftTime)).ToList();
        var facts = doubtful.Count == 0 ? [] : await write.Connection.QueryAsync<FactRow>(Command(FactsOfSetSql, new { customers = Set(doubtful) }, cancellation, write.Transaction));
        var known = facts.ToLookup(f => (f.Shop, f.Customer), f => f.ToFact());
        return [.. arrivals
            .Select(a => seen.TryGetValue((a.Shop, a.Customer), out var row) ? a.Onto(row.FirstSeenTime, row.LeftTime, [.. known[(a.Shop, a.Customer)]]) : a.OntoNothing())
            .OfType<CustomerChange>()];

        static KeySet Set(IEnumerable<Arrivals> customers) => Keys.Of(customers, ("shop", c => c.Shop), ("customer", c => c.Customer));
    }

    internal string ForgetIntervalsSql => $"""
        DELETE FROM {database.Prefix}stage_interval
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

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

    /// <summary>One shop at a time: a set of single keys is a lookup by index in both dialects.</summary>
    async Task ForgetDerivedAsync(Write write, IReadOnlyList<CustomerChange> changes, CancellationToken cancellation)
    {
        foreach (var shop in changes.Where(c => !c.IsNew).GroupBy(c => c.Shop, StringComparer.Ordinal))
        {
            var customers = shop.Select(c => c.Customer).ToList();
            await ForgetAsync(write, ForgetIntervalsSql, shop.Key, customers, cancellation);
            await ForgetAsync(write, ForgetValuesSql, shop.Key, customers, cancellation);
            if (shop.Any(c => c.IsRowNew)) await ForgetAsync(write, ForgetCustomersSql, shop.Key, shop.Where(c => c.IsRowNew).Select(c => c.Customer), cancellation);
        }
    }

    static Task<int> ForgetAsync(Write write, string sql, string shop, IEnumerable<string> customers, CancellationToken cancellation)
        => write.Connection.ExecuteAsync(Command(sql, new { shop, customers = Keys.Of(customers, "customer", c => c) }, cancellation, write.Transaction));

    async Task AppendAsync(Write write, int partition, IReadOnlyList<CustomerChange> changes, Dictionary<string, Shop> shops, CancellationToken cancellation)
    {
        var (customers, facts, intervals, values) = (new List<object?[]>(), new List<object?[]>(), new List<object?[]>(), new List<object?[]>());
        foreach (var c in changes)
        {
            var shop = shops[c.Shop];
            var history = PurchaseHistory.Of(c.FirstSeen, c.Facts, shop.Currency, c.Left);
            if (c.IsRowNew) customers.Add([c.Shop, c.Customer, c.Identified, partition, c.FirstSeen, c.Left]);
            facts.AddRange(c.NewFacts.Select(f => new object?[] { c.Shop, c.Customer, f.MessageId, (int)f.Kind, f.Time, f.OrderId, f.Amount, f.Currency }));
            foreach (var model in BuiltInModels.All)
                intervals.AddRange(StageTimeline.Of(history, model, shop.Zone).Select(i => new object?[] { c.Shop, c.Customer, model.Id, i.From, i.To, i.Stage.Id, c.Identified }));
            values.AddRange(history.ValueChanges().Select(v => new object?[] { c.Shop, c.Customer, v.Time, v.Amount }));
        }
        await write.AppendAsync(database.Prefix + "customer", ["shop", "customer", "identified", "log_partition", "first_seen_time", "left_time"], customers, cancellation);
        await write.AppendAsync(database.Prefix + "purchase_fact", ["shop", "customer", "message_id", "kind", "event_time", "order_id", "amount", "currency"], facts, cancellation);
        await write.AppendAsync(database.Prefix + "stage_interval", ["shop", "customer", "model", "valid_from", "valid_to", "stage", "identified"], intervals, cancellation);
        await write.AppendAsync(database.Prefix + "value_change", ["shop", "customer", "event_time", "amount"], values, cancellation);
    }
}
