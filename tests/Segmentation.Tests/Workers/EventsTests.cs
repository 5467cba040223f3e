using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Workers;
using Channel = Perennial.Common.V1.Channel;

namespace Perennial.Segmentation.Tests.Workers;

public sealed class EventsTests
{
    static Sighting Of(Event e)
    {
        e.MessageId = "m1";
        return Events.ToSighting(new RecordedEvent { Shop = "tea", Customer = "user:a", Identified = true, EventTime = Given.Utc("2024-01-02T03:04:05.678Z").ToTimestamp(), Event = e });
    }

    static (decimal?, string) Ordered(OrderAmounts? amounts, params Product[] products)
    {
        var fact = Of(new Event { OrderCompleted = new OrderCompleted { OrderId = "o1", Amounts = amounts, Products = { products } } }).Fact!;
        return (fact.Amount, fact.Currency);
    }

    static Product Priced(decimal price, double quantity, string currency = "") => new() { Price = Said.Money(price, currency), Quantity = quantity };

    [Fact]
    public void An_order_is_a_fact_with_its_time_and_ids()
        => Assert.Equal(new Sighting("tea", "user:a", true, Given.Utc("2024-01-02T03:04:05.678Z"), new Fact(FactKind.Ordered, Given.Utc("2024-01-02T03:04:05.678Z"), "m1", "o1", 12.5m, "EUR")), Of(Said.Ordered("o1", 12.5m, "eur")));

    [Fact]
    public void Every_kind_of_order_event_is_a_fact()
    {
        Assert.Equal(FactKind.Updated, Of(new Event { OrderUpdated = new OrderUpdated { OrderId = "o1" } }).Fact!.Kind);
        Assert.Equal(FactKind.Cancelled, Of(Said.Cancelled("o1")).Fact!.Kind);
        Assert.Equal(FactKind.Refunded, Of(Said.Refunded("o1")).Fact!.Kind);
    }

    [Fact]
    public void Every_other_event_only_shows_the_customer()
    {
        foreach (var field in Event.Descriptor.Oneofs.Single().Fields.Where(f => !f.Name.StartsWith("order_", StringComparison.Ordinal)))
        {
            var e = new Event();
            field.Accessor.SetValue(e, field.MessageType.Parser.ParseFrom([]));
            Assert.Null(Of(e).Fact);
        }
    }

    [Fact]
    public void Only_a_refund_may_leave_open_which_order()
    {
        Assert.Null(Of(Said.Ordered("", 5)).Fact);
        Assert.Null(Of(Said.Cancelled("")).Fact);
        Assert.Equal(("", 5), (Of(Said.Refunded("", 5)).Fact!.OrderId, (int)Of(Said.Refunded("", 5)).Fact!.Amount!));
    }

    [Fact]
    public void The_value_of_an_order_is_the_first_amount_that_is_given()
    {
        var all = new OrderAmounts { Total = Said.Money(4), Revenue = Said.Money(3), Subtotal = Said.Money(2) };
        var line = Priced(0.5m, 2);
        Assert.Equal((4m, ""), Ordered(all, line));
        all.Total = null;
        Assert.Equal((3m, ""), Ordered(all, line));
        all.Revenue = null;
        Assert.Equal((2m, ""), Ordered(all, line));
        all.Subtotal = null;
        Assert.Equal((1m, ""), Ordered(all, line));
        Assert.Equal((null, ""), Ordered(all));
        Assert.Equal((null, ""), Ordered(null, new Product { Quantity = 3 }));
    }

    [Fact]
    public void Products_sum_in_the_currency_that_they_name()
    {
        Assert.Equal((7.35m, "GBP"), Ordered(null, Priced(1.45m, 3, "GBP"), Priced(2, 1.5), new Product { Quantity = 9 }));
        Assert.Equal((5m, "XXX"), Ordered(null, Priced(2, 1, "GBP"), Priced(3, 1, "USD")));
        Assert.Equal((5m, "GBP"), Ordered(null, Priced(2, 1, "GBP"), Priced(3, 1, "gbp")));
    }

