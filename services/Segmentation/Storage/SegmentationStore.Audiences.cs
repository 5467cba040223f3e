using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dapper;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Storage;

/// <summary>What customers of a shop are held against now.</summary>
/// <param name="Derivations">Of the models that are active, by id.</param>
/// <param name="ValueRevision">The latest fit of the value models; 0 while there is none. The measures are without it: most ask for nothing that is predicted.</param>
internal sealed record AudienceGround(AudienceMeasures Measures, IReadOnlyDictionary<string, int> Derivations, int PopulationRevision, int SettingsRevision, decimal? TopSpend, int ValueRevision);

/// <summary>An audience as it is asked.</summary>
internal sealed record AudienceQuestion(Shop Shop, Audience Audience, AudienceGround Ground, DateTimeOffset AsOf, bool IncludeAnonymous)
{
    public DateOnly Today { get; } = Calendar.DateOf(AsOf, Shop.Zone);

    /// <summary>Null where nobody is there, or it does not hold of them.</summary>
    public AudienceCustomer? Member(bool identified, byte[] record)
        => Find(identified, record) is { } customer && Audience.Holds(customer, Today) ? customer : null;

    /// <summary>Null before the customer was first seen, and after the end.</summary>
    public AudienceCustomer? Find(bool identified, byte[] record)
    {
        if (RecordCodec.Read(record).Now(Shop.Currency, Shop.Zone) is not { } history) return null;
        return AudienceCustomer.At(history, AsOf, identified, Ground.Measures);
    }
}

/// <param name="State">What was asked for with it; null where nothing was.</param>
internal sealed record FoundMember(string Customer, AudienceCustomer? State);

/// <summary>
/// Asks who is in an audience. Columns of a customer's row say so as long as they are of the instant that is asked for; whoever changed since, or will have changed, is
/// read from their record.
/// </summary>
internal sealed partial class SegmentationStore
{
    public Task<AudienceGround> ReadGroundAsync(Shop shop, CancellationToken cancellation) => database.ReadAsync(c => GroundAsync(c, null, shop, cancellation), cancellation);

    async Task<AudienceGround> GroundAsync(DbConnection connection, DbTransaction? transaction, Shop shop, CancellationToken cancellation)
    {
        var active = (await DerivationsAsync(connection, transaction, shop.Id, cancellation, areKept: transaction is null)).Where(d => d.State == DerivationState.Active && d.IsOfModel).ToList();
        var population = await FindPopulationAsync(connection, transaction, shop.Id, 0, cancellation);
        var overlays = (await FindOverlaysAsync(connection, transaction, shop.Id, 0, cancellation))!;
        var measures = new AudienceMeasures(active.ToDictionary(d => d.Model.Id, d => d.Model, StringComparer.Ordinal), population?.Population, overlays.Settings.Against(population?.Population, overlays.TopSpend), shop.Zone);
        return new AudienceGround(measures, active.ToDictionary(d => d.Model.Id, d => d.Id, StringComparer.Ordinal), population?.Revision ?? 0, overlays.Revision, overlays.TopSpend, await _values.ReadNewestAsync(connection, transaction, shop.Id, cancellation));
    }

    AudienceSql SqlOf(AudienceQuestion question) => AudienceSql.Of(question.Audience, question.Ground.Measures, question.Today, question.Ground.Derivations, database.Prefix);

    static DynamicParameters ParametersOf(AudienceQuestion question, AudienceSql sql, object values)
    {
        var parameters = sql.Parameters;
        parameters.AddDynamicParams(values);
        parameters.Add("asOf", question.AsOf);
        parameters.Add("first", CustomerKey.First(question.Shop.Number));
        parameters.Add("last", CustomerKey.Last(question.Shop.Number));
        parameters.Add("shop", question.Shop.Number);
        return parameters;
    }

