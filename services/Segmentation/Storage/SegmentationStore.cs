using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// This house's memory: a record per customer, and what is derived from it. Nothing in it differs by dialect beyond what <see cref="Database"/> abstracts, so it is
/// one class. This part knows shops and positions.
/// </summary>
internal sealed partial class SegmentationStore(Database database)
{
    readonly Checkpoints _checkpoints = new(database);

    // A shop never changes once it is there.
    readonly ConcurrentDictionary<string, Shop> _shops = new(StringComparer.Ordinal);

    sealed record ShopRow
    {
        public int Number { get; init; }
        public string Shop { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string Currency { get; init; } = "";

        public Shop ToShop() => new(Shop, TimeZoneInfo.FindSystemTimeZoneById(TimeZone), Currency, Number);
    }

    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    internal string ShopSql => $"""
        SELECT number, shop, time_zone, currency
        FROM {database.Prefix}shop
        WHERE shop = @shop
        """;

    /// <summary>Null while the log has not announced the shop.</summary>
    public async Task<Shop?> FindShopAsync(string shop, CancellationToken cancellation)
        => _shops.GetValueOrDefault(shop) ?? await database.ReadAsync(c => FindShopAsync(c, null, shop, cancellation), cancellation);

    async Task<Shop?> FindShopAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation)
    {
        if (_shops.TryGetValue(shop, out var known)) return known;
        if ((await connection.QuerySingleOrDefaultAsync<ShopRow>(Command(ShopSql, new { shop }, cancellation, transaction)))?.ToShop() is not { } found) return null;
        // What the transaction itself wrote may yet come to nothing.
        return transaction is null ? _shops.GetOrAdd(shop, found) : found;
    }

    internal string ShopIdsSql => $"""
        SELECT shop
        FROM {database.Prefix}shop
        ORDER BY shop
        """;

    public async Task<IReadOnlyList<string>> ListShopsAsync(CancellationToken cancellation)
        => [.. await database.ReadAsync(c => c.QueryAsync<string>(Command(ShopIdsSql, new { }, cancellation)), cancellation)];

    internal string AddShopSql => $"""
        INSERT INTO {database.Prefix}shop (number, shop, time_zone, currency)
        SELECT (SELECT COALESCE(MAX(number), 0) + 1 FROM {database.Prefix}shop), @Shop, @TimeZone, @Currency
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}shop WHERE shop = @Shop)
        """;

    /// <summary>
    /// Every partition announces every shop, always with the same settings: the first one stays. The model of callers that name none is active from the start; where
    /// a backup brought derivations back, they stay.
    /// </summary>
    async Task AddShopsAsync(IReadOnlyList<ShopSettings> shops, CancellationToken cancellation)
    {
        foreach (var shop in shops)
        {
            if (await FindShopAsync(shop.Shop, cancellation) is not null) continue;
            await database.WriteAsync(async write =>
            {
                if (await write.Connection.ExecuteAsync(Command(AddShopSql, shop, cancellation, write.Transaction)) == 1)
                    await AddDefaultAsync(write, shop.Shop, cancellation);
            }, cancellation);
        }
    }

    static CommandDefinition Command(string text, object values, CancellationToken cancellation, DbTransaction? transaction = null)
        => new(text, values, transaction, cancellationToken: cancellation);
}
