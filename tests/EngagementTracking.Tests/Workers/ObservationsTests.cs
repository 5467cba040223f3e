using Perennial.Common.V1;
using Perennial.EngagementTracking.Domain;
using Perennial.EngagementTracking.Workers;
using static Perennial.Common.V1.MessageEngaged.Types;
using Channel = Perennial.EngagementTracking.Domain.Channel;
using WireChannel = Perennial.Common.V1.Channel;

namespace Perennial.EngagementTracking.Tests.Workers;

public sealed class ObservationsTests
{
    [Fact]
    public void Looking_is_a_visit_doing_is_an_action_and_the_rest_is_no_touch()
    {
        (Action<Event> Payload, TouchKind? Kind)[] table =
        [
            (e => e.PageViewed = new PageViewed(), TouchKind.Visit),
            (e => e.ProductViewed = new ProductViewed(), TouchKind.Visit),
            (e => e.ProductListViewed = new ProductListViewed(), TouchKind.Visit),
            (e => e.ProductsSearched = new ProductsSearched(), TouchKind.Visit),
            (e => e.CheckoutProgressed = new CheckoutProgressed(), TouchKind.Visit),
            (e => e.CartChanged = new CartChanged { Change = CartChanged.Types.Change.Viewed }, TouchKind.Visit),
            (e => e.CartChanged = new CartChanged { Change = CartChanged.Types.Change.ProductAdded }, TouchKind.Action),
            (e => e.OrderCompleted = new OrderCompleted(), TouchKind.Action),
            (e => e.WishlistChanged = new WishlistChanged(), TouchKind.Action),
            (e => e.ProductShared = new ProductShared(), TouchKind.Action),
            (e => e.ProductReviewed = new ProductReviewed(), TouchKind.Action),
            (e => e.CouponChanged = new CouponChanged(), TouchKind.Action),
            (e => e.SurveyAnswered = new SurveyAnswered(), TouchKind.Action),
            (e => e.PromotionEngaged = new PromotionEngaged { Clicked = true }, TouchKind.Action),
            (e => e.PromotionEngaged = new PromotionEngaged(), null),
            (e => e.OrderUpdated = new OrderUpdated(), null),
            (e => e.OrderCancelled = new OrderCancelled(), null),
            (e => e.OrderRefunded = new OrderRefunded(), null),
            (e => e.SupportTicketChanged = new SupportTicketChanged(), null),
            (e => e.TraitsChanged = new TraitsChanged(), null),
            (e => e.Custom = new CustomEvent(), null),
        ];
        foreach (var (payload, kind) in table)
        {
            var observation = Of(payload);
            Assert.Equal(kind is { } k ? new Touch(Channel.Onsite, k) : null, observation.Touch);
            Assert.Null(observation.Subscription);
        }
    }

    [Theory]
    [InlineData(Interaction.Sent, "Sent")]
    [InlineData(Interaction.Delivered, "Delivered")]
    [InlineData(Interaction.Opened, "Opened")]
    [InlineData(Interaction.Clicked, "Clicked")]
    [InlineData(Interaction.Bounced, "Bounced")]
    public void A_message_is_a_touch_on_its_channel(Interaction interaction, string kind)
        => Assert.Equal(new Touch(Channel.Push, Enum.Parse<TouchKind>(kind)), Of(e => e.MessageEngaged = new MessageEngaged { Channel = WireChannel.Push, Interaction = interaction }).Touch);

    [Theory]
    [InlineData(Interaction.Unsubscribed)]
    [InlineData(Interaction.MarkedAsSpam)]
    public void Unsubscribes_and_complaints_leave_the_channel(Interaction interaction)
    {
        var observation = Of(e => e.MessageEngaged = new MessageEngaged { Channel = WireChannel.Email, Interaction = interaction });
        Assert.Null(observation.Touch);
        Assert.Equal(new Subscription(Channel.Email, "marketing", Subscribed: false, interaction == Interaction.Unsubscribed ? "unsubscribe" : "spam complaint"), observation.Subscription);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("marketing", false)]
    [InlineData("statistics", false)]
    public void Consent_is_kept_with_its_purpose_and_source(string purpose, bool granted)
        => Assert.Equal(new Subscription(Channel.Sms, purpose, granted, "checkout"), Of(e => e.ConsentChanged = new ConsentChanged { Channel = WireChannel.Sms, Purpose = purpose, Granted = granted, Source = "checkout" }).Subscription);

    [Fact]
    public void What_is_left_of_the_erased_says_nothing()
        => Assert.Empty(Observations.Of([Given.Recorded("erased:1", Given.Noon, e => e.OrderCompleted = new OrderCompleted { OrderId = "1" })]));

    [Fact]
    public void A_channel_this_version_does_not_know_is_no_touch()
        => Assert.Null(Of(e => e.MessageEngaged = new MessageEngaged { Channel = (WireChannel)99, Interaction = Interaction.Clicked }).Touch);

    [Fact]
    public void Events_of_shops_say_nothing_about_customers()
        => Assert.Empty(Observations.Of([Given.Recorded("", Given.Noon, e => e.ShopConfigured = new ShopConfigured())]));

    static Observation Of(Action<Event> payload) => Assert.Single(Observations.Of([Given.Recorded("user:1", Given.Noon, payload)]));
}
