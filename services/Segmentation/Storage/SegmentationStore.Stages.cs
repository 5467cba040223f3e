using Dapper;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Customers in a stage, and the sum of their values.</summary>
internal sealed record StageTotal
{
    public string Stage { get; init; } = "";
    public long CustomerCount { get; init; }
    public decimal TotalValue { get; init; }
}

/// <summary>Customers who went from one stage to another, or stayed. An empty <see cref="FromStage"/>: not yet seen then.</summary>
internal sealed record FlowTotal
{
    public string FromStage { get; init; } = "";
    public string ToStage { get; init; } = "";
    public long CustomerCount { get; init; }
}

/// <summary>Answers customers in sum.</summary>
internal sealed partial class SegmentationStore
{
    internal string StageTotalsSql => $"""
        SELECT i.stage, COUNT(*) AS customer_count, SUM(COALESCE(v.amount, 0)) AS total_value
        FROM {database.Prefix}stage_interval i
        LEFT JOIN (
            SELECT customer, SUM(amount) AS amount
            FROM {database.Prefix}value_change
            WHERE shop = @shop
              AND event_time <= @asOf
            GROUP BY customer
        ) v ON v.customer = i.customer
        WHERE i.shop = @shop
          AND i.model = @model
          AND i.valid_from <= @asOf
          AND i.valid_to > @asOf
          AND (@includeAnonymous = 1 OR i.identified = 1)
        GROUP BY i.stage
        """;

    /// <summary>One entry per stage that somebody is in at the instant, in no order.</summary>
    /// <param name="key">Of the derivation.</param>
    public async Task<IReadOnlyList<StageTotal>> CountStagesAsync(Shop shop, string key, DateTimeOffset asOf, bool includeAnonymous, CancellationToken cancellation)
    {
        var values = new { shop = shop.Id, model = key, asOf, includeAnonymous };
        return [.. await database.ReadAsync(c => c.QueryAsync<StageTotal>(Command(StageTotalsSql, values, cancellation)), cancellation)];
    }

    internal string FlowTotalsSql => $"""
        SELECT COALESCE(f.stage, '') AS from_stage, t.stage AS to_stage, COUNT(*) AS customer_count
        FROM {database.Prefix}stage_interval t
        LEFT JOIN {database.Prefix}stage_interval f
          ON f.shop = t.shop
         AND f.customer = t.customer
         AND f.model = t.model
         AND f.valid_from <= @from
         AND f.valid_to > @from
        WHERE t.shop = @shop
          AND t.model = @model
          AND t.valid_from <= @to
          AND t.valid_to > @to
          AND (@includeAnonymous = 1 OR t.identified = 1)
        GROUP BY COALESCE(f.stage, ''), t.stage
        """;

    /// <summary>One entry per pair that somebody went, in no order.</summary>
    /// <param name="key">Of the derivation.</param>
    public async Task<IReadOnlyList<FlowTotal>> CountFlowsAsync(Shop shop, string key, DateTimeOffset from, DateTimeOffset to, bool includeAnonymous, CancellationToken cancellation)
    {
        var values = new { shop = shop.Id, model = key, from, to, includeAnonymous };
        return [.. await database.ReadAsync(c => c.QueryAsync<FlowTotal>(Command(FlowTotalsSql, values, cancellation)), cancellation)];
    }
}
