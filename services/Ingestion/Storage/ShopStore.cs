using System.Collections.Concurrent;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>The shops. Settings never change, so a shop once found is remembered.</summary>
internal sealed class ShopStore(Database database, LogStore log)
{
    static readonly IReadOnlyDictionary<int, long> Nothing = new Dictionary<int, long>();
    readonly ConcurrentDictionary<string, Shop> _known = new(StringComparer.Ordinal);

    string FindSql => $"""
        SELECT shop AS id, time_zone, currency_code AS currency, create_time
        FROM {database.Prefix}shop
        WHERE shop = @id
        """;

    /// <summary>Null when there is none.</summary>
    public async Task<Shop?> FindAsync(string id, CancellationToken cancellation)
    {
        if (_known.TryGetValue(id, out var known)) return known;
        if (!Shop.IsId(id)) return null;
        var row = await database.ReadAsync(connection => connection.QuerySingleOrDefaultAsync<ShopRow>(new CommandDefinition(FindSql, new { id }, cancellationToken: cancellation)), cancellation);
        return row is null ? null : Remember(row.ToShop());
    }

    string AddSql => $"""
        INSERT INTO {database.Prefix}shop (shop, time_zone, currency_code, create_time)
        VALUES (@Id, @TimeZone, @Currency, @CreateTime)
        """;

    /// <summary>
    /// Adds a shop together with <paramref name="announcements"/>, one event per partition, so that every reader knows the shop
    /// before its first event. Answers the shop of that id as it is now: an earlier one stays, and nothing is announced again.
    /// </summary>
    public async Task<(Shop Shop, bool Added)> AddAsync(Shop shop, IReadOnlyList<PlacedEvent> announcements, CancellationToken cancellation)
    {
        var (there, heads) = await database.WriteAsync<(Shop?, IReadOnlyDictionary<int, long>)>(async write =>
        {
            await log.LockHeadsAsync(write);
            if (await write.Connection.QuerySingleOrDefaultAsync<ShopRow>(FindSql, new { id = shop.Id }, write.Transaction) is { } row)
                return (row.ToShop(), Nothing);
            await write.Connection.ExecuteAsync(AddSql, new { shop.Id, shop.TimeZone, shop.Currency, shop.CreateTime }, write.Transaction);
            return (null, (await log.AppendOwnAsync(write, announcements, cancellation)).Heads);
        }, cancellation);
        log.Announce(heads);
        return (Remember(there ?? shop), there is null);
    }

    Shop Remember(Shop shop) => _known.GetOrAdd(shop.Id, shop);

    sealed record ShopRow
    {
        public string Id { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string Currency { get; init; } = "";
        public DateTimeOffset CreateTime { get; init; }

        public Shop ToShop() => new(Id, TimeZone, Currency, CreateTime);
    }
}
