using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Ingestion.Api.Wire;
using Perennial.Ingestion.Domain;
using Shop = Perennial.Ingestion.Domain.Shop;

namespace Perennial.Ingestion.Api;

/// <summary>Between the wire and the domain.</summary>
internal static class Mapping
{
    // Only in partitions beside a shop's events, never among its message keys: a sender's id of this text is another thing.
    const string ShopConfiguredMessageId = "shop-configured";

    public static V1.Shop ToProto(Shop shop) => new() { Shop_ = shop.Id, TimeZone = shop.TimeZone, CurrencyCode = shop.Currency, CreateTime = shop.CreateTime.ToTimestamp() };

    /// <summary>What tells the readers of every partition of a new shop.</summary>
    public static IReadOnlyList<LogEvent> Announcements(Shop shop, int partitions)
    {
        var payload = new Event
        {
            MessageId = ShopConfiguredMessageId,
            ShopConfigured = new ShopConfigured { TimeZone = shop.TimeZone, CurrencyCode = shop.Currency, CreateTime = shop.CreateTime.ToTimestamp() },
        }.ToByteArray();
        return [.. Enumerable.Range(0, partitions).Select(p => new LogEvent(p, shop.Id, "", false, ShopConfiguredMessageId, shop.CreateTime, shop.CreateTime, payload))];
    }

    public static LogEvent ToLogEvent(Event e, string shop, DateTimeOffset eventTime, DateTimeOffset receiveTime, int partitions)
    {
        var customer = Customer.Of(e.UserId, e.AnonymousId);
        return new LogEvent(StableHash.Partition(shop, customer.Key, partitions), shop, customer.Key, customer.Identified, e.MessageId, eventTime, receiveTime, e.ToByteArray());
    }

    public static FeedPage ToProto(IReadOnlyList<LoggedEvent> events)
    {
        var page = new FeedPage();
        page.Events.Capacity = events.Count;
        foreach (var e in events) page.Events.Add(ToProto(e));
        return page;
    }

    static FeedEvent ToProto(LoggedEvent e) => new()
    {
        Position = e.Position,
        Shop = e.Shop,
        Customer = e.Customer,
        Identified = e.Identified,
        EventTime = e.EventTime.ToTimestamp(),
        ReceiveTime = e.ReceiveTime.ToTimestamp(),
        // Nobody changes the bytes: they were read for this message.
        Event = UnsafeByteOperations.UnsafeWrap(e.Payload),
    };

    public static V1.Reader ToProto(LogReader reader, DateTimeOffset now) => new()
    {
        Shop = reader.Id.Shop,
        Reader_ = reader.Id.Name,
        Partitions = { reader.Partitions.Select(p => new PartitionProgress { Partition = p.Partition, Position = p.Position, HeadPosition = p.Head }) },
        LagEvents = reader.LagEvents,
        LagTime = reader.LagTime(now).ToDuration(),
        ReportTime = reader.ReportTime.ToTimestamp(),
    };

    /// <summary>Null when absent. The timestamp is within its range.</summary>
    public static DateTimeOffset? ToInstant(Timestamp? timestamp)
        => timestamp is null ? null : DateTimeOffset.UnixEpoch.AddTicks(timestamp.Seconds * TimeSpan.TicksPerSecond + timestamp.Nanos / TimeSpan.NanosecondsPerTick);
}
