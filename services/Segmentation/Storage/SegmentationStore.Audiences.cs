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
        => RecordCodec.Read(record).Now(Shop.Currency, Shop.Zone) is { } history && AudienceCustomer.At(history, AsOf, identified, Ground.Measures) is { } customer && Audience.Holds(customer, Today) ? customer : null;
}

/// <summary>A member with what is known of them.</summary>
internal sealed record FoundMember(string Customer, AudienceCustomer State);

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
    const string Fresh = "(1 = 1 /* fresh */)", Condition = "(1 = 1 /* condition */)", Before = "/* memberships */", After = "/* and memberships */", Narrowed = "AND 1 = 1 /* narrowed */", Bits = "(0 /* bits */)";

    // Memberships first, in the order of keys: rows of customers then lie one behind the other.
    // Every column that is read of a million rows counts: the first says with what else to go on.
    internal string ScannedMembersSql => $"""
        SELECT CASE WHEN {Fresh} THEN {Bits} ELSE {Stale} END, c.customer, c.order_days, c.first_order_day, c.last_order_day, c.repeat_spend, c.identified, CASE WHEN {Fresh} THEN NULL ELSE c.record END
        FROM {Before} {database.Prefix}customer c
        WHERE c.id BETWEEN @first AND @last
          AND (NOT ({Fresh}) OR ({Condition}))
          {Narrowed}
        """;

    // By id, one here and one there, so that no record is read that is not asked for.
    internal string MembersSql => $"""
        SELECT c.customer, c.identified, c.record
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
            .Replace(Bits, $"({sql.Bits})", StringComparison.Ordinal)
            .Replace(Narrowed, string.Concat(sql.Joins.Concat(includeAnonymous ? [] : ["c.identified = 1"]).Select(j => "AND " + j + " ")), StringComparison.Ordinal);
    }

    /// <summary>How many there are, and the first of them.</summary>
    public async Task<(long Count, IReadOnlyList<string> First)> CountMembersAsync(AudienceQuestion question, int first, CancellationToken cancellation)
    {
        var found = await ScanMembersAsync(question, () => new FirstIds("", first), cancellation);
        return (found.Count, found.Sorted());
    }

    /// <summary>Looks at every customer, in the order of keys, partitions side by side on all cores.</summary>
    async Task<FirstIds> ScanMembersAsync(AudienceQuestion question, Func<FirstIds> begin, CancellationToken cancellation)
    {
        var all = begin();
        var positions = await database.ReadAsync(c => c.QueryAsync<PositionRow>(Command(PositionsSql, new { }, cancellation)), cancellation);
        await Parallel.ForEachAsync(positions.Select(p => p.LogPartition), cancellation, async (partition, cancel) =>
        {
            var (sql, found) = (SqlOf(question), begin());
            var values = ParametersOf(question, sql, new { });
            values.Add("first", CustomerKey.First(question.Shop.Number, partition));
            values.Add("last", CustomerKey.Last(question.Shop.Number, partition));
            await using var connection = await database.OpenAsync(cancel);
            await using var reader = await ReaderAsync(connection, ScannedMembersSql, sql, question, values, cancel);
            while (await reader.ReadAsync(cancel))
                if (IsMember(reader, sql, question)) found.Add(reader.GetString(1));
            lock (all) all.Add(found);
        });
        return all;
    }

    const int Stale = -1;

    static bool IsMember(DbDataReader row, AudienceSql sql, AudienceQuestion question)
    {
        var bits = row.GetInt32(0);
        if (bits == Stale) return question.Member(row.GetBoolean(6), (byte[])row.GetValue(7)) is not null;
        if (sql.Rest is not { } rest) return true;
        var days = row.GetInt32(2);
        return rest.Holds(days == 0 ? null : new BuyerFigures(row.GetInt32(3), row.GetInt32(4), days, rest.AsksForMoney ? row.GetInt64(5) : 0), bits);
    }

    Task<DbDataReader> ReaderAsync(DbConnection connection, string text, AudienceSql sql, AudienceQuestion question, DynamicParameters values, CancellationToken cancellation)
        => connection.ExecuteReaderAsync(new CommandDefinition(Filled(text, sql, question.IncludeAnonymous), values, commandTimeout: ReadSecondsMax, cancellationToken: cancellation));

    // Each page is a look at every customer; its ids, some 60 bytes each, wait in memory. Of members with what is known of them, a page reads the records of as many as it has.
    const int ScannedPageMax = 1_000_000, PageMax = 10_000;

    /// <summary>Those there are after one, in the order of their ids' UTF-16: streamed, so that writers wait for none.</summary>
    public async IAsyncEnumerable<string> ListMembersAsync(AudienceQuestion question, string after, [EnumeratorCancellation] CancellationToken cancellation, int pageSize = ScannedPageMax)
    {
        for (var more = true; more;)
        {
            var last = after;
            var page = (await ScanMembersAsync(question, () => new FirstIds(last, pageSize), cancellation)).Sorted();
            foreach (var id in page) yield return after = id;
            more = page.Count == pageSize;
        }
    }

    /// <summary>The first of many ids, and how many there are.</summary>
    sealed class FirstIds(string after, int limit)
    {
        readonly List<string> _ids = [];
        string? _last;

        public long Count { get; private set; }

        public void Add(string id)
        {
            if (string.CompareOrdinal(id, after) <= 0) return;
            Count++;
            Keep(id);
        }

        public void Add(FirstIds other)
        {
            Count += other.Count;
            foreach (var id in other._ids) Keep(id);
        }

        void Keep(string id)
        {
            if (_last is not null && string.CompareOrdinal(id, _last) >= 0) return;
            _ids.Add(id);
            if (_ids.Count >= 2L * limit) _last = Sorted()[^1];
        }

        public List<string> Sorted()
        {
            _ids.Sort(StringComparer.Ordinal);
            if (_ids.Count > limit) _ids.RemoveRange(limit, _ids.Count - limit);
            return _ids;
        }
    }

    /// <summary>Those there are after one, by customer id, with what is known of them: streamed in pages, so that writers and memory wait for none.</summary>
    public async IAsyncEnumerable<FoundMember> ListStatesAsync(AudienceQuestion question, string after, [EnumeratorCancellation] CancellationToken cancellation, int pageSize = PageMax)
    {
        await using var connection = await database.OpenAsync(cancellation);
        for (var rows = pageSize; rows == pageSize;)
        {
            var sql = SqlOf(question);
            await using var reader = await ReaderAsync(connection, MembersSql, sql, question, ParametersOf(question, sql, new { after, limit = pageSize }), cancellation);
            for (rows = 0; await reader.ReadAsync(cancellation); rows++)
            {
                after = reader.GetString(0);
                if (question.Member(reader.GetBoolean(1), (byte[])reader.GetValue(2)) is { } member) yield return new FoundMember(after, member);
            }
        }
    }
}
