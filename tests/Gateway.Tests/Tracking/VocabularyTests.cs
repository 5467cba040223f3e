using System.Text.Json;
using Google.Protobuf;
using Perennial.Common.V1;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Tests.Tracking;

/// <summary>Every name of tracking-protocol C.3 and C.4 with the properties it comes with, and the payload that they mean.</summary>
public sealed class VocabularyTests
{
    const string Product = """ "product_id":"p1","sku":"s1","category":"Games","name":"Monopoly","brand":"Hasbro","variant":"200 pieces","price":19.99,"quantity":2,"coupon":"MAYDEALS","position":3,"url":"https://x/p1","image_url":"https://x/p1.jpg" """;
    const string Means = """ "productId":"p1","sku":"s1","category":"Games","name":"Monopoly","brand":"Hasbro","variant":"200 pieces","price":{"currencyCode":"USD","units":"19","nanos":990000000},"quantity":2,"coupon":"MAYDEALS","position":3,"url":"https://x/p1","imageUrl":"https://x/p1.jpg" """;
    const string Amounts = """ "subtotal":"22.50","total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"currency":"usd" """;
    const string Owed = """ "subtotal":{"currencyCode":"USD","units":"22","nanos":500000000},"total":{"currencyCode":"USD","units":"27","nanos":500000000},"revenue":{"currencyCode":"USD","units":"25"},"shipping":{"currencyCode":"USD","units":"3"},"tax":{"currencyCode":"USD","units":"2"},"discount":{"currencyCode":"USD","units":"2","nanos":500000000} """;
    const string Email = """ "email_id":"e1","email_subject":"Hello","campaign_id":"c1","campaign_name":"Spring" """;
    const string Mail = """ "channel":"CHANNEL_EMAIL","messageId":"e1","subject":"Hello","campaignId":"c1","campaignName":"Spring" """;
    const string Push = """ "message_id":"n1","campaign":{"name":"Spring","source":"push","medium":"app","content":"a"} """;
    const string Pushed = """ "channel":"CHANNEL_PUSH","messageId":"n1","campaignName":"Spring" """;

