using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

/// <summary>What became of a change of a shop.</summary>
/// <param name="Shop">As it is now; as it would be, where nothing was to be written. Null where there is none of the id.</param>
/// <param name="IsStale">It has another etag than the caller knows: nothing was written.</param>
/// <param name="IsChanged">Its settings were written and announced.</param>
internal sealed record ShopChange(Shop? Shop, bool IsStale = false, bool IsChanged = false);

/// <summary>The shops. None ever goes, so that one is there is remembered; its settings are read when they are asked for, as any replica may change them.</summary>
internal sealed class ShopStore(Database database, LogStore log)
{
    static readonly IReadOnlyDictionary<int, long> Nothing = new Dictionary<int, long>();
    readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    string FindSql => $"""
        SELECT shop AS id, time_zone, currency_code AS currency, create_time, update_time
        FROM {database.Prefix}shop
        WHERE shop = @id
        """;

    public async Task<bool> ExistsAsync(string id, CancellationToken cancellation) => _known.ContainsKey(id) || await FindAsync(id, cancellation) is not null;

    /// <summary>As it is now; null when there is none.</summary>
    public async Task<Shop?> FindAsync(string id, CancellationToken cancellation)
    {
        if (!Shop.IsId(id)) return null;
        var shop = await database.ReadAsync(connection => FindAsync(connection, null, id, cancellation), cancellation);
        if (shop is not null) _known[id] = true;
        return shop;
    }

    async Task<Shop?> FindAsync(DbConnection connection, DbTransaction? transaction, string id, CancellationToken cancellation)
        => (await connection.QuerySingleOrDefaultAsync<ShopRow>(new CommandDefinition(FindSql, new { id }, transaction, cancellationToken: cancellation)))?.ToShop();

    string AddSql => $"""
        INSERT INTO {database.Prefix}shop (shop, time_zone, currency_code, create_time, update_time)
        VALUES (@Id, @TimeZone, @Currency, @CreateTime, @UpdateTime)
        """;

    /// <summary>
    /// Adds a shop and announces it, so that every reader knows the shop before its first event. Answers the shop of that id as it is now: an earlier one
    /// stays, and nothing is announced again.
    /// </summary>
    /// <param name="announce">The events, one per partition, that tell readers of its settings.</param>
    public async Task<(Shop Shop, bool Added)> AddAsync(Shop shop, Func<Shop, IReadOnlyList<PlacedEvent>> announce, CancellationToken cancellation)
    {
        var (there, heads) = await database.WriteAsync<(Shop?, IReadOnlyDictionary<int, long>)>(async write =>
        {
            await log.LockHeadsAsync(write);
            return await FindAsync(write.Connection, write.Transaction, shop.Id, cancellation) is { } earlier ? (earlier, Nothing) : (null, await SetAsync(write, AddSql, shop, announce, cancellation));
        }, cancellation);
        log.Announce(heads);
        return (there ?? shop, there is null);
    }

    string UpdateSql => $"""
        UPDATE {database.Prefix}shop
        SET time_zone = @TimeZone, update_time = @UpdateTime
        WHERE shop = @Id
        """;

    /// <summary>
    /// Gives a shop another zone and announces it after whatever its partitions hold. A zone that it has already is no change, whatever the caller knows: a
    /// call that is repeated answers as the first one did.
    /// </summary>
    /// <param name="etag">Empty for any.</param>
    /// <param name="announce">As for <see cref="AddAsync"/>.</param>
    public async Task<ShopChange> UpdateAsync(string id, string timeZone, string etag, bool isDry, DateTimeOffset now, Func<Shop, IReadOnlyList<PlacedEvent>> announce, CancellationToken cancellation)
    {
        var (change, heads) = await database.WriteAsync<(ShopChange, IReadOnlyDictionary<int, long>)>(async write =>
        {
            // Every change takes its turn here, so that all partitions tell them in one order.
            await log.LockHeadsAsync(write);
            var shop = await FindAsync(write.Connection, write.Transaction, id, cancellation);
            if (shop is null || shop.TimeZone == timeZone) return (new ShopChange(shop), Nothing);
            if (etag.Length > 0 && etag != shop.Etag) return (new ShopChange(shop, IsStale: true), Nothing);
            var changed = shop.In(timeZone, now);
            return isDry ? (new ShopChange(changed), Nothing) : (new ShopChange(changed, IsChanged: true), await SetAsync(write, UpdateSql, changed, announce, cancellation));
        }, cancellation);
        log.Announce(heads);
        return change;
    }

    async Task<IReadOnlyDictionary<int, long>> SetAsync(Write write, string statement, Shop shop, Func<Shop, IReadOnlyList<PlacedEvent>> announce, CancellationToken cancellation)
    {
        var values = new { shop.Id, shop.TimeZone, shop.Currency, shop.CreateTime, shop.UpdateTime };
        await write.Connection.ExecuteAsync(new CommandDefinition(statement, values, write.Transaction, cancellationToken: cancellation));
        return (await log.AppendOwnAsync(write, announce(shop), cancellation)).Heads;
    }

    sealed record ShopRow
    {
        public string Id { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string Currency { get; init; } = "";
        public DateTimeOffset CreateTime { get; init; }
        public DateTimeOffset UpdateTime { get; init; }

        public Shop ToShop() => new(Id, TimeZone, Currency, CreateTime, UpdateTime);
    }
}