    [Fact]
    public void Amounts_are_kept_to_four_decimals() => Assert.Equal((1.2346m, ""), Ordered(new OrderAmounts { Total = Said.Money(1.23456m) }));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void A_quantity_that_is_no_number_counts_for_none(double quantity) => Assert.Equal((0m, ""), Ordered(null, Priced(5, quantity)));

    [Fact]
    public void An_amount_beyond_belief_is_bounded()
    {
        Assert.Equal((Events.AmountMax, ""), Ordered(new OrderAmounts { Total = new() { Units = long.MaxValue } }));
        Assert.Equal((-Events.AmountMax, ""), Ordered(new OrderAmounts { Total = new() { Units = long.MinValue } }));
        Assert.Equal((Events.AmountMax, ""), Ordered(null, [.. Enumerable.Repeat(new Product { Price = new() { Units = long.MaxValue }, Quantity = 1e9 }, 1_000)]));
    }

    [Fact]
    public void An_unreadable_currency_is_none_of_the_shops() => Assert.Equal("XXX", Ordered(new OrderAmounts { Total = Said.Money(1, "pounds") }).Item2);

    [Fact]
    public void A_refund_is_an_amount_without_its_sign_or_the_whole()
    {
        Assert.Equal(3, Of(Said.Refunded("o1", 3)).Fact!.Amount);
        Assert.Equal(3, Of(Said.Refunded("o1", -3)).Fact!.Amount);
        Assert.Null(Of(Said.Refunded("o1")).Fact!.Amount);
    }

    public static TheoryData<string, Event> Seen() => new()
    {
        { "View", new() { ProductViewed = new() } }, { "View", new() { ProductListViewed = new() } }, { "View", new() { ProductsSearched = new() } },
        { "View", new() { CartChanged = new() } }, { "View", new() { WishlistChanged = new() } }, { "View", new() { CheckoutProgressed = new() } },
        { "Visit", Said.Visited() }, { "Visit", new() { PromotionEngaged = new() } }, { "Visit", new() { CouponChanged = new() } }, { "Visit", new() { ProductShared = new() } },
        { "Event", new() { ProductReviewed = new() } }, { "Event", new() { TraitsChanged = new() } }, { "Event", new() { Custom = new() { Name = "x" } } }, { "Event", Said.Ordered("", 5) },
        { "Event", Message(MessageEngaged.Types.Interaction.Opened) }, { "Event", Message(MessageEngaged.Types.Interaction.Unsubscribed) },
        { "", Message(MessageEngaged.Types.Interaction.Sent) }, { "", Message(MessageEngaged.Types.Interaction.Delivered) }, { "", Message(MessageEngaged.Types.Interaction.Bounced) },
        // A fact says that somebody was there; an erasure is not theirs.
        { "", Said.Ordered("o1", 5) }, { "", new() { CustomerErased = new() } },
    };

    static Event Message(MessageEngaged.Types.Interaction interaction) => new() { MessageEngaged = new() { Channel = Channel.Email, Interaction = interaction } };

    [Theory]
    [MemberData(nameof(Seen))]
    public void What_a_customer_does_is_a_view_a_visit_or_an_event(string kind, Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        Assert.Equal(kind, Of(e).Activity?.Kind.ToString() ?? "");
    }

    [Fact]
    public void A_sign_of_life_keeps_its_time_and_message()
        => Assert.Equal(new Activity(ActivityKind.Visit, Given.Utc("2024-01-02T03:04:05.678Z"), "m1", new Touch(TouchKind.Visit)), Of(Said.Visited()).Activity);

