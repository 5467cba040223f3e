using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Keeps the shops as the log announces them, and has their days counted anew when that becomes another zone.</summary>
internal sealed partial class SegmentationStore
{
    /// <summary>How old a shop may be that a door is answered with.</summary>
    const int ShopAgeMillisMax = 1_000;

    readonly ConcurrentDictionary<string, (Shop Shop, long ReadAt)> _shops = new(StringComparer.Ordinal);

    // What is worked out of a zone's rules is kept with the zone: each has to be one object.
    static readonly ConcurrentDictionary<string, TimeZoneInfo> Zones = new(StringComparer.Ordinal);

    static TimeZoneInfo ZoneOf(string id) => Zones.GetOrAdd(id, TimeZoneInfo.FindSystemTimeZoneById);

    sealed record ShopRow
    {
        public int Number { get; init; }
        public string Shop { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string Currency { get; init; } = "";
        public DateTimeOffset UpdateTime { get; init; }

        public Shop ToShop() => new(Shop, ZoneOf(TimeZone), Currency, Number);
    }

    internal string ShopSql => $"""
        SELECT number, shop, time_zone, currency, update_time
        FROM {database.Prefix}shop
        WHERE shop = @shop
        """;

    /// <summary>As it was within the last second; null while the log has not announced it.</summary>
    public async Task<Shop?> FindShopAsync(string shop, CancellationToken cancellation)
    {
        var now = Environment.TickCount64;
        if (_shops.TryGetValue(shop, out var known) && now - known.ReadAt < ShopAgeMillisMax) return known.Shop;
        if (await database.ReadAsync(c => FindShopAsync(c, null, shop, cancellation), cancellation) is not { } found) return null;
        _shops[shop] = (found, now);
        return found;
    }

    /// <summary>As it is now.</summary>
    async Task<Shop?> FindShopAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation)
        => (await ReadShopAsync(connection, transaction, shop, cancellation))?.ToShop();

    Task<ShopRow?> ReadShopAsync(DbConnection connection, DbTransaction? transaction, string shop, CancellationToken cancellation)
        => connection.QuerySingleOrDefaultAsync<ShopRow>(Command(ShopSql, new { shop }, cancellation, transaction));

    internal string ShopIdsSql => $"""
        SELECT shop
        FROM {database.Prefix}shop
        ORDER BY shop
        """;

    public async Task<IReadOnlyList<string>> ListShopsAsync(CancellationToken cancellation)
        => [.. await database.ReadAsync(c => c.QueryAsync<string>(Command(ShopIdsSql, new { }, cancellation)), cancellation)];

    internal string AddShopSql => $"""
        INSERT INTO {database.Prefix}shop (number, shop, time_zone, currency, update_time)
        SELECT (SELECT COALESCE(MAX(number), 0) + 1 FROM {database.Prefix}shop), @Shop, @TimeZone, @Currency, @UpdateTime
        WHERE NOT EXISTS (SELECT 1 FROM {database.Prefix}shop WHERE shop = @Shop)
        """;

    internal string ZoneOfDerivationsSql => $"""
        UPDATE {database.Prefix}derivation
        SET time_zone = @TimeZone
        WHERE shop = @Shop
          AND time_zone = ''
        """;

    /// <summary>
    /// Takes in what a batch announces. Every partition announces every shop and every change of it, each at its own pace: what is no later than what is known is
    /// passed over.
    /// </summary>
    async Task ConfigureAsync(IReadOnlyList<ShopSettings> announced, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var settings in announced)
        {
            if (await database.ReadAsync(c => ReadShopAsync(c, null, settings.Shop, cancellation), cancellation) is not { } known) await AddShopAsync(settings, cancellation);
            else if (known.UpdateTime < settings.UpdateTime) await ChangeShopAsync(settings, now, cancellation);
            _shops.TryRemove(settings.Shop, out _);
        }
    }

    /// <summary>The model of callers that name none and the tally of orders are active from the start; where a backup brought derivations back, they stay.</summary>
    Task AddShopAsync(ShopSettings settings, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        if (await write.Connection.ExecuteAsync(Command(AddShopSql, settings, cancellation, write.Transaction)) == 0) return;
        await write.Connection.ExecuteAsync(Command(ZoneOfDerivationsSql, settings, cancellation, write.Transaction));
        await AddDefaultsAsync(write, settings.Shop, cancellation);
    }, cancellation);

    internal string ChangeShopSql => $"""
        UPDATE {database.Prefix}shop
        SET time_zone = @TimeZone, update_time = @UpdateTime
        WHERE shop = @Shop
        """;

    Task ChangeShopAsync(ShopSettings settings, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(async write =>
    {
        await LockAsync(write, cancellation);
        // Another partition may have told it since.
        var known = (await ReadShopAsync(write.Connection, write.Transaction, settings.Shop, cancellation))!;
        if (known.UpdateTime >= settings.UpdateTime) return;
        await write.Connection.ExecuteAsync(Command(ChangeShopSql, settings, cancellation, write.Transaction));
        if (known.TimeZone != settings.TimeZone) await ZoneChangedAsync(write, known.ToShop() with { Zone = ZoneOf(settings.TimeZone) }, now, cancellation);
    }, cancellation);

    // Of no stretch of time: such customers are answered from their records until their next event writes the columns anew.
    internal string VoidFiguresSql => $"""
        UPDATE {database.Prefix}customer
        SET until_time = from_time
        WHERE id BETWEEN @first AND @last
        """;

    /// <summary>
    /// All that is kept by days of a shop whose zone has just changed, in the same transaction: every model at work is derived anew in the new zone, unless a backup
    /// brought it back so, and answers rest on the old one until that is complete. Batches that were planned before are planned again.
    /// </summary>
    async Task ZoneChangedAsync(Write write, Shop shop, DateTimeOffset now, CancellationToken cancellation)
    {
        await write.Connection.ExecuteAsync(Command(VoidFiguresSql, new { first = CustomerKey.First(shop.Number), last = CustomerKey.Last(shop.Number) }, cancellation, write.Transaction));
        foreach (var model in (await DerivationsAsync(write.Connection, write.Transaction, shop.Id, cancellation)).Where(d => d.Audience is null).GroupBy(d => d.Model.Id, StringComparer.Ordinal))
        {
            var newest = model.MaxBy(d => d.Number)!;
            if (newest.Zone != shop.Zone) await StartAsync(write, shop.Id, model.Key, newest.Model.Revision, newest.Model.PopulationRevision, now, cancellation);
        }
        await RefreshAudiencesAsync(write, shop, now, cancellation);
    }
}
