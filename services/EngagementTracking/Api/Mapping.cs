using Google.Protobuf.WellKnownTypes;
using Perennial.Engagement.V1;
using Perennial.EngagementTracking.Domain;
using Duration = Google.Protobuf.WellKnownTypes.Duration;
using V1ChannelEngagement = Perennial.Engagement.V1.ChannelEngagement;

namespace Perennial.EngagementTracking.Api;

/// <summary>From decisions to the wire.</summary>
internal static class Mapping
{
    public static CustomerEngagement ToProto(string shop, string customer, DateTimeOffset asOf, long position, int halfLifeDays, EngagementState engagement)
    {
        var answer = new CustomerEngagement
        {
            Shop = shop,
            Customer = customer,
            Score = engagement.Score,
            Temperature = engagement.Warm ? Temperature.Warm : Temperature.Cold,
            Reason = engagement.Reason,
            HalfLife = Duration.FromTimeSpan(TimeSpan.FromDays(halfLifeDays)),
            LastTouchTime = engagement.LastOwnTouch?.ToTimestamp(),
            AsOf = asOf.ToTimestamp(),
            Position = position,
        };
        answer.Channels.AddRange(engagement.Channels.Select(ToProto));
        return answer;
    }

    public static CustomerConsents ToConsents(DateTimeOffset asOf, History history)
    {
        var answer = new CustomerConsents { Shop = history.Sighting.Shop, Customer = history.Sighting.Customer, AsOf = asOf.ToTimestamp(), Position = history.Position };
        answer.Consents.AddRange(EngagementState.ConsentsAt(asOf, history.Subscriptions).Select(ToProto));
        answer.History.AddRange(history.Subscriptions.Where(f => f.FactTime <= asOf).OrderBy(f => f.FactTime).ThenBy(f => f.MessageId, StringComparer.Ordinal).Select(ToProto));
        return answer;
    }

    static Consent ToProto(SubscriptionFact fact) => new()
    {
        Channel = (Common.V1.Channel)fact.Channel,
        Purpose = fact.Purpose,
        Granted = fact.Subscribed,
        ConsentTime = fact.FactTime.ToTimestamp(),
        Source = fact.Source,
        MessageId = fact.MessageId,
    };

    static V1ChannelEngagement ToProto(Domain.ChannelEngagement channel) => new()
    {
        Channel = (Common.V1.Channel)channel.Channel,
        SentCount = channel.Counts.GetValueOrDefault(TouchKind.Sent),
        DeliveredCount = channel.Counts.GetValueOrDefault(TouchKind.Delivered),
        OpenCount = channel.Counts.GetValueOrDefault(TouchKind.Opened),
        ClickCount = channel.Counts.GetValueOrDefault(TouchKind.Clicked),
        BounceCount = channel.Counts.GetValueOrDefault(TouchKind.Bounced),
        VisitCount = channel.Counts.GetValueOrDefault(TouchKind.Visit),
        ActionCount = channel.Counts.GetValueOrDefault(TouchKind.Action),
        LastTouchTime = channel.LastOwnTouch?.ToTimestamp(),
        Unsubscribed = channel.Unsubscribed,
    };
}