    public static TheoryData<string, string, string> Table() => new()
    {
        { "Products Searched", """{"query":"red shoes"}""", """{"productsSearched":{"query":"red shoes"}}""" },
        { "Product List Viewed|Viewed Product Category", """{"list_id":"l1","category":"Deals","currency":"USD","products":[{<Product>}]}""", """{"productListViewed":{"listId":"l1","category":"Deals","products":[{<Means>}]}}""" },
        { "Product List Filtered", """{"list_id":"l1","category":"Deals","filters":[{"type":"price","value":"low"}],"sorts":[],"products":[{"product_id":7}]}""", """{"productListViewed":{"listId":"l1","category":"Deals","filtered":true,"products":[{"productId":"7","quantity":1}]},"properties":{"filters":[{"type":"price","value":"low"}],"sorts":[]}}""" },
        { "Promotion Viewed|Viewed Promotion", """{"promotion_id":"pr1","creative":"top","name":"Sale","position":"home_top"}""", """{"promotionEngaged":{"promotionId":"pr1","creative":"top","name":"Sale","position":"home_top"}}""" },
        { "Promotion Clicked|Clicked Promotion", """{"promotion_id":"pr1","position":2}""", """{"promotionEngaged":{"promotionId":"pr1","position":"2","clicked":true}}""" },
        { "Product Clicked|Clicked Product", """{<Product>,"currency":"usd"}""", """{"productViewed":{"clicked":true,"product":{<Means>}}}""" },
        { "Product Viewed|Viewed Product", """{<Product>,"currency":"usd","value":39.98}""", """{"productViewed":{"product":{<Means>}},"properties":{"value":39.98}}""" },
        { "Product Added|Added Product", """{"cart_id":"k1",<Product>,"currency":"usd"}""", """{"cartChanged":{"change":"CHANGE_PRODUCT_ADDED","cartId":"k1","products":[{<Means>}]}}""" },
        { "Product Removed|Removed Product", """{"cart_id":"k1","product_id":"p1"}""", """{"cartChanged":{"change":"CHANGE_PRODUCT_REMOVED","cartId":"k1","products":[{"productId":"p1","quantity":1}]}}""" },
        { "Cart Viewed", """{"cart_id":"k1","currency":"usd","products":[{<Product>}]}""", """{"cartChanged":{"change":"CHANGE_VIEWED","cartId":"k1","products":[{<Means>}]}}""" },
        { "Cart Shared", """{"share_via":"email","share_message":"look","recipient":"a@b","cart_id":"k1","products":[{"product_id":"p1"}]}""", """{"cartChanged":{"change":"CHANGE_SHARED","cartId":"k1","products":[{"productId":"p1","quantity":1}]},"properties":{"share_via":"email","share_message":"look","recipient":"a@b"}}""" },
        { "Checkout Started|Started Order", """{"order_id":"o1","affiliation":"web",<Amounts>,"products":[{<Product>}]}""", """{"checkoutProgressed":{"step":"STEP_STARTED","orderId":"o1","amounts":{<Owed>},"products":[{<Means>}]},"properties":{"affiliation":"web"}}""" },
        { "Checkout Step Viewed|Viewed Checkout Step", """{"checkout_id":"ch1","step":2,"shipping_method":"Fedex","payment_method":"Visa"}""", """{"checkoutProgressed":{"step":"STEP_VIEWED","checkoutId":"ch1","number":2,"shippingMethod":"Fedex","paymentMethod":"Visa"}}""" },
        { "Checkout Step Completed|Completed Checkout Step", """{"checkout_id":"ch1","step":"2"}""", """{"checkoutProgressed":{"step":"STEP_COMPLETED","checkoutId":"ch1","number":2}}""" },
        { "Viewed Checkout Step", """{"checkoutId":"ch1","step":1,"shippingMethod":"Fedex","paymentMethod":"Visa"}""", """{"checkoutProgressed":{"step":"STEP_VIEWED","checkoutId":"ch1","number":1,"shippingMethod":"Fedex","paymentMethod":"Visa"}}""" },
        { "Payment Info Entered", """{"checkout_id":"ch1","order_id":"o1","step":3,"payment_method":"Visa"}""", """{"checkoutProgressed":{"step":"STEP_PAYMENT_INFO_ENTERED","checkoutId":"ch1","orderId":"o1","number":3,"paymentMethod":"Visa"}}""" },
        { "Order Completed|Completed Order", """{"checkout_id":"ch1","order_id":"o1","affiliation":"web","coupon":"hasbros",<Amounts>,"products":[{<Product>}]}""", """{"orderCompleted":{"checkoutId":"ch1","orderId":"o1","affiliation":"web","coupon":"hasbros","amounts":{<Owed>},"products":[{<Means>}]}}""" },
        { "Completed Order", """{"orderId":50314,"total":30,"products":[{"id":"p1","price":"15"}]}""", """{"orderCompleted":{"orderId":"50314","amounts":{"total":{"units":"30"}},"products":[{"productId":"p1","price":{"units":"15"},"quantity":1}]}}""" },
        { "Order Updated|Updated Order", """{"order_id":"o1","affiliation":"web","coupon":"x",<Amounts>,"products":[{<Product>}]}""", """{"orderUpdated":{"orderId":"o1","affiliation":"web","coupon":"x","amounts":{<Owed>},"products":[{<Means>}]}}""" },
        { "Order Refunded", """{"order_id":"o1"}""", """{"orderRefunded":{"orderId":"o1"}}""" },
        { "Order Refunded", """{"order_id":"o1","total":30,"currency":"USD","reason":"broken","products":[{<Product>}]}""", """{"orderRefunded":{"orderId":"o1","total":{"currencyCode":"USD","units":"30"},"reason":"broken","products":[{<Means>}]}}""" },
        { "Order Cancelled", """{"order_id":"o1",<Amounts>,"reason":"late"}""", """{"orderCancelled":{"orderId":"o1","reason":"late"},"properties":{<Amounts>}}""" },
        { "Coupon Entered", """{"order_id":"o1","cart_id":"k1","coupon_id":"cp1"}""", """{"couponChanged":{"change":"CHANGE_ENTERED","orderId":"o1","cartId":"k1","couponId":"cp1"}}""" },
        { "Coupon Applied", """{"order_id":"o1","cart_id":"k1","coupon_id":"cp1","coupon_name":"Spring","discount":"23.32","currency":"eur"}""", """{"couponChanged":{"change":"CHANGE_APPLIED","orderId":"o1","cartId":"k1","couponId":"cp1","couponName":"Spring","discount":{"currencyCode":"EUR","units":"23","nanos":320000000}}}""" },
        { "Coupon Denied", """{"coupon_id":"cp1","reason":"expired"}""", """{"couponChanged":{"change":"CHANGE_DENIED","couponId":"cp1","reason":"expired"}}""" },
        { "Coupon Removed", """{"coupon_id":"cp1","discount":5}""", """{"couponChanged":{"change":"CHANGE_REMOVED","couponId":"cp1","discount":{"units":"5"}}}""" },
        { "Product Added to Wishlist", """{"wishlist_id":"w1","wishlist_name":"Loved",<Product>,"currency":"usd"}""", """{"wishlistChanged":{"change":"CHANGE_PRODUCT_ADDED","wishlistId":"w1","wishlistName":"Loved","product":{<Means>}}}""" },
        { "Product Removed from Wishlist", """{"wishlist_id":"w1","product_id":"p1"}""", """{"wishlistChanged":{"change":"CHANGE_PRODUCT_REMOVED","wishlistId":"w1","product":{"productId":"p1","quantity":1}}}""" },
        { "Wishlist Product Added to Cart", """{"wishlist_id":"w1","cart_id":"k1","product_id":"p1"}""", """{"wishlistChanged":{"change":"CHANGE_PRODUCT_ADDED_TO_CART","wishlistId":"w1","cartId":"k1","product":{"productId":"p1","quantity":1}}}""" },
        { "Product Shared", """{"share_via":"email","share_message":"look","recipient":"a@b",<Product>,"currency":"usd"}""", """{"productShared":{"shareVia":"email","product":{<Means>}},"properties":{"share_message":"look","recipient":"a@b"}}""" },
        { "Product Reviewed", """{"product_id":"p1","review_id":"r1","review_body":"Good","rating":"5"}""", """{"productReviewed":{"productId":"p1","reviewId":"r1","reviewBody":"Good","rating":5}}""" },
        { "Product Reviewed", """{"product_id":"p1","rating":"five stars"}""", """{"productReviewed":{"productId":"p1"},"properties":{"rating":"five stars"}}""" },
        { "Email Sent", """{<Email>}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_SENT"}}""" },
        { "Email Delivered|DFEmailDelivered", """{<Email>}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_DELIVERED"}}""" },
        { "Email Opened|DFEmailOpened", """{<Email>}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_OPENED"}}""" },
        { "Email Link Clicked|DFEmailClicked", """{<Email>,"link_id":"l1","link_url":"https://x"}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_CLICKED","linkId":"l1","linkUrl":"https://x"}}""" },
        { "Email Bounced|DFEmailBounced", """{<Email>}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_BOUNCED"}}""" },
        { "Email Marked as Spam|DFEmailMarkedSpam", """{<Email>}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_MARKED_AS_SPAM"}}""" },
        { "Unsubscribed", """{<Email>,"list_id":"n1","list_name":"News"}""", """{"messageEngaged":{<Mail>,"interaction":"INTERACTION_UNSUBSCRIBED","listId":"n1"},"properties":{"list_name":"News"}}""" },
        { "DFInternalMessageSent", """{"messageId":"m1","channel":"Sms"}""", """{"messageEngaged":{"channel":"CHANNEL_SMS","interaction":"INTERACTION_SENT","messageId":"m1"}}""" },
        { "Push Notification Received", """{<Push>}""", """{"messageEngaged":{<Pushed>,"interaction":"INTERACTION_DELIVERED"},"properties":{"campaign":{"source":"push","medium":"app","content":"a"}}}""" },
        { "Push Notification Tapped", """{<Push>}""", """{"messageEngaged":{<Pushed>,"interaction":"INTERACTION_CLICKED"},"properties":{"campaign":{"source":"push","medium":"app","content":"a"}}}""" },
        { "Push Notification Bounced", """{<Push>}""", """{"messageEngaged":{<Pushed>,"interaction":"INTERACTION_BOUNCED"},"properties":{"campaign":{"source":"push","medium":"app","content":"a"}}}""" },
        { "DFSmsDelivered", """{"messageId":"m1"}""", """{"messageEngaged":{"channel":"CHANNEL_SMS","interaction":"INTERACTION_DELIVERED","messageId":"m1"}}""" },
        { "DFSmsFailed", """{"messageId":"m1","to":"+49"}""", """{"messageEngaged":{"channel":"CHANNEL_SMS","interaction":"INTERACTION_BOUNCED","messageId":"m1"},"properties":{"to":"+49"}}""" },
        { "Survey Answered", """{"survey_id":"nps","score":9,"comment":"fine"}""", """{"surveyAnswered":{"surveyId":"nps","score":9,"comment":"fine"}}""" },
        { "Support Ticket Opened", """{"ticket_id":"t1","subject":"Late"}""", """{"supportTicketChanged":{"ticketId":"t1","subject":"Late"}}""" },
        { "Support Ticket Closed", """{"ticket_id":"t1"}""", """{"supportTicketChanged":{"ticketId":"t1","closed":true}}""" },
        { "Consent Granted", """{"channel":"email","purpose":"marketing","source":"checkout"}""", """{"consentChanged":{"channel":"CHANNEL_EMAIL","purpose":"marketing","granted":true,"source":"checkout"}}""" },
        { "Consent Withdrawn", """{"channel":"sms"}""", """{"consentChanged":{"channel":"CHANNEL_SMS"}}""" },
        { "Experiment Viewed", """{"experiment_id":"x","n":1.5,"deep":{"list":[1,"a",null,true]}}""", """{"custom":{"name":"Experiment Viewed","properties":{"experiment_id":"x","n":1.5,"deep":{"list":[1,"a",null,true]}}}}""" },
        { "Anything else", "{}", """{"custom":{"name":"Anything else","properties":{}}}""" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Means_its_typed_payload(string names, string properties, string expected)
    {
        foreach (var name in names.Split('|'))
        {
            var item = Read($$$"""{"type":"track","messageId":"m","userId":"u","event":"{{{name}}}","properties":{{{Whole(properties)}}}}""");
            Assert.Empty(item.Violations);
            var wanted = JsonParser.Default.Parse<Event>(Whole(expected));
            (wanted.MessageId, wanted.UserId) = ("m", "u");
            Assert.Equal(wanted, item.Event);
        }
    }

    // The parts that many rows share.
    static string Whole(string row) => row
        .Replace("<Product>", Product, StringComparison.Ordinal).Replace("<Means>", Means, StringComparison.Ordinal)
        .Replace("<Amounts>", Amounts, StringComparison.Ordinal).Replace("<Owed>", Owed, StringComparison.Ordinal)
        .Replace("<Email>", Email, StringComparison.Ordinal).Replace("<Mail>", Mail, StringComparison.Ordinal)
        .Replace("<Push>", Push, StringComparison.Ordinal).Replace("<Pushed>", Pushed, StringComparison.Ordinal);

    [Fact]
    public void Every_name_of_the_vocabulary_is_in_the_table()
        => Assert.Empty(Vocabulary.Names.Except(Table().SelectMany(row => row.Data.Item1.Split('|'))));

    [Theory]
    [InlineData("order completed")]
    [InlineData(" ORDER COMPLETED ")]
    public void Case_and_blanks_around_a_name_do_not_matter(string name)
        => Assert.Equal(Event.PayloadOneofCase.OrderCompleted, Read($$$"""{"type":"track","userId":"u","event":"{{{name}}}","properties":{"order_id":"1"}}""").Event?.PayloadCase);

    internal static Item Read(string item, string envelope = "{}")
        => Item.Read(JsonDocument.Parse(item).RootElement, new Batch(Batch.Many, [], JsonDocument.Parse(envelope).RootElement));
}
