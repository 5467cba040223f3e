using System.Data.Common;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// This house's memory: the facts of every customer, and what is derived from them. Nothing in it differs by dialect beyond what
/// <see cref="Database"/> abstracts, so it is one class. This part knows shops and positions.
/// </summary>
internal sealed partial class SegmentationStore(Database database)
{
    readonly Checkpoints _checkpoints = new(database);

    sealed record ShopRow
    {
        public string Shop { get; init; } = "";
        public string TimeZone { get; init; } = "";
        public string Currency { get; init; } = "";

        public Shop ToShop() => new(Shop, TimeZoneInfo.FindSystemTimeZoneById(TimeZone), Currency);
    }

    /// <summary>The position of the last applied event of a partition, 0 before the first.</summary>
    public Task<long> ReadCheckpointAsync(int partition, CancellationToken cancellation) => _checkpoints.ReadAsync(partition, cancellation);

    internal string ShopSql => $"""
        SELECT shop, time_zone, currency
        FROM {database.Prefix}shop
        WHERE shop = @shop
        """;

    /// <summary>Null while the log has not announced the shop.</summary>
    public async Task<Shop?> FindShopAsync(string shop, CancellationToken cancellation)
        => (await database.ReadAsync(c => c.QuerySingleOrDefaultAsync<ShopRow>(Command(ShopSql, new { shop }, cancellation)), cancellation))?.ToShop();

    static CommandDefinition Command(string text, object values, CancellationToken cancellation, DbTransaction? transaction = null)
        => new(text, values, transaction, cancellationToken: cancellation);
}
