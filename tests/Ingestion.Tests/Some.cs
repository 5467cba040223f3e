using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests;

/// <summary>Things that are as good as any.</summary>
static class Some
{
    public static readonly DateTimeOffset Instant = new(2024, 5, 1, 12, 0, 0, 123, TimeSpan.Zero);

    public static LogEvent LogEvent(string messageId, int partition = 0, string shop = "shop")
        => new(partition, shop, $"user:{messageId}", true, messageId, Instant.AddHours(-1), Instant, [1, 2, 3]);

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
