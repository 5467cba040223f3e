using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Storage;

/// <summary>What was found of a shop's customers, once.</summary>
/// <param name="Number">1, 2, ... per shop.</param>
/// <param name="AsOf">The instant whose orders it rests on.</param>
internal sealed record ValueRevision(int Number, DateTimeOffset AsOf, DateTimeOffset CreateTime, OrderGapAnalysis Gaps, ValueModel Model);

/// <summary>A customer's RFM at the end of a month.</summary>
/// <param name="CutPoints">Code after that tie rule; likewise the next two.</param>
internal sealed record RfmEntry(string Customer, int RecencyDays, int OrderCount, decimal Amount, int CutPoints, int Ntile, int AverageRank);

/// <summary>A frozen month.</summary>
internal sealed record RfmMonth(DateOnly Start, DateTimeOffset AsOf, DateTimeOffset CreateTime, RfmCutPoints Cuts);

/// <summary>Which customers of a month a list holds.</summary>
/// <param name="Codes">Only those; empty means every code.</param>
/// <param name="After">The customer after whom it starts; empty for the first.</param>
internal sealed record RfmQuery(DateOnly Month, RfmTieRule TieRule, IReadOnlyList<int> Codes, string After, int Limit);

/// <summary>Customers of a month with one code.</summary>
internal sealed record RfmTotal
{
    public int Code { get; init; }
    public long CustomerCount { get; init; }
    public decimal TotalAmount { get; init; }
}

/// <summary>
/// Orders as the models read them, and what they found: revisions and frozen months. Nothing in it differs by dialect beyond what <see cref="Database"/>
/// abstracts, so it is one class.
/// </summary>
internal sealed class ValueStore(Database database)
{
    // All orders of a large shop, over a busy connection.
    static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    sealed record Document(OrderGapAnalysis Gaps, ValueModel Model);

    sealed record ModelRow
    {
        public int Revision { get; init; }
        public DateTimeOffset AsOf { get; init; }
        public DateTimeOffset CreateTime { get; init; }
        public string Document { get; init; } = "";

        public ValueRevision ToRevision() => JsonSerializer.Deserialize<Document>(Document, Json) is var (gaps, model) ? new(Revision, AsOf, CreateTime, gaps, model) : null!;
    }

    sealed record MonthRow
    {
        public DateOnly MonthStart { get; init; }
        public DateTimeOffset AsOf { get; init; }
        public DateTimeOffset CreateTime { get; init; }
        public string Document { get; init; } = "";

        public RfmMonth ToMonth() => new(MonthStart, AsOf, CreateTime, JsonSerializer.Deserialize<RfmCutPoints>(Document, Json)!);
    }

    sealed record EntryRow
    {
        public string Customer { get; init; } = "";
        public int RecencyDays { get; init; }
        public int OrderCount { get; init; }
        public decimal Amount { get; init; }
        public int CutPointsCode { get; init; }
        public int NtileCode { get; init; }
        public int AverageRankCode { get; init; }

        public RfmEntry ToEntry() => new(Customer, RecencyDays, OrderCount, Amount, CutPointsCode, NtileCode, AverageRankCode);
    }

    internal string LatestModelSql => $"""
        SELECT revision, as_of, create_time, document
        FROM {database.Prefix}value_model
        WHERE shop = @shop
          AND as_of <= @asOf
        ORDER BY as_of DESC, revision DESC
        {database.Limit("1")}
        """;

    /// <summary>The latest revision that rests on no order after the instant; null while there is none.</summary>
    public async Task<ValueRevision?> FindLatestAsync(string shop, DateTimeOffset asOf, CancellationToken cancellation)
        => (await database.ReadAsync(c => c.QuerySingleOrDefaultAsync<ModelRow>(Command(LatestModelSql, new { shop, asOf }, cancellation)), cancellation))?.ToRevision();

    internal string ModelsSql => $"""
        SELECT revision, as_of, create_time, document
        FROM {database.Prefix}value_model
        WHERE shop = @shop
          AND revision <= @revision
        ORDER BY revision DESC
        {database.Limit("@limit")}
        """;

    /// <summary>One revision that there is.</summary>
    public async Task<ValueRevision> ReadAsync(DbConnection connection, DbTransaction? transaction, string shop, int revision, CancellationToken cancellation)
        => (await connection.QuerySingleAsync<ModelRow>(new CommandDefinition(ModelsSql, new { shop, revision, limit = 1 }, transaction, cancellationToken: cancellation))).ToRevision();

