using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Api.Wire;
using Perennial.Ingestion.Domain;
using Shop = Perennial.Ingestion.Domain.Shop;

namespace Perennial.Ingestion.Api;

/// <summary>Between the wire and the domain.</summary>
internal static class Mapping
{
    // Only in partitions beside a shop's events, never among its message keys: a sender's id of this text is another thing.
    const string ShopConfiguredMessageId = "shop-configured";

    public static V1.Shop ToProto(Shop shop) => new() { Shop_ = shop.Id, TimeZone = shop.TimeZone, CurrencyCode = shop.Currency, CreateTime = shop.CreateTime.ToTimestamp(), UpdateTime = shop.UpdateTime.ToTimestamp(), Etag = shop.Etag };

    /// <summary>What tells the readers of every partition of a new shop, or of its new settings.</summary>
    public static IReadOnlyList<PlacedEvent> Announcements(Shop shop, int partitions)
    {
        var payload = new Event
        {
            MessageId = ShopConfiguredMessageId,
            ShopConfigured = new ShopConfigured { TimeZone = shop.TimeZone, CurrencyCode = shop.Currency, CreateTime = shop.CreateTime.ToTimestamp(), UpdateTime = shop.UpdateTime.ToTimestamp() },
        }.ToByteArray();
        return [.. Enumerable.Range(0, partitions).Select(p => new PlacedEvent(p, shop.Id, "", false, ShopConfiguredMessageId, shop.UpdateTime, shop.UpdateTime, payload))];
    }

    public static LogEvent ToLogEvent(Event e, string shop, DateTimeOffset eventTime, DateTimeOffset receiveTime)
        => new(shop, EventIdentity.IdsOf(e), e.MessageId, eventTime, receiveTime, e.ToByteArray());

    public static V1.Identity ToProto(string shop, CustomerIdentity identity) => new()
    {
        Shop = shop,
        Customer = identity.Customer.Text,
        Identified = identity.Customer.Identified,
        Ids = { identity.Ids.Select(i => new V1.LinkedId { Id = i.Id.Text, LinkTime = i.LinkTime?.ToTimestamp(), Pinned = i.Pinned }) },
        Changes = { identity.Changes.Select(ToProto) },
    };

    public static V1.IdentityChange ToProto(IdentityChange change) => new()
    {
        Change = Number(change.Number),
        Kind = (V1.IdentityChange.Types.Kind)change.Kind,
        FromCustomer = change.From.Text,
        ToCustomer = change.To.Text,
        ChangeTime = change.Time.ToTimestamp(),
        Actor = change.Actor,
        Reason = change.Reason,
        UndoChange = change.Undo is { } undo ? Number(undo) : "",
        MovedEventCount = change.MovedEventCount,
    };

    public static V1.Erasure ToProto(Erasure erasure) => new()
    {
        Erasure_ = erasure.Id,
        State = erasure.State == ErasureState.Done ? V1.Erasure.Types.State.Done : V1.Erasure.Types.State.Running,
        EraseTime = erasure.Time.ToTimestamp(),
        Actor = erasure.Actor,
        Reason = erasure.Reason,
        EventCount = erasure.EventCount,
        IdCount = erasure.IdCount,
        Remains = erasure.Remains,
    };

    public static RecordedEvent ToRecorded(LoggedEvent e) => new()
    {
        Position = e.Position,
        Shop = e.Shop,
        Customer = e.Customer,
        Identified = e.Identified,
        EventTime = e.EventTime.ToTimestamp(),
        ReceiveTime = e.ReceiveTime.ToTimestamp(),
        Event = Event.Parser.ParseFrom(e.Payload),
        ReattributeTime = e.ReattributeTime?.ToTimestamp(),
    };

    static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static ImportRefusal ToRefusal(V1.EventResult result) => ImportRefusal.Of(result.MessageId, result.Violations.Select(v => (v.Field, v.Description)));

    public static V1.Import ToProto(ImportRun run, IReadOnlyDictionary<string, long> facts, IReadOnlyList<ImportRefusal> refusals) => new()
    {
        Shop = run.Shop,
        ImportId = run.Id,
        Source = run.Source,
        Checkpoint = run.Checkpoint,
        Done = run.Done,
        RecordedCount = run.Recorded,
        DuplicateCount = run.Duplicate,
        RefusedCount = run.Refused,
        Refusals = { refusals.Select(ToProto) },
        Facts = { facts.ToDictionary() },
        CreateTime = run.CreateTime.ToTimestamp(),
        UpdateTime = run.UpdateTime.ToTimestamp(),
    };

    static V1.EventResult ToProto(ImportRefusal refusal) => new()
    {
        Outcome = V1.EventResult.Types.Outcome.Refused,
        MessageId = refusal.MessageId,
        Violations = { refusal.Violations.Select(v => new V1.FieldViolation { Field = v.Field, Description = v.Description }) },
    };

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
        ReattributeTime = e.ReattributeTime?.ToTimestamp(),
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

    /// <param name="now">Its receipt, where it says none or a later one.</param>
    public static Quarantined ToQuarantined(V1.QuarantinedEvent e, DateTimeOffset now)
        => new(0, e.MessageId, e.Reason, ToViolations(e.Violations), e.Payload, e.ReceiveTime.ToInstant(now) is var told && told < now ? told : now, e.Ids, 0);

    public static IReadOnlyList<Violation> ToViolations(IEnumerable<V1.FieldViolation> violations) => [.. violations.Select(v => new Violation(v.Field, v.Description))];

    public static V1.QuarantinedEvent ToProto(Quarantined e) => new()
    {
        Quarantined = ToQuarantinedId(e.Sequence),
        MessageId = e.MessageId,
        Reason = e.Reason,
        Violations = { e.Violations.Select(v => new V1.FieldViolation { Field = v.Field, Description = v.Description }) },
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