    public static TheoryData<string, Event> Touches() => new()
    {
        { "Visit", Said.Visited() }, { "Visit", new() { ProductViewed = new() } }, { "Visit", new() { ProductListViewed = new() } }, { "Visit", new() { ProductsSearched = new() } }, { "Visit", new() { CheckoutProgressed = new() } },
        { "Visit", new() { CartChanged = new() { Change = CartChanged.Types.Change.Viewed } } }, { "Action", new() { CartChanged = new() { Change = CartChanged.Types.Change.ProductAdded } } },
        { "Action", new() { WishlistChanged = new() } }, { "Action", new() { ProductShared = new() } }, { "Action", new() { ProductReviewed = new() } }, { "Action", new() { CouponChanged = new() } }, { "Action", Survey("nps", 9) },
        { "None", new() { PromotionEngaged = new() } }, { "Action", new() { PromotionEngaged = new() { Clicked = true } } },
        { "Opened Email", Message(MessageEngaged.Types.Interaction.Opened) }, { "Clicked Email", Message(MessageEngaged.Types.Interaction.Clicked) }, { "None", Message(MessageEngaged.Types.Interaction.Unsubscribed) },
        { "Clicked Push", new() { MessageEngaged = new() { Channel = Channel.Push, Interaction = MessageEngaged.Types.Interaction.Clicked } } }, { "None", new() { MessageEngaged = new() { Channel = (Channel)99, Interaction = MessageEngaged.Types.Interaction.Opened } } },
        { "None", new() { TraitsChanged = new() } }, { "None", new() { ConsentChanged = new() } }, { "None", new() { SupportTicketChanged = new() } }, { "None", new() { Custom = new() { Name = "x" } } },
    };

    [Theory]
    [MemberData(nameof(Touches))]
    public void What_a_customer_does_is_the_touch_that_the_engagement_house_sees(string touch, Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        var found = Of(e).Activity!.Touch;
        Assert.Equal(touch, found.Channel == default ? $"{found.Kind}" : $"{found.Kind} {found.Channel}");
    }

    public static TheoryData<string, double?, Event> Opinions() => new()
    {
        { "Referral", null, new() { Custom = new() { Name = "Referral Made" } } }, { "Referral", null, new() { Custom = new() { Name = "invite sent" } } }, { "", null, new() { Custom = new() { Name = "Referral" } } },
        { "Share", null, new() { ProductShared = new() } }, { "Share", null, new() { CartChanged = new() { Change = CartChanged.Types.Change.Shared } } }, { "", null, new() { CartChanged = new() { Change = CartChanged.Types.Change.Viewed } } },
        { "Review", null, new() { ProductReviewed = new() } }, { "Review", 4.3333, new() { ProductReviewed = new() { Rating = 4.33333 } } }, { "Review", null, new() { ProductReviewed = new() { Rating = double.NaN } } },
        { "Review", 1e12, new() { ProductReviewed = new() { Rating = double.MaxValue } } },
        { "NpsAnswer", 9, Survey("NPS 2024", 9) }, { "NpsAnswer", 0, Survey("nps", 0) }, { "", null, Survey("nps", null) }, { "", null, Survey("nps", 11) }, { "", null, Survey("nps", -1) }, { "", null, Survey("csat", 5) },
    };

    static Event Survey(string id, double? score)
    {
        var answer = new SurveyAnswered { SurveyId = id };
        if (score is { } said) answer.Score = said;
        return new() { SurveyAnswered = answer };
    }

    [Theory]
    [MemberData(nameof(Opinions))]
    public void What_a_customer_says_of_the_shop_is_an_opinion(string kind, double? score, Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        var opinion = Of(e).Opinion;
        Assert.Equal((kind, (decimal?)score), (opinion?.Kind.ToString() ?? "", opinion?.Score));
    }

    [Fact]
    public void A_batch_splits_into_shops_and_sightings()
    {
        var configured = new RecordedEvent { Shop = "tea", Event = new Event { ShopConfigured = new ShopConfigured { TimeZone = "Europe/London", CurrencyCode = "GBP" } } };
        var visited = new RecordedEvent { Shop = "tea", Customer = "anon:1", EventTime = new Timestamp(), Event = Said.Visited() };
        var batch = HistoryFeed.ToEvents(new FeedBatch(2, 5, 9, [configured, visited]));
        Assert.Equal((2, 5, 9), (batch.Partition, batch.After, batch.Next));
        Assert.Equal([new ShopSettings("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], batch.Shops);
        Assert.Equal([new Sighting("tea", "anon:1", false, DateTimeOffset.UnixEpoch, null) { Activity = new(ActivityKind.Visit, DateTimeOffset.UnixEpoch, "", new Touch(TouchKind.Visit)) }], batch.Sightings);
    }
}
