using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.EngagementTracking.Domain;
using DomainChannel = Perennial.EngagementTracking.Domain.Channel;

namespace Perennial.EngagementTracking.Tests;

/// <summary>Facts as tests name them.</summary>
static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public static ScoreRules Rules { get; } = new EngagementOptions().ScoreRules;

    public static TouchDay Touches(DateOnly day, TouchKind kind = TouchKind.Action, long count = 1, DomainChannel channel = DomainChannel.Onsite) => new()
    {
        Shop = "demo",
        Customer = "user:1",
        Day = day,
        Channel = channel,
        Kind = kind,
        TouchCount = count,
        LastTime = new DateTimeOffset(day, new TimeOnly(12, 0), TimeSpan.Zero),
    };

    public static History History(IReadOnlyList<TouchDay>? touches = null, IReadOnlyList<SubscriptionFact>? subscriptions = null)
        => new(new Sighting { Shop = "demo", Customer = "user:1", FirstSeenTime = Noon }, 7, touches ?? [], subscriptions ?? []);

    public static SubscriptionFact Subscription(bool subscribed, DateTimeOffset time, string messageId, DomainChannel channel = DomainChannel.Email)
        => new() { Shop = "demo", Customer = "user:1", Channel = channel, FactTime = time, MessageId = messageId, Purpose = "marketing", Subscribed = subscribed, Source = "" };

    public static Observation Observation(string customer, DateTimeOffset time, string messageId, Touch? touch = null, Subscription? subscription = null)
        => new("demo", customer, time, messageId, touch, subscription);

    public static RecordedEvent Recorded(string customer, DateTimeOffset time, Action<Event> payload)
    {
        var e = new Event { MessageId = Guid.NewGuid().ToString("N") };
        payload(e);
        return new RecordedEvent { Shop = "demo", Customer = customer, Identified = customer.StartsWith("user:", StringComparison.Ordinal), EventTime = time.ToTimestamp(), ReceiveTime = time.ToTimestamp(), Event = e };
    }
}
