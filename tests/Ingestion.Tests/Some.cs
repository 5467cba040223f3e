using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using CreateShopRequest = Perennial.Ingestion.V1.CreateShopRequest;

namespace Perennial.Ingestion.Tests;

/// <summary>Things that are as good as any.</summary>
static class Some
{
    public static readonly DateTimeOffset Instant = new(2024, 5, 1, 12, 0, 0, 123, TimeSpan.Zero);

    /// <summary>Of a user whose events lie in a partition of three.</summary>
    public static LogEvent LogEvent(string messageId, int partition = 0, string shop = "shop")
        => new(shop, [User(messageId, partition, shop)], messageId, Instant.AddHours(-1), Instant, [1, 2, 3]);

    public static CustomerId User(string id, int partition, string shop = "shop", int partitions = 3) => In(partition, partitions, shop, id, CustomerId.User);

    public static CustomerId Anonymous(string id, int partition, string shop = "shop") => In(partition, 3, shop, id, CustomerId.Anonymous);

    static CustomerId In(int partition, int partitions, string shop, string id, Func<string, CustomerId> named)
        => Enumerable.Range(0, 1_000).Select(i => named(i == 0 ? id : $"{id}~{i}")).First(c => StableHash.Partition(shop, c.Text, partitions) == partition);

    public static PlacedEvent PlacedEvent(string messageId, int partition = 0, string shop = "shop")
        => new(partition, shop, "user:" + messageId, true, messageId, Instant.AddHours(-1), Instant, [1, 2, 3]);

    /// <summary>A shop that its events can belong to, without announcements.</summary>
    public static async Task CreateShopAsync(this LogStore log, Database database, string shop, CancellationToken cancellation)
        => await new ShopStore(database, log).AddAsync(new Shop(shop, "UTC", "GBP", Instant, Instant), _ => [], cancellation);

    /// <summary>The position of each event, 0 for one recorded before.</summary>
    public static async Task<long[]> PositionsAsync(this LogStore log, IReadOnlyList<LogEvent> events, CancellationToken cancellation)
        => [.. (await log.AppendAsync(events, cancellation)).Results.Select(r => r.Position)];

    public static CreateShopRequest NewShop(string shop = IngestionHouse.Shop) => new() { Shop = shop, TimeZone = "Europe/London", CurrencyCode = "GBP" };

    public static Event Order(string messageId, string userId = "alice") => new()
    {
        MessageId = messageId,
        UserId = userId,
        Timestamp = Instant.ToTimestamp(),
        OrderCompleted = new OrderCompleted { OrderId = "order-" + messageId, Amounts = new OrderAmounts { Total = Pounds(25) } },
    };

    public static Event Page(string messageId, string userId = "alice") => new() { MessageId = messageId, UserId = userId, PageViewed = new PageViewed { Name = "Home" } };

    public static Money Pounds(long units) => new() { CurrencyCode = "GBP", Units = units };
}
