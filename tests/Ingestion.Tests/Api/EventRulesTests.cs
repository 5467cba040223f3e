using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Ingestion.Api;

namespace Perennial.Ingestion.Tests.Api;

public sealed class EventRulesTests
{
    static readonly string Long = new('x', 201);

    static Event With(Action<Event> change)
    {
        var e = Some.Order("m");
        change(e);
        return e;
    }

    static Event Of(Action<Event> payload)
    {
        var e = new Event { MessageId = "m", AnonymousId = "visitor" };
        payload(e);
        return e;
    }

    static string Faults(Event e)
    {
        var faults = new Faults();
        EventRules.Check(e, Some.Instant, new IngestionOptions(), faults);
        return string.Join(' ', faults.Take()?.Select(f => f.Field) ?? []);
    }

    public static TheoryData<Event> Good =>
    [
        Some.Order("m"),
        With(e => e.AnonymousId = "null"),
        With(e => e.OrderCompleted.Amounts = null),
        With(e => e.OrderCompleted.Products.Add(new Product { Name = "no id", Quantity = 0.5, Price = new Money { Units = -1 } })),
        Of(e => e.OrderUpdated = new OrderUpdated { OrderId = "1" }),
        Of(e => e.OrderCancelled = new OrderCancelled { OrderId = "1" }),
        Of(e => e.OrderRefunded = new OrderRefunded { OrderId = "1" }),
        Of(e => e.OrderRefunded = new OrderRefunded { Total = Some.Pounds(3) }),
        Of(e => e.CheckoutProgressed = new CheckoutProgressed()),
        Of(e => e.CartChanged = new CartChanged()),
        Of(e => e.WishlistChanged = new WishlistChanged()),
        Of(e => e.ProductViewed = new ProductViewed { Product = new Product { ProductId = "p" } }),
        Of(e => e.ProductListViewed = new ProductListViewed()),
        Of(e => e.ProductsSearched = new ProductsSearched { Query = "" }),
        Of(e => e.ProductShared = new ProductShared()),
        Of(e => e.ProductReviewed = new ProductReviewed { Rating = 4.5 }),
        Of(e => e.PromotionEngaged = new PromotionEngaged()),
        Of(e => e.CouponChanged = new CouponChanged()),
        Of(e => e.MessageEngaged = new MessageEngaged { Channel = Channel.Email, Interaction = MessageEngaged.Types.Interaction.Opened }),
        Of(e => e.PageViewed = new PageViewed()),
        Of(e => e.SurveyAnswered = new SurveyAnswered { Score = 9 }),
        Of(e => e.SupportTicketChanged = new SupportTicketChanged()),
        Of(e => e.ConsentChanged = new ConsentChanged { Channel = Channel.Sms }),
        Of(e => e.TraitsChanged = new TraitsChanged()),
        Of(e => e.Custom = new CustomEvent { Name = "Anything Else" }),
        Of(e => e.CustomerAliased = new CustomerAliased { PreviousId = "before" }),
        With(e => (e.UserId, e.Email) = ("", "Ann@example.com")),
        With(e => (e.UserId, e.Email, e.AnonymousId) = ("", " " + new string('x', 250) + "@b.c", "null")),
        External("shopify", "9"),
        External(new string('t', 32), new string('x', 160)),
        External([.. Enumerable.Repeat(("erp", "1"), 5)]),
    ];

    static Event External(string type, string id) => External((type, id));

    static Event External(params (string Type, string Id)[] ids) => With(e =>
    {
        e.UserId = "";
        e.ExternalIds.Add(ids.Select(x => new ExternalId { Type = x.Type, Id = x.Id }));
    });

    [Theory, MemberData(nameof(Good))]
    public void Takes_every_kind_of_event(Event e) => Assert.Equal("", Faults(e));

