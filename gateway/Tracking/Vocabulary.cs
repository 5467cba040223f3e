using System.Collections.Frozen;
using Perennial.Common.V1;
using Cart = Perennial.Common.V1.CartChanged.Types.Change;
using Coupon = Perennial.Common.V1.CouponChanged.Types.Change;
using Interaction = Perennial.Common.V1.MessageEngaged.Types.Interaction;
using Step = Perennial.Common.V1.CheckoutProgressed.Types.Step;
using Wishlist = Perennial.Common.V1.WishlistChanged.Types.Change;

namespace Perennial.Gateway.Tracking;

/// <summary>
/// What the names of track events mean: Segment's e-commerce specification V2 with its V1 names, its e-mail and mobile push events,
/// Dittofeed's own names, and the few that these specifications lack. Case does not matter. Any other name is a CustomEvent.
/// </summary>
internal static class Vocabulary
{
    delegate void Meaning(Event target, Properties p);

    static readonly (Meaning Meaning, string[] Names)[] Table =
    [
        // Browsing
        ((e, p) => e.ProductsSearched = new ProductsSearched { Query = p.Text("query") }, ["Products Searched"]),
        ((e, p) => e.ProductListViewed = List(p, filtered: false), ["Product List Viewed", "Viewed Product Category"]),
        ((e, p) => e.ProductListViewed = List(p, filtered: true), ["Product List Filtered"]),
        ((e, p) => e.ProductViewed = new ProductViewed { Product = p.Product() }, ["Product Viewed", "Viewed Product"]),
        ((e, p) => e.ProductViewed = new ProductViewed { Product = p.Product(), Clicked = true }, ["Product Clicked", "Clicked Product"]),
        ((e, p) => e.PromotionEngaged = Promotion(p, clicked: false), ["Promotion Viewed", "Viewed Promotion"]),
        ((e, p) => e.PromotionEngaged = Promotion(p, clicked: true), ["Promotion Clicked", "Clicked Promotion"]),

        // Carts and wishlists
        ((e, p) => e.CartChanged = OneInCart(p, Cart.ProductAdded), ["Product Added", "Added Product"]),
        ((e, p) => e.CartChanged = OneInCart(p, Cart.ProductRemoved), ["Product Removed", "Removed Product"]),
        ((e, p) => e.CartChanged = WholeCart(p, Cart.Viewed), ["Cart Viewed"]),
        ((e, p) => e.CartChanged = WholeCart(p, Cart.Shared), ["Cart Shared"]),
        ((e, p) => e.WishlistChanged = InWishlist(p, Wishlist.ProductAdded), ["Product Added to Wishlist"]),
        ((e, p) => e.WishlistChanged = InWishlist(p, Wishlist.ProductRemoved), ["Product Removed from Wishlist"]),
        ((e, p) => e.WishlistChanged = InWishlist(p, Wishlist.ProductAddedToCart), ["Wishlist Product Added to Cart"]),
        ((e, p) => e.ProductShared = new ProductShared { Product = p.Product(), ShareVia = p.Text("share_via") }, ["Product Shared"]),
        ((e, p) => e.ProductReviewed = Review(p), ["Product Reviewed"]),

        // Checkout and orders
        ((e, p) => e.CheckoutProgressed = Checkout(p, Step.Started), ["Checkout Started", "Started Order"]),
        ((e, p) => e.CheckoutProgressed = Checkout(p, Step.Viewed), ["Checkout Step Viewed", "Viewed Checkout Step"]),
        ((e, p) => e.CheckoutProgressed = Checkout(p, Step.Completed), ["Checkout Step Completed", "Completed Checkout Step"]),
        ((e, p) => e.CheckoutProgressed = Checkout(p, Step.PaymentInfoEntered), ["Payment Info Entered"]),
        ((e, p) => e.OrderCompleted = Completed(p), ["Order Completed", "Completed Order"]),
        ((e, p) => e.OrderUpdated = Updated(p), ["Order Updated", "Updated Order"]),
        ((e, p) => e.OrderRefunded = Refunded(p), ["Order Refunded"]),
        ((e, p) => e.OrderCancelled = new OrderCancelled { OrderId = OrderId(p), Reason = p.Text("reason") }, ["Order Cancelled"]),

        // Coupons
        ((e, p) => e.CouponChanged = WithCoupon(p, Coupon.Entered), ["Coupon Entered"]),
        ((e, p) => e.CouponChanged = WithCoupon(p, Coupon.Applied), ["Coupon Applied"]),
        ((e, p) => e.CouponChanged = WithCoupon(p, Coupon.Denied), ["Coupon Denied"]),
        ((e, p) => e.CouponChanged = WithCoupon(p, Coupon.Removed), ["Coupon Removed"]),

        // Messages of the shop. Segment's list lacks the first.
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Sent), ["Email Sent", "DFInternalMessageSent"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Delivered), ["Email Delivered", "DFEmailDelivered"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Opened), ["Email Opened", "DFEmailOpened"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Clicked), ["Email Link Clicked", "DFEmailClicked"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Bounced), ["Email Bounced", "DFEmailBounced"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.MarkedAsSpam), ["Email Marked as Spam", "DFEmailMarkedSpam"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Email, Interaction.Unsubscribed), ["Unsubscribed"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Sms, Interaction.Delivered), ["DFSmsDelivered"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Sms, Interaction.Bounced), ["DFSmsFailed"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Push, Interaction.Delivered), ["Push Notification Received"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Push, Interaction.Clicked), ["Push Notification Tapped"]),
        ((e, p) => e.MessageEngaged = Message(p, Channel.Push, Interaction.Bounced), ["Push Notification Bounced"]),

        // Not in the specifications: named as they would name them.
        ((e, p) => e.SurveyAnswered = Survey(p), ["Survey Answered"]),
        ((e, p) => e.SupportTicketChanged = Ticket(p, closed: false), ["Support Ticket Opened"]),
        ((e, p) => e.SupportTicketChanged = Ticket(p, closed: true), ["Support Ticket Closed"]),
        ((e, p) => e.ConsentChanged = Consent(p, granted: true), ["Consent Granted"]),
        ((e, p) => e.ConsentChanged = Consent(p, granted: false), ["Consent Withdrawn"]),
    ];

    static readonly FrozenDictionary<string, Channel> Channels = new Dictionary<string, Channel>
    {
        ["email"] = Channel.Email,
        ["push"] = Channel.Push,
        ["mobilepush"] = Channel.Push,
        ["sms"] = Channel.Sms,
        ["ads"] = Channel.Ads,
        ["onsite"] = Channel.Onsite,
        ["parcel"] = Channel.Parcel,
        ["service"] = Channel.Service,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    static readonly FrozenDictionary<string, Meaning> ByName = Table
        .SelectMany(row => row.Names.Select(name => KeyValuePair.Create(name, row.Meaning)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every name with a typed payload.</summary>
    internal static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Sets the payload of a track event.</summary>
    public static void Apply(string name, Properties properties, Event target)
    {
        if (ByName.TryGetValue(name.Trim(), out var meaning)) meaning(target, properties);
        else target.Custom = new CustomEvent { Name = name, Properties = properties.Whole() };
    }

    // V1 wrote orderId, checkoutId, shippingMethod and paymentMethod.
    static string OrderId(Properties p) => p.Text("order_id", "orderId");

    static ProductListViewed List(Properties p, bool filtered) => new() { ListId = p.Text("list_id"), Category = p.Text("category"), Filtered = filtered, Products = { p.Products() } };

    static PromotionEngaged Promotion(Properties p, bool clicked) => new()
    {
        PromotionId = p.Text("promotion_id", "id"),
        Name = p.Text("name"),
        Creative = p.Text("creative"),
        Position = p.Text("position"),
        Clicked = clicked,
    };

    static CartChanged OneInCart(Properties p, Cart change) => new() { Change = change, CartId = p.Text("cart_id"), Products = { p.Product() } };

    static CartChanged WholeCart(Properties p, Cart change) => new() { Change = change, CartId = p.Text("cart_id"), Products = { p.Products() } };

    static WishlistChanged InWishlist(Properties p, Wishlist change) => new()
    {
        Change = change,
        WishlistId = p.Text("wishlist_id"),
        WishlistName = p.Text("wishlist_name"),
        CartId = p.Text("cart_id"),
        Product = p.Product(),
    };

    static ProductReviewed Review(Properties p)
    {
        var review = new ProductReviewed { ProductId = p.Text("product_id"), ReviewId = p.Text("review_id"), ReviewBody = p.Text("review_body") };
        if (p.NumberIfAny("rating") is { } rating) review.Rating = rating;
        return review;
    }

    static CheckoutProgressed Checkout(Properties p, Step step) => new()
    {
        Step = step,
        CheckoutId = p.Text("checkout_id", "checkoutId"),
        OrderId = OrderId(p),
        Number = p.Whole("step"),
        ShippingMethod = p.Text("shipping_method", "shippingMethod"),
        PaymentMethod = p.Text("payment_method", "paymentMethod"),
        Amounts = p.Amounts(),
        Products = { p.Products() },
    };

    static OrderCompleted Completed(Properties p) => new()
    {
        OrderId = OrderId(p),
        CheckoutId = p.Text("checkout_id"),
        Affiliation = p.Text("affiliation"),
        Amounts = p.Amounts(),
        Coupon = p.Text("coupon"),
        Products = { p.Products() },
    };

    static OrderUpdated Updated(Properties p) => new()
    {
        OrderId = OrderId(p),
        Affiliation = p.Text("affiliation"),
        Amounts = p.Amounts(),
        Coupon = p.Text("coupon"),
        Products = { p.Products() },
    };

    static OrderRefunded Refunded(Properties p) => new() { OrderId = OrderId(p), Total = p.Money("total", "revenue"), Reason = p.Text("reason"), Products = { p.Products() } };

    static CouponChanged WithCoupon(Properties p, Coupon change) => new()
    {
        Change = change,
        CouponId = p.Text("coupon_id"),
        CouponName = p.Text("coupon_name"),
        OrderId = OrderId(p),
        CartId = p.Text("cart_id"),
        Discount = p.Money("discount"),
        Reason = p.Text("reason"),
    };

    static MessageEngaged Message(Properties p, Channel channel, Interaction interaction)
    {
        var campaign = p.Inner("campaign");
        return new MessageEngaged
        {
            Channel = ChannelOf(p, channel),
            Interaction = interaction,
            MessageId = p.Text("email_id", "message_id", "messageId"),
            Subject = p.Text("email_subject", "subject"),
            CampaignId = p.Text("campaign_id") is { Length: > 0 } id ? id : campaign.Text("id"),
            CampaignName = p.Text("campaign_name") is { Length: > 0 } name ? name : campaign.Text("name"),
            LinkId = p.Text("link_id"),
            LinkUrl = p.Text("link_url"),
            ListId = p.Text("list_id"),
        };
    }

    static SurveyAnswered Survey(Properties p)
    {
        var answer = new SurveyAnswered { SurveyId = p.Text("survey_id"), Comment = p.Text("comment") };
        if (p.NumberIfAny("score") is { } score) answer.Score = score;
        return answer;
    }

    static SupportTicketChanged Ticket(Properties p, bool closed) => new() { TicketId = p.Text("ticket_id"), Closed = closed, Subject = p.Text("subject") };

    static ConsentChanged Consent(Properties p, bool granted) => new() { Channel = ChannelOf(p, Channel.Unspecified), Purpose = p.Text("purpose"), Granted = granted, Source = p.Text("source") };

    /// <summary>Property <c>channel</c> by its name in any case ("email", "Sms"); otherwise, or when it is none and therefore left, what the event's name implies.</summary>
    static Channel ChannelOf(Properties p, Channel implied)
    {
        var told = Channels.GetValueOrDefault(p.Peek("channel"));
        if (told == Channel.Unspecified) return implied;
        p.Text("channel");
        return told;
    }
}
