using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.Load;

/// <summary>Events of about 200 bytes with ids that never repeat, in messages that are used again: the client should cost little.</summary>
static class Samples
{
    public const string Shop = "load";
    const int CustomersMax = 1_000_000;

    public static RecordEventsRequest Batch(int size, bool visitors = false)
    {
        var request = new RecordEventsRequest { Shop = Shop };
        for (var i = 0; i < size; i++)
        {
            request.Events.Add(new Event
            {
                Timestamp = Timestamp.FromDateTime(DateTime.UtcNow.AddMinutes(-1)),
                OriginalTimestamp = Timestamp.FromDateTime(DateTime.UtcNow.AddMinutes(-1)),
                SentAt = Timestamp.FromDateTime(DateTime.UtcNow),
                OrderCompleted = new OrderCompleted
                {
                    OrderId = "order-0123456789",
                    Amounts = new OrderAmounts { Total = new Money { CurrencyCode = "EUR", Units = 129, Nanos = 900_000_000 } },
                    Products = { new Product { ProductId = "sku-48211", Name = "Wool blanket, grey", Price = new Money { CurrencyCode = "EUR", Units = 129, Nanos = 900_000_000 }, Quantity = 1 } },
                },
            });
        }
        Renew(request, visitors);
        return request;
    }

    /// <summary>Other ids, other customers.</summary>
    /// <param name="visitors">Anonymous ones: every other was never seen before, the rest come back.</param>
    public static void Renew(RecordEventsRequest request, bool visitors)
    {
        foreach (var e in request.Events)
        {
            e.MessageId = Guid.NewGuid().ToString("D");
            if (visitors) e.AnonymousId = Visitor();
            else e.UserId = $"customer-{Random.Shared.Next(CustomersMax):D7}";
        }
    }

    static string Visitor()
    {
        if (Random.Shared.Next(2) == 0) return $"visitor-{Random.Shared.Next(CustomersMax):D7}";
        return $"visitor-{Random.Shared.NextInt64(long.MaxValue):x16}";
    }

    public static double EventBytes() => Batch(100).Events.Average(e => e.CalculateSize());
}
