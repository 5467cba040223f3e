using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Api.Wire;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;
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

    /// <param name="now">Its receipt, where it says none or a later one.</param>
    public static Quarantined ToQuarantined(QuarantinedEvent e, DateTimeOffset now)
        => new(0, e.MessageId, e.Reason, ToViolations(e.Violations), e.Payload, e.ReceiveTime.ToInstant(now) is var told && told < now ? told : now, e.Ids, 0);

    public static IReadOnlyList<Violation> ToViolations(IEnumerable<FieldViolation> violations) => [.. violations.Select(v => new Violation(v.Field, v.Description))];

    public static QuarantinedEvent ToProto(Quarantined e) => new()
    {
        Quarantined = ToQuarantinedId(e.Sequence),
        MessageId = e.MessageId,
        Reason = e.Reason,
        Violations = { e.Violations.Select(v => new FieldViolation { Field = v.Field, Description = v.Description }) },
        Payload = e.Payload,
        ReceiveTime = e.ReceiveTime.ToTimestamp(),
        Ids = { e.Ids },
        ReplayCount = e.ReplayCount,
    };

    public static string ToQuarantinedId(long sequence) => sequence.ToString(CultureInfo.InvariantCulture);

    /// <summary>0, which no event has, for what is no id.</summary>
    public static long ToSequence(string quarantined) => long.TryParse(quarantined, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && ToQuarantinedId(sequence) == quarantined ? sequence : 0;

    /// <summary>Null when absent. The timestamp is within its range.</summary>
    public static DateTimeOffset? ToInstant(Timestamp? timestamp)
        => timestamp is null ? null : DateTimeOffset.UnixEpoch.AddTicks(timestamp.Seconds * TimeSpan.TicksPerSecond + timestamp.Nanos / TimeSpan.NanosecondsPerTick);
}
