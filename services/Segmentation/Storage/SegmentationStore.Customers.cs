using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>A customer with all that is known of them.</summary>
/// <param name="Position">The log position of the customer's partition up to which the history is complete. It may hold later facts, too.</param>
internal sealed record CustomerHistory(string Customer, bool Identified, long Position, History History);

/// <summary>Which customers a list holds.</summary>
/// <param name="Key">Of the derivation.</param>
/// <param name="Sources">What their histories have to hold beside purchases.</param>
/// <param name="Stage">Empty means every stage.</param>
/// <param name="After">The customer after whom it starts; empty for the first.</param>
internal sealed record CustomerQuery(string Key, Sources Sources, string Stage, DateTimeOffset AsOf, bool IncludeAnonymous, string After, int Limit);

/// <summary>Answers customers one by one.</summary>
internal sealed partial class SegmentationStore
{
    sealed record SeenRow
    {
        public string Customer { get; init; } = "";
        public bool Identified { get; init; }
        public DateTimeOffset FirstSeenTime { get; init; }
        public DateTimeOffset? LeftTime { get; init; }
        public long Position { get; init; }
    }

    internal string CustomerSql => $"""
        SELECT c.customer, c.identified, c.first_seen_time, c.left_time, p.position
        FROM {database.Prefix}customer c
        JOIN {database.Prefix}checkpoint_position p ON p.log_partition = c.log_partition
        WHERE c.shop = @shop
          AND c.customer = @customer
        """;

    /// <summary>Null while no event of the customer is known.</summary>
    /// <param name="sources">What the history has to hold beside purchases.</param>
    public Task<CustomerHistory?> FindCustomerAsync(Shop shop, string customer, Sources sources, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var rows = await connection.QueryAsync<SeenRow>(Command(CustomerSql, new { shop = shop.Id, customer }, cancellation));
        return (await WithHistoriesAsync(connection, null, shop, [.. rows], sources, cancellation)).SingleOrDefault();
    }, cancellation);

    internal string CustomersSql => $"""
        SELECT c.customer, c.identified, c.first_seen_time, c.left_time, p.position
        FROM {database.Prefix}stage_interval i
        JOIN {database.Prefix}customer c ON c.shop = i.shop AND c.customer = i.customer
        JOIN {database.Prefix}checkpoint_position p ON p.log_partition = c.log_partition
        WHERE i.shop = @shop
          AND i.model = @model
          AND i.customer > @after
          AND i.valid_from <= @asOf
          AND i.valid_to > @asOf
          AND (@stage = '' OR i.stage = @stage)
          AND (@includeAnonymous = 1 OR i.identified = 1)
        ORDER BY i.customer
        {database.Limit("@limit")}
        """;

    /// <summary>By customer id.</summary>
    public Task<IReadOnlyList<CustomerHistory>> ListCustomersAsync(Shop shop, CustomerQuery query, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var values = new { shop = shop.Id, model = query.Key, stage = query.Stage, asOf = query.AsOf, includeAnonymous = query.IncludeAnonymous, after = query.After, limit = query.Limit };
        var rows = await connection.QueryAsync<SeenRow>(Command(CustomersSql, values, cancellation));
        return await WithHistoriesAsync(connection, null, shop, [.. rows], query.Sources, cancellation);
    }, cancellation);

    internal string FactsSql => $"""
        SELECT customer, kind, event_time, message_id, order_id, amount, currency
        FROM {database.Prefix}purchase_fact
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string ActivitiesSql => $"""
        SELECT customer, event_time, kind, message_id
        FROM {database.Prefix}activity
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    internal string OpinionsSql => $"""
        SELECT customer, message_id, kind, event_time, score
        FROM {database.Prefix}opinion
        WHERE shop = @shop
          AND customer IN (SELECT k.customer FROM {database.Set("@customers", ("customer", 210))} k)
        """;

    /// <summary>The facts are read after the positions: they hold at least what the positions promise.</summary>
    async Task<IReadOnlyList<CustomerHistory>> WithHistoriesAsync(DbConnection connection, DbTransaction? transaction, Shop shop, IReadOnlyList<SeenRow> rows, Sources sources, CancellationToken cancellation)
    {
        if (rows.Count == 0) return [];
        var values = new { shop = shop.Id, customers = Keys.Of(rows, "customer", r => r.Customer) };
        var facts = (await QueryAsync<FactRow>(FactsSql)).ToLookup(f => f.Customer, f => f.ToFact(), StringComparer.Ordinal);
        var activities = (sources.HasFlag(Sources.Activities) ? await QueryAsync<ActivityRow>(ActivitiesSql) : []).ToLookup(a => a.Customer, a => a.ToActivity(), StringComparer.Ordinal);
        var opinions = (sources.HasFlag(Sources.Opinions) ? await QueryAsync<OpinionRow>(OpinionsSql) : []).ToLookup(o => o.Customer, o => o.ToOpinion(), StringComparer.Ordinal);
        return [.. rows.Select(r => new CustomerHistory(r.Customer, r.Identified, r.Position, History.Of(r.FirstSeenTime, facts[r.Customer], shop.Currency, r.LeftTime, activities[r.Customer], opinions[r.Customer])))];

        Task<IEnumerable<T>> QueryAsync<T>(string sql) => connection.QueryAsync<T>(Command(sql, values, cancellation, transaction));
    }
}