    // Where what a filter asks for takes its place in a statement; as they stand they ask for nothing.
    const string Fresh = "(1 = 1 /* fresh */)", Condition = "(1 = 1 /* condition */)", Before = "/* memberships */", After = "/* and memberships */", Narrowed = "AND 1 = 1 /* narrowed */", Deciding = "0 /* what decides */";

    // Memberships first, in the order of keys: rows of customers then lie one behind the other.
    internal string CountMembersSql => $"""
        SELECT COUNT(CASE WHEN {Fresh} AND {Condition} THEN 1 END), COUNT(CASE WHEN {Fresh} THEN NULL ELSE 1 END)
        FROM {Before} {database.Prefix}customer c
        WHERE c.id BETWEEN @first AND @last
          {Narrowed}
        """;

    // Of whom something is left to decide.
    internal string PossibleMembersSql => $"""
        SELECT {Deciding}
        FROM {Before} {database.Prefix}customer c
        WHERE c.id BETWEEN @first AND @last
          AND {Fresh}
          AND {Condition}
          {Narrowed}
        """;

    internal string StaleMembersSql => $"""
        SELECT c.customer, c.identified, c.record
        FROM {Before} {database.Prefix}customer c
        WHERE c.id BETWEEN @first AND @last
          AND NOT ({Fresh})
          {Narrowed}
        """;

    // All are read in the order of keys, which is fast, and sorted by id.
    internal string SortedMembersSql => $"""
        SELECT c.customer, c.identified, CASE WHEN {Fresh} THEN 1 ELSE 0 END, CASE WHEN {Fresh} THEN NULL ELSE c.record END, {Deciding}
        FROM {Before} {database.Prefix}customer c
        WHERE c.id BETWEEN @first AND @last
          AND c.customer > @after
          AND (NOT ({Fresh}) OR ({Condition}))
          {Narrowed}
        ORDER BY c.customer
        {database.Limit("@limit")}
        """;

    // By id, one here and one there, so that no record is read that is not asked for.
    internal string MembersSql => $"""
        SELECT c.customer, c.identified, CASE WHEN {Fresh} THEN 1 ELSE 0 END, c.record, {Deciding}
        FROM {database.Prefix}customer c {After}
        WHERE c.shop = @shop
          AND c.customer > @after
          AND (NOT ({Fresh}) OR ({Condition}))
          {Narrowed}
        ORDER BY c.customer
        {database.Limit("@limit")}
        """;

    /// <summary>A statement with what a filter asks for.</summary>
    internal string Filled(string text, AudienceSql sql, bool includeAnonymous)
    {
        var memberships = Enumerable.Range(0, sql.Stages).Select(i => FormattableString.Invariant($"{database.Prefix}membership m{i}")).ToList();
        return text
            .Replace(Fresh, $"({sql.Fresh})", StringComparison.Ordinal)
            .Replace(Condition, $"({sql.Condition})", StringComparison.Ordinal)
            .Replace(Before, string.Concat(memberships.Select(m => m + " CROSS JOIN ")), StringComparison.Ordinal)
            .Replace(After, string.Concat(memberships.Select(m => " CROSS JOIN " + m)), StringComparison.Ordinal)
            .Replace(Deciding, sql.Told.Length == 0 ? "0" : sql.Told, StringComparison.Ordinal)
            .Replace(Narrowed, string.Concat(sql.Joins.Concat(includeAnonymous ? [] : ["c.identified = 1"]).Select(j => "AND " + j + " ")), StringComparison.Ordinal);
    }

    /// <summary>How many there are.</summary>
    public async Task<long> CountMembersAsync(AudienceQuestion question, CancellationToken cancellation)
    {
        var sql = SqlOf(question);
        var deciding = sql.Rest is null ? Task.FromResult(0L) : CountPossibleAsync(question, cancellation);
        await using var connection = await database.OpenAsync(cancellation);
        var values = ParametersOf(question, sql, new { });
        long held, stale;
        await using (var counts = await ReaderAsync(connection, CountMembersSql, sql, question, values, cancellation))
        {
            await counts.ReadAsync(cancellation);
            held = sql.Rest is null ? Convert.ToInt64(counts.GetValue(0), CultureInfo.InvariantCulture) : await deciding;
            stale = Convert.ToInt64(counts.GetValue(1), CultureInfo.InvariantCulture);
        }
        if (stale == 0) return held;
        await using var reader = await ReaderAsync(connection, StaleMembersSql, sql, question, values, cancellation);
        return held + (await WorkAsync(ReadAsync(reader, cancellation), chunk => chunk.LongCount(c => question.Member(c.Identified, c.Bytes) is not null), cancellation)).Sum();
    }