    public static TheoryData<Event, string> Bad => new()
    {
        { new Event(), "message_id user_id payload" },
        { With(e => e.MessageId = new string('m', 101)), "message_id" },
        { With(e => e.MessageId = "m "), "message_id" },
        { With(e => e.UserId = Long), "user_id" },
        { With(e => e.UserId = "undefined"), "user_id" },
        { With(e => e.UserId = "0000"), "user_id" },
        { With(e => e.UserId = "  "), "user_id" },
        { With(e => (e.UserId, e.AnonymousId) = ("", "anonymous")), "anonymous_id" },
        { With(e => (e.UserId, e.AnonymousId) = ("null", "visitor")), "user_id" },
        { With(e => e.AnonymousId = Long), "anonymous_id" },
        { With(e => e.Timestamp = new Timestamp { Seconds = -1 }), "timestamp" },
        { With(e => e.OriginalTimestamp = new Timestamp { Seconds = 253_402_300_800 }), "original_timestamp" },
        { With(e => e.SentAt = new Timestamp { Nanos = -1 }), "sent_at" },
        { With(e => e.SentAt = new Timestamp { Nanos = 1_000_000_000 }), "sent_at" },
        { With(e => e.Timestamp = Some.Instant.AddSeconds(301).ToTimestamp()), "timestamp" },
        { With(e => (e.Timestamp, e.OriginalTimestamp, e.SentAt) = (null, Some.Instant.ToTimestamp(), Some.Instant.AddSeconds(-301).ToTimestamp())), "original_timestamp" },
        { With(e => (e.Timestamp, e.OriginalTimestamp, e.SentAt) = (null, new Timestamp(), new Timestamp { Seconds = 253_402_300_799 })), "original_timestamp" },
        { With(e => e.OrderCompleted.OrderId = ""), "order_completed.order_id" },
        { With(e => e.OrderCompleted.OrderId = Long), "order_completed.order_id" },
        { With(e => e.OrderCompleted.Amounts.Total.CurrencyCode = "gbp"), "order_completed.amounts.total" },
        { With(e => e.OrderCompleted.Amounts.Tax = new Money { Units = 1, Nanos = -1 }), "order_completed.amounts.tax" },
        { With(e => e.OrderCompleted.Products.Add([new Product(), new Product { ProductId = Long, Quantity = double.NaN, Price = new Money { Units = long.MaxValue } }])), "order_completed.products[1].product_id order_completed.products[1].quantity order_completed.products[1].price" },
        { With(e => e.OrderCompleted.Products.Add(new Product { Quantity = -1 })), "order_completed.products[0].quantity" },
        { With(e => e.OrderCompleted.Products.Add(new Product { Quantity = 1_000_000_001 })), "order_completed.products[0].quantity" },
        { With(e => e.OrderCompleted.Products.Add(Enumerable.Repeat(new Product(), 10_001))), "order_completed.products" },
        { Of(e => e.OrderUpdated = new OrderUpdated()), "order_updated.order_id" },
        { Of(e => e.OrderCancelled = new OrderCancelled()), "order_cancelled.order_id" },
        { Of(e => e.OrderRefunded = new OrderRefunded()), "order_refunded.order_id" },
        { Of(e => e.OrderRefunded = new OrderRefunded { OrderId = Long, Total = new Money { CurrencyCode = "?" } }), "order_refunded.order_id order_refunded.total" },
        { Of(e => e.CheckoutProgressed = new CheckoutProgressed { OrderId = Long }), "checkout_progressed.order_id" },
        { Of(e => e.WishlistChanged = new WishlistChanged { Product = new Product { ProductId = Long } }), "wishlist_changed.product.product_id" },
        { Of(e => e.ProductReviewed = new ProductReviewed { ProductId = Long, Rating = double.PositiveInfinity }), "product_reviewed.product_id product_reviewed.rating" },
        { Of(e => e.CouponChanged = new CouponChanged { OrderId = " ", Discount = new Money { Nanos = 1_000_000_000 } }), "coupon_changed.order_id coupon_changed.discount" },
        { Of(e => e.MessageEngaged = new MessageEngaged()), "message_engaged.channel message_engaged.interaction" },
        { Of(e => e.MessageEngaged = new MessageEngaged { Channel = (Channel)99, Interaction = MessageEngaged.Types.Interaction.Sent }), "message_engaged.channel" },
        { Of(e => e.SurveyAnswered = new SurveyAnswered { Score = double.NaN }), "survey_answered.score" },
        { Of(e => e.ConsentChanged = new ConsentChanged { Granted = true }), "consent_changed.channel" },
        { Of(e => e.Custom = new CustomEvent()), "custom.name" },
        { Of(e => e.ShopConfigured = new ShopConfigured()), "shop_configured" },
        { Of(e => e.CustomerReset = new CustomerReset()), "customer_reset" },
        { Of(e => e.CustomerErased = new CustomerErased()), "customer_erased" },
        { Of(e => e.CustomerAliased = new CustomerAliased()), "customer_aliased.previous_id" },
        { Of(e => e.CustomerAliased = new CustomerAliased { PreviousId = "undefined" }), "customer_aliased.previous_id" },
        { With(e => e.Email = "nobody"), "email" },
        { With(e => e.Email = new string('x', 251) + "@b.c"), "email" },
        { External("Shopify", "9"), "external_ids[0].type" },
        { External(("erp", "1"), ("", " 9")), "external_ids[1].type external_ids[1].id" },
        { External("erp", "null"), "external_ids[0].id" },
        { External("erp", ""), "external_ids[0].id" },
        { External("erp", new string('x', 161)), "external_ids[0].id" },
        { External([.. Enumerable.Repeat(("erp", "1"), 6)]), "external_ids" },
    };

    // Large orders also pass the size of an event: named "" for the event as a whole.
    [Theory, MemberData(nameof(Bad))]
    public void Names_all_that_is_wrong(Event e, string fields) => Assert.Equal(fields, Faults(e).Trim());
}
