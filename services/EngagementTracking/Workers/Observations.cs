using Perennial.Common.V1;
using Perennial.EngagementTracking.Domain;
using Perennial.Foundation.Feeds;
using static Perennial.Common.V1.Event;
using static Perennial.Common.V1.MessageEngaged.Types;
using Channel = Perennial.EngagementTracking.Domain.Channel;

namespace Perennial.EngagementTracking.Workers;

/// <summary>What an event of the log says about engagement.</summary>
internal static class Observations
{
    const int TextLengthMax = 200;

    /// <summary>One per event of a customer; the events of shops themselves say nothing here, nor does what is left of the erased.</summary>
    public static IReadOnlyList<Observation> Of(IEnumerable<RecordedEvent> events)
        => [.. events.Where(e => e.Customer.Length > 0 && !Remains.AreOf(e)).Select(Of)];

    // An order that changes, is cancelled or is refunded, a ticket, traits: the customer was there, but touched nothing new.
    static Observation Of(RecordedEvent recorded)
        => new(recorded.Shop, recorded.Customer, recorded.EventTime.ToDateTimeOffset(), recorded.Event.MessageId, TouchOf(recorded.Event), SubscriptionOf(recorded.Event));

    static Touch? TouchOf(Event e) => e.PayloadCase == PayloadOneofCase.MessageEngaged
        ? MessageTouch(e.MessageEngaged)
        : OnsiteKind(e) is { } onsite ? new Touch(Channel.Onsite, onsite) : null;

    static TouchKind? OnsiteKind(Event e) => e.PayloadCase switch
    {
        // Looking, whatever is looked at.
        PayloadOneofCase.PageViewed or PayloadOneofCase.ProductViewed or PayloadOneofCase.ProductListViewed or PayloadOneofCase.ProductsSearched or PayloadOneofCase.CheckoutProgressed => TouchKind.Visit,
        PayloadOneofCase.CartChanged => e.CartChanged.Change == CartChanged.Types.Change.Viewed ? TouchKind.Visit : TouchKind.Action,
        PayloadOneofCase.OrderCompleted or PayloadOneofCase.WishlistChanged or PayloadOneofCase.ProductShared or PayloadOneofCase.ProductReviewed or PayloadOneofCase.CouponChanged or PayloadOneofCase.SurveyAnswered => TouchKind.Action,
        // A promotion that was only on the page is not the customer's doing.
        PayloadOneofCase.PromotionEngaged => e.PromotionEngaged.Clicked ? TouchKind.Action : null,
        _ => null,
    };

    static Touch? MessageTouch(MessageEngaged message) => ChannelOf(message.Channel) is { } channel && MessageKind(message.Interaction) is { } kind ? new Touch(channel, kind) : null;

    static TouchKind? MessageKind(Interaction interaction) => interaction switch
    {
        Interaction.Sent => TouchKind.Sent,
        Interaction.Delivered => TouchKind.Delivered,
        Interaction.Opened => TouchKind.Opened,
        Interaction.Clicked => TouchKind.Clicked,
        Interaction.Bounced => TouchKind.Bounced,
        _ => null,
    };

    static Subscription? SubscriptionOf(Event e) => e switch
    {
        { MessageEngaged: { Interaction: Interaction.Unsubscribed or Interaction.MarkedAsSpam } message } when ChannelOf(message.Channel) is { } channel
            => new Subscription(channel, "marketing", Subscribed: false, message.Interaction == Interaction.Unsubscribed ? "unsubscribe" : "spam complaint"),
        { ConsentChanged: { } consent } when ChannelOf(consent.Channel) is { } channel => new Subscription(channel, Short(consent.Purpose), consent.Granted, Short(consent.Source)),
        _ => null,
    };

    // As long as the columns take; nobody names a purpose in more.
    static string Short(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax];

    // A channel of a later contract is nobody's touch here.
    static Channel? ChannelOf(Common.V1.Channel channel) => Enum.IsDefined((Channel)channel) ? (Channel)channel : null;
}