    /// <summary>Newest first, from a revision on.</summary>
    public async Task<IReadOnlyList<ValueRevision>> ListAsync(string shop, int revision, int limit, CancellationToken cancellation)
        => [.. (await database.ReadAsync(c => c.QueryAsync<ModelRow>(Command(ModelsSql, new { shop, revision, limit }, cancellation)), cancellation)).Select(r => r.ToRevision())];

    internal string AddModelSql => $"""
        INSERT INTO {database.Prefix}value_model (shop, revision, as_of, create_time, chosen, document)
        SELECT @shop, COALESCE(MAX(revision), 0) + 1, @asOf, @createTime, @chosen, @document
        FROM {database.Prefix}value_model
        WHERE shop = @shop
        """;

    /// <summary>Keeps what was found as the next revision and answers its number. Of two replicas at once, one comes after the other.</summary>
    /// <param name="then">What goes with it, in the same transaction.</param>
    public Task<int> AddAsync(string shop, DateTimeOffset asOf, DateTimeOffset createTime, OrderGapAnalysis gaps, ValueModel model, CancellationToken cancellation, Func<Write, Task>? then = null)
    {
        var values = new { shop, asOf, createTime, chosen = model.Chosen?.ToString() ?? "", document = JsonSerializer.Serialize(new Document(gaps, model), Json) };
        return database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync(Command(AddModelSql, values, cancellation, write));
            if (then is not null) await then(write);
            return await write.Connection.ExecuteScalarAsync<int>(Command(LastNumberSql, new { shop }, cancellation, write));
        }, cancellation);
    }

    internal string LastNumberSql => $"""
        SELECT COALESCE(MAX(revision), 0)
        FROM {database.Prefix}value_model
        WHERE shop = @shop
        """;

    internal string NewestSql => $"""
        SELECT revision
        FROM {database.Prefix}value_model
        WHERE shop = @shop
        ORDER BY as_of DESC, revision DESC
        {database.Limit("1")}
        """;

    /// <summary>The revision that rests on the latest orders, which need not have the highest number; 0 while there is none.</summary>
    public Task<int> ReadNewestAsync(string shop, CancellationToken cancellation) => database.ReadAsync(c => ReadNewestAsync(c, null, shop, cancellation), cancellation);

    /// <summary>Likewise, beside what else is read.</summary>
    public Task<int> ReadNewestAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation)
        => connection.ExecuteScalarAsync<int>(new CommandDefinition(NewestSql, new { shop }, transaction, cancellationToken: cancellation));

    internal string AddMonthSql => $"""
        INSERT INTO {database.Prefix}rfm_month (shop, month_start, as_of, create_time, document)
        SELECT @shop, @start, @asOf, @createTime, @document
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}rfm_month WHERE shop = @shop AND month_start = @start)
        """;

    /// <summary>Freezes a month. False, and nothing is changed, where it is frozen already.</summary>
    public Task<bool> AddMonthAsync(string shop, RfmMonth month, IReadOnlyList<RfmEntry> entries, CancellationToken cancellation)
    {
        var values = new { shop, start = month.Start, asOf = month.AsOf, createTime = month.CreateTime, document = JsonSerializer.Serialize(month.Cuts, Json) };
        return database.WriteAsync(async write =>
        {
            if (await write.Connection.ExecuteAsync(Command(AddMonthSql, values, cancellation, write)) == 0) return false;
            await write.AppendAsync(
                database.Prefix + "rfm_customer",
                ["shop", "month_start", "customer", "recency_days", "order_count", "amount", "cut_points_code", "ntile_code", "average_rank_code"],
                [.. entries.Select(e => new object?[] { shop, month.Start, e.Customer, e.RecencyDays, e.OrderCount, e.Amount, e.CutPoints, e.Ntile, e.AverageRank })],
                cancellation);
            return true;
        }, cancellation);
    }

    internal string LatestMonthSql => $"""
        SELECT month_start, as_of, create_time, document
        FROM {database.Prefix}rfm_month
        WHERE shop = @shop
        ORDER BY month_start DESC
        {database.Limit("1")}
        """;

    /// <summary>Null while no month is frozen.</summary>
    public async Task<RfmMonth?> FindLatestMonthAsync(string shop, CancellationToken cancellation)
        => (await database.ReadAsync(c => c.QuerySingleOrDefaultAsync<MonthRow>(Command(LatestMonthSql, new { shop }, cancellation)), cancellation))?.ToMonth();

    internal string MonthStartsSql => $"""
        SELECT month_start
        FROM {database.Prefix}rfm_month
        WHERE shop = @shop
        ORDER BY month_start
        """;

    /// <summary>First days of the months that are kept, ascending.</summary>
    public async Task<IReadOnlyList<DateOnly>> ListMonthsAsync(string shop, CancellationToken cancellation)
        => [.. await database.ReadAsync(c => c.QueryAsync<DateOnly>(Command(MonthStartsSql, new { shop }, cancellation)), cancellation)];

    internal string RemoveEntriesSql => $"""
        DELETE FROM {database.Prefix}rfm_customer
        WHERE shop = @shop
          AND month_start = @start
        """;

    internal string RemoveMonthSql => $"""
        DELETE FROM {database.Prefix}rfm_month
        WHERE shop = @shop
          AND month_start = @start
        """;

    /// <summary>Removes a month whole.</summary>
    public Task RemoveMonthAsync(string shop, DateOnly start, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await write.Connection.ExecuteAsync(Command(RemoveEntriesSql, new { shop, start }, cancellation, write));
        return await write.Connection.ExecuteAsync(Command(RemoveMonthSql, new { shop, start }, cancellation, write));
    }, cancellation);

    internal string MonthSql => $"""
        SELECT month_start, as_of, create_time, document
        FROM {database.Prefix}rfm_month
        WHERE shop = @shop
          AND month_start = @start
        """;

    /// <summary>Null where the month is not frozen.</summary>
    public async Task<RfmMonth?> FindMonthAsync(string shop, DateOnly start, CancellationToken cancellation)
        => (await database.ReadAsync(c => c.QuerySingleOrDefaultAsync<MonthRow>(Command(MonthSql, new { shop, start }, cancellation)), cancellation))?.ToMonth();

    // The numbers are those of RfmTieRule.
    const string CodeOfRule = "CASE @rule WHEN 1 THEN cut_points_code WHEN 2 THEN ntile_code ELSE average_rank_code END";

    internal string EntriesSql => $"""
        SELECT customer, recency_days, order_count, amount, cut_points_code, ntile_code, average_rank_code
        FROM {database.Prefix}rfm_customer
        WHERE shop = @shop
          AND month_start = @month
          AND customer > @after
          AND (@every = 1 OR {CodeOfRule} IN (SELECT CAST(k.code AS int) FROM {database.Set("@codes", ("code", 3))} k))
        ORDER BY customer
        {database.Limit("@limit")}
        """;

    /// <summary>By customer id.</summary>
    public async Task<IReadOnlyList<RfmEntry>> ListEntriesAsync(string shop, RfmQuery query, CancellationToken cancellation)
    {
        var codes = Keys.Of(query.Codes, "code", c => c.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var values = new { shop, month = query.Month, rule = (int)query.TieRule, every = query.Codes.Count == 0, codes, after = query.After, limit = query.Limit };
        return [.. (await database.ReadAsync(c => c.QueryAsync<EntryRow>(Command(EntriesSql, values, cancellation)), cancellation)).Select(r => r.ToEntry())];
    }

    internal string RfmTotalsSql => $"""
        SELECT t.code, COUNT(*) AS customer_count, SUM(t.amount) AS total_amount
        FROM (
            SELECT {CodeOfRule} AS code, amount
            FROM {database.Prefix}rfm_customer
            WHERE shop = @shop
              AND month_start = @month
        ) t
        GROUP BY t.code
        """;

    /// <summary>One entry per code that somebody has, in no order.</summary>
    public async Task<IReadOnlyList<RfmTotal>> CountAsync(string shop, DateOnly month, RfmTieRule rule, CancellationToken cancellation)
        => [.. await database.ReadAsync(c => c.QueryAsync<RfmTotal>(Command(RfmTotalsSql, new { shop, month, rule = (int)rule }, cancellation)), cancellation)];

    static CommandDefinition Command(string text, object values, CancellationToken cancellation, Write? write = null)
        => new(text, values, write?.Transaction, cancellationToken: cancellation);
}