    /// <summary>Of whom columns leave something to decide, how many are in it: a partition after the other on each core.</summary>
    async Task<long> CountPossibleAsync(AudienceQuestion question, CancellationToken cancellation)
    {
        var count = 0L;
        var positions = await database.ReadAsync(c => c.QueryAsync<PositionRow>(Command(PositionsSql, new { }, cancellation)), cancellation);
        await Parallel.ForEachAsync(positions.Select(p => p.LogPartition), cancellation, async (partition, cancel) =>
        {
            var sql = SqlOf(question);
            var values = ParametersOf(question, sql, new { });
            values.Add("first", CustomerKey.First(question.Shop.Number, partition));
            values.Add("last", CustomerKey.Last(question.Shop.Number, partition));
            await using var connection = await database.OpenAsync(cancel);
            await using var reader = await ReaderAsync(connection, PossibleMembersSql, sql, question, values, cancel);
            var held = 0;
            while (await reader.ReadAsync(cancel))
                if (Holds(sql.Rest!, reader, 0)) held++;
            Interlocked.Add(ref count, held);
        });
        return count;
    }

    /// <param name="at">Where what decides begins.</param>
    static bool Holds(AudienceRest rest, DbDataReader row, int at)
        => rest.Holds(row.IsDBNull(at) ? null : new BuyerFigures(row.GetInt32(at), row.GetInt32(at + 1), row.GetInt32(at + 2), row.GetInt64(at + 3)), row.GetInt32(at + 4));

    Task<DbDataReader> ReaderAsync(DbConnection connection, string text, AudienceSql sql, AudienceQuestion question, DynamicParameters values, CancellationToken cancellation)
        => connection.ExecuteReaderAsync(new CommandDefinition(Filled(text, sql, question.IncludeAnonymous), values, commandTimeout: ReadSecondsMax, cancellationToken: cancellation));

    // A page that is sorted costs a look at every customer; one that is not, the records of as many as it has.
    const int SortedPageMax = 100_000, PageMax = 10_000;

    /// <summary>Those there are after one, by customer id: streamed in pages, so that writers and memory wait for none.</summary>
    /// <param name="withState">Whether the members are wanted with what is known of them.</param>
    /// <param name="first">How many are wanted first; every further page is twice as large, up to the most.</param>
    public async IAsyncEnumerable<FoundMember> ListMembersAsync(AudienceQuestion question, string after, bool withState, int first, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var most = withState ? PageMax : SortedPageMax;
        for (var limit = Math.Min(first, most); ; limit = Math.Min(2 * limit, most))
        {
            var sql = SqlOf(question);
            await using var reader = await ReaderAsync(connection, withState ? MembersSql : SortedMembersSql, sql, question, ParametersOf(question, sql, new { after, limit }), cancellation);
            var rows = 0;
            for (; await reader.ReadAsync(cancellation); rows++)
            {
                (after, var identified) = (reader.GetString(0), reader.GetBoolean(1));
                if (reader.GetInt32(2) == 1)
                {
                    if (sql.Rest is null || Holds(sql.Rest, reader, 4)) yield return new FoundMember(after, withState ? question.Find(identified, (byte[])reader.GetValue(3)) : null);
                }
                else if (question.Member(identified, (byte[])reader.GetValue(3)) is { } member) yield return new FoundMember(after, withState ? member : null);
            }
            if (rows < limit) yield break;
        }
    }
}
