using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Type;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Tests.Tracking;

public sealed class ItemTests
{
    static Item Track(string properties, string more = "") => VocabularyTests.Read($$"""{"type":"track","messageId":"m","userId":"u","event":"Order Completed","properties":{{properties}}{{more}}}""");

    [Theory]
    [InlineData("19.99", 19, 990_000_000)]
    [InlineData("\"19.99\"", 19, 990_000_000)]
    [InlineData("\" 19.99 \"", 19, 990_000_000)]
    [InlineData("0.1", 0, 100_000_000)]
    [InlineData("-4.50", -4, -500_000_000)]
    [InlineData("-0.000000001", 0, -1)]
    [InlineData("0.3000000000000000166", 0, 300_000_000)]
    [InlineData("1.2e2", 120, 0)]
    [InlineData("9007199254740993.01", 9_007_199_254_740_993, 10_000_000)]
    [InlineData("9223372036854775806.999999999", 9_223_372_036_854_775_806, 999_999_999)]
    [InlineData("0", 0, 0)]
    public void Money_is_exact(string json, long units, int nanos)
    {
        var item = Track($$"""{"order_id":"o","currency":"gbp","total":{{json}}}""");
        Assert.Empty(item.Violations);
        Assert.Equal(new Money { CurrencyCode = "GBP", Units = units, Nanos = nanos }, item.Event!.OrderCompleted.Amounts.Total);
    }

    [Fact]
    public void Any_amount_of_nine_decimals_survives()
        => Prop.ForAll(ArbMap.Default.ArbFor<long>(), ArbMap.Default.ArbFor<byte>(), (unscaled, scale) =>
        {
            var amount = new decimal((int)unscaled, (int)(unscaled >> 32) & 0x7fffffff, 0, unscaled < 0, (byte)(scale % 10));
            if (Math.Abs(amount) >= long.MaxValue) return true;
            var money = amount.ToMoney("EUR");
            using var json = JsonDocument.Parse(amount.ToString(CultureInfo.InvariantCulture));
            return Amounts.TryRead(json.RootElement, out var read) && read == amount && money.Units + money.Nanos / 1_000_000_000m == amount && Math.Abs(money.Nanos) < 1_000_000_000;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"order_id":"o","total":"abc"}""", "properties.total")]
    [InlineData("""{"order_id":"o","total":"1,299.00"}""", "properties.total")]
    [InlineData("""{"order_id":"o","total":"$19"}""", "properties.total")]
    [InlineData("""{"order_id":"o","total":1e30}""", "properties.total")]
    [InlineData("""{"order_id":"o","total":true}""", "properties.total")]
    [InlineData("""{"order_id":["o"]}""", "properties.order_id")]
    [InlineData("""{"order_id":"o","total":1,"tax":1,"currency":"pounds"}""", "properties.currency")]
    [InlineData("""{"order_id":"o","products":{}}""", "properties.products")]
    [InlineData("""{"order_id":"o","products":[{"product_id":"p"},{"price":"x","quantity":"y","position":1.5}]}""", "properties.products[1].price,properties.products[1].quantity,properties.products[1].position")]
    [InlineData("""{"order_id":"o","products":["p"]}""", "properties.products[0]")]
    [InlineData("[]", "properties")]
    [InlineData("\"x\"", "properties")]
    [InlineData("""{"order_id":"\ud800"}""", "")]
    public void What_is_wrong_is_named_as_its_sender_wrote_it(string properties, string fields)
    {
        var item = Track(properties);
        Assert.Null(item.Event);
        Assert.Equal("m", item.MessageId);
        Assert.Equal(fields.Split(','), item.Violations.Select(v => v.Field));
    }

    [Theory]
    [InlineData("""{"type":"track","userId":"u"}""", "event")]
    [InlineData("""{"type":"track","userId":"u","event":""}""", "event")]
    [InlineData("""{"type":"track","userId":"u","event":{}}""", "event,event")]
    [InlineData("""{"type":"merge","userId":"u"}""", "type")]
    [InlineData("""{"userId":"u","event":"E"}""", "type")]
    [InlineData("""{"type":"track","event":"E","userId":{}}""", "userId")]
    [InlineData("""{"type":"track","event":"E","timestamp":"yesterday"}""", "timestamp")]
    [InlineData("""{"type":"track","event":"E","timestamp":"01/02/2011"}""", "timestamp")]
    [InlineData("""{"type":"track","event":"E","timestamp":1322870400000,"sentAt":"x"}""", "timestamp,sentAt")]
    [InlineData("""{"type":"identify","userId":"u","traits":7}""", "traits")]
    [InlineData("""{"type":"alias","userId":"u"}""", "previousId")]
    [InlineData("7", "")]
    [InlineData("null", "")]
    public void An_item_that_is_no_event_says_why(string item, string fields) => Assert.Equal(fields.Split(','), VocabularyTests.Read(item).Violations.Select(v => v.Field));

    public static TheoryData<string, string> Faults() => new()
    {
        { "7", "NOT_AN_EVENT" },
        { """{"type":"track","event":"\ud800"}""", "NOT_UNICODE" },
        { """{"type":"merge","userId":"u"}""", "UNKNOWN_TYPE" },
        { """{"type":"track","userId":"u"}""", "MISSING_FIELD" },
        { """{"type":"alias","userId":"u"}""", "MISSING_FIELD" },
        { """{"type":"track","event":"Order Completed","properties":{"total":"abc"}}""", "WRONG_TYPE" },
        { """{"type":"identify","traits":7}""", "WRONG_TYPE" },
        { """{"type":"track","event":"Product Viewed","properties":{"position":-1}}""", "OUT_OF_RANGE" },
        { """{"type":"track","event":"E","timestamp":"yesterday"}""", "BAD_TIMESTAMP" },
        { """{"type":"track","event":"E","timestamp":"yesterday","properties":5}""", "BAD_TIMESTAMP" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void The_first_fault_gives_the_reason(string item, string reason) => Assert.Equal(reason, VocabularyTests.Read(item).Reason);

    [Fact]
    public void What_a_Struct_cannot_hold_is_kept_as_its_text_and_all_can_be_read_again()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        foreach (var properties in (string[])[$$"""{"list":[{"deep":{{Nested(50)}}}],"n":1e999}""", Nested(Structs.DepthMax), Nested(Structs.DepthMax + 1)])
        {
            var e = VocabularyTests.Read($$"""{"type":"track","event":"E","context":{{properties}},"beside":{{properties}},"properties":{{properties}}}""").Event!;
            var request = new Perennial.Ingestion.V1.RecordEventsRequest { Events = { e } };
            Assert.Equal(request, Perennial.Ingestion.V1.RecordEventsRequest.Parser.ParseFrom(request.ToByteArray()));
            if (properties[2] == 'l') Assert.Equal("1e999", e.Custom.Properties.Fields["n"].StringValue);
        }
    }

    /// <summary>An item, and what its event must say beside ids and a payload.</summary>
    public static TheoryData<string, string> Kept() => new()
    {
        { """{"type":"track","event":"Order Completed","properties":{"order_id":"o","gift":true,"note":null,"deep":{"list":[1,"a",null]}}}""", """{"properties":{"gift":true,"note":null,"deep":{"list":[1,"a",null]}}}""" },
        { """{"type":"track","event":"Order Completed","properties":{"order_id":"o","orderId":"p","coupon":null,"affiliation":""}}""", """{"properties":{"orderId":"p"}}""" },
        { """{"type":"track","event":"Order Completed","properties":{"order_id":"o","products":[{"product_id":"p"},{"product_id":"q","colour":"red","size":{"eu":42}}]}}""", """{"properties":{"products":[{},{"colour":"red","size":{"eu":42}}]}}""" },
        { """{"type":"track","event":"Products Searched","properties":{"query":"q","currency":"EUR","price":5}}""", """{"properties":{"currency":"EUR","price":5}}""" },
        { """{"type":"track","event":"Product Viewed","properties":{"product_id":"p","price":5,"currency":"EUR"}}""", "{}" },
        { """{"type":"track","event":"Cart Viewed","properties":{"currency":"usd","products":[{"price":5}]}}""", "{}" },
        { """{"type":"track","event":"Email Opened","properties":{"email_id":"e","channel":"fax","campaign":{"name":"n","content":"c"},"campaign_name":"x"}}""", """{"properties":{"channel":"fax","campaign":{"name":"n","content":"c"}}}""" },
        { """{"type":"track","event":"E","properties":{"a":1},"loyalty":5,"traits":{"x":1},"integrations":{"All":true},"writeKey":"secret"}""", """{"properties":{"loyalty":5,"traits":{"x":1}}}""" },
        { """{"type":"track","event":"Products Searched","properties":{"a":1},"a":2,"b":3}""", """{"properties":{"a":1,"b":3}}""" },
        { """{"type":"page","name":"Home","properties":{"path":"/","search":"?a","url":"https://x"}}""", """{"properties":{"path":"/","search":"?a"}}""" },
        { """{"type":"page","name":"Home","category":"Docs","properties":{"name":"Home","category":"Other"}}""", """{"properties":{"category":"Other"}}""" },
        { """{"type":"page","userId":null,"anonymousId":"a","channel":null,"timestamp":null,"context":null,"x":null}""", """{"properties":{"x":null}}""" },
        { """{"type":"identify","traits":{"plan":"gold"},"properties":{"a":1},"other":2}""", """{"properties":{"a":1,"other":2}}""" },
        { """{"type":"identify","traits":{"plan":"gold"},"properties":7}""", """{"properties":{"properties":7}}""" },
        { """{"type":"identify","traits":{"a":1,"b":[2]},"context":{"traits":{"b":[2],"a":1}}}""", "{}" },
        { """{"type":"identify","traits":{"a":1},"context":{"traits":{"a":2}}}""", """{"context":{"other":{"traits":{"a":2}}}}""" },
        { """{"type":"group","groupId":"g","traits":{"size":3},"properties":{"a":1},"name":"n"}""", """{"properties":{"a":1,"name":"n"}}""" },
        { """{"type":"alias","previousId":"p","userId":"u","properties":{"a":1}}""", """{"properties":{"a":1}}""" },
        { """{"type":"track","event":"E","context":{"ip":"192.0.2.1","timezone":"Europe/London","os":{"name":"Linux"},"page":{"url":"https://x","path":"/"},"library":{"name":"l","version":"1","build":2},"campaign":{"name":"c","term":"t"}}}""", """{"context":{"ip":"192.0.2.1","pageUrl":"https://x","library":"l/1","campaignName":"c","other":{"timezone":"Europe/London","os":{"name":"Linux"},"page":{"path":"/"},"library":{"build":2},"campaign":{"term":"t"}}}}""" },
        { """{"type":"track","event":"E","context":{"ip":{"v":4},"page":"home"}}""", """{"context":{"other":{"ip":{"v":4},"page":"home"}}}""" },
        { """{"type":"track","event":"E","context":"here"}""", """{"properties":{"context":"here"}}""" },
        { """{"type":"page","context":{"page":{"title":"T","path":"/"}}}""", """{"context":{"other":{"page":{"path":"/"}}}}""" },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public void What_has_no_field_is_kept_as_it_came(string item, string expected)
    {
        var read = VocabularyTests.Read(item);
        Assert.Empty(read.Violations);
        var beside = new Event { Context = read.Event!.Context, Properties = read.Event.Properties };
        Assert.Equal(JsonParser.Default.Parse<Event>(expected), beside);
    }

    [Fact]
    public void What_the_envelope_says_beyond_our_fields_is_kept_too()
        => Assert.Equal(
            JsonParser.Default.Parse<Context>("""{"ip":"192.0.2.1","other":{"os":"a","app":2}}"""),
            VocabularyTests.Read("""{"type":"track","event":"E","context":{"os":"a","ip":null}}""", """{"context":{"os":"b","app":2,"ip":"192.0.2.1"}}""").Event!.Context);

    public static TheoryData<string, string> Named() => new()
    {
        { """{"type":"alias","previousId":"old","userId":"new"}""", """{"userId":"new","customerAliased":{"previousId":"old"}}""" },
        { """{"type":"alias","previous_id":7,"user_id":8}""", """{"userId":"8","customerAliased":{"previousId":"7"}}""" },
        { """{"action":"track","event":"Email Opened","userId":"u","context":{"traits":{"email":"a@b.c"}}}""", """{"userId":"u","messageEngaged":{"channel":"CHANNEL_EMAIL","interaction":"INTERACTION_OPENED"},"context":{"other":{"traits":{"email":"a@b.c"}}}}""" },
        { """{"type":"track","event":"Email Opened","context":{"traits":{"email":"a@b.c"}}}""", """{"email":"a@b.c","messageEngaged":{"channel":"CHANNEL_EMAIL","interaction":"INTERACTION_OPENED"},"context":{"other":{"traits":{"email":"a@b.c"}}}}""" },
        { """{"type":"track","event":"Email Opened","properties":{"email":"a@b.c"}}""", """{"email":"a@b.c","messageEngaged":{"channel":"CHANNEL_EMAIL","interaction":"INTERACTION_OPENED"},"properties":{"email":"a@b.c"}}""" },
        { """{"type":"track","event":"Email Opened","traits":{"email":"a@b.c"}}""", """{"email":"a@b.c","messageEngaged":{"channel":"CHANNEL_EMAIL","interaction":"INTERACTION_OPENED"},"properties":{"traits":{"email":"a@b.c"}}}""" },
        { """{"type":"track","event":"Friend Invited","properties":{"email":"friend@b.c"}}""", """{"custom":{"name":"Friend Invited","properties":{"email":"friend@b.c"}}}""" },
        { """{"type":"identify","traits":{"email":"a@b.c"}}""", """{"traitsChanged":{"traits":{"email":"a@b.c"}}}""" },
        { """{"type":"track","event":"E","userId":"u","context":{"externalIds":[{"id":"9","type":"Shopify"},{"id":42,"type":"android.idfa"}]}}""", """{"userId":"u","custom":{"name":"E","properties":{}},"externalIds":[{"type":"shopify","id":"9"},{"type":"android_idfa","id":"42"}]}""" },
        { """{"type":"track","event":"E","context":{"externalId":[{"type":"9crm_Id","id":"x"},{"type":"crm_id","id":"x"}]}}""", """{"custom":{"name":"E","properties":{}},"externalIds":[{"type":"crm_id","id":"x"}]}""" },
        { """{"type":"track","event":"E","context":{"externalIds":[{"id":"a@b.c","type":"email"},{"id":"x","type":"t","collection":"users","encoding":"none"}]}}""", """{"email":"a@b.c","custom":{"name":"E","properties":{}},"externalIds":[{"type":"t","id":"x"}],"context":{"other":{"externalIds":[{"id":"x","type":"t","collection":"users","encoding":"none"}]}}}""" },
        { """{"type":"track","event":"E","context":{"externalIds":[{"id":"","type":"t"},{"id":"x"},7,{"id":" x","type":"t"},{"id":"x","type":"--1"}]}}""", """{"custom":{"name":"E","properties":{}},"context":{"other":{"externalIds":[{"id":"","type":"t"},{"id":"x"},7,{"id":" x","type":"t"},{"id":"x","type":"--1"}]}}}""" },
        { """{"type":"track","event":"E","context":{"externalIds":[{"id":"1","type":"t"},{"id":"2","type":"t"},{"id":"3","type":"t"},{"id":"4","type":"t"},{"id":"5","type":"t"},{"id":"6","type":"t"}]}}""", """{"custom":{"name":"E","properties":{}},"externalIds":[{"type":"t","id":"1"},{"type":"t","id":"2"},{"type":"t","id":"3"},{"type":"t","id":"4"},{"type":"t","id":"5"}],"context":{"other":{"externalIds":[{"id":"6","type":"t"}]}}}""" },
    };

    [Theory]
    [MemberData(nameof(Named))]
    public void Says_who_it_is_of(string item, string expected)
    {
        var read = VocabularyTests.Read(item);
        Assert.Empty(read.Violations);
        read.Event!.MessageId = "";
        Assert.Equal(JsonParser.Default.Parse<Event>(expected), read.Event);
    }

    [Theory]
    [InlineData(1_000, 0, true)]
    [InlineData(1_001, 0, false)]
    [InlineData(800, 200, true)]
    [InlineData(800, 201, false)]
    public void An_item_is_bounded_together_with_what_its_envelope_says(int item, int shared, bool taken)
    {
        var start = """{"type":"track","event":"E","userId":"u","n":" """.Trim();
        var json = JsonDocument.Parse(start + new string('x', item - start.Length - 2) + "\"}").RootElement;
        var read = Item.Read(json, new Batch(Batch.Many, [json], default) { ItemBytesMax = 1_000, SharedBytes = shared });
        Assert.Equal(taken ? "" : "TOO_LARGE", read.Reason);
    }

    [Theory]
    [InlineData("2011-12-09T23:59:59.123Z", "2011-12-09T23:59:59.123Z")]
    [InlineData("2011-12-09T23:59:59+01:00", "2011-12-09T22:59:59Z")]
    [InlineData("2011-12-09T23:59:59", "2011-12-09T23:59:59Z")]
    [InlineData("2011-12-09 23:59:59", "2011-12-09T23:59:59Z")]
    [InlineData("2011-12-09", "2011-12-09T00:00:00Z")]
    public void Instants_are_ISO_8601_and_UTC_where_they_do_not_say(string text, string expected)
        => Assert.Equal(expected, JsonFormatter.Default.Format(VocabularyTests.Read($$"""{"type":"track","event":"E","timestamp":"{{text}}"}""").Event!.Timestamp).Trim('"'));

    [Theory]
    [InlineData("""{"sentAt":"2026-01-01T00:00:02Z","timestamp":"2026-01-01T00:00:01Z"}""", "", "2026-01-01T00:00:01Z", "", "2026-01-01T00:00:02Z")]
    [InlineData("""{"sentAt":"2026-01-01T00:00:02Z","timestamp":"2026-01-01T00:00:01Z"}""", ""","timestamp":"2025-01-01T00:00:00Z","sentAt":"2025-01-01T00:00:05Z" """, "2025-01-01T00:00:00Z", "", "2025-01-01T00:00:05Z")]
    [InlineData("""{"timestamp":"2026-01-01T00:00:01Z"}""", ""","originalTimestamp":"2025-01-01T00:00:00Z" """, "", "2025-01-01T00:00:00Z", "")]
    [InlineData("{}", "", "", "", "")]
    public void The_envelope_dates_only_what_has_no_time_of_its_own(string envelope, string more, string timestamp, string original, string sent)
    {
        var e = VocabularyTests.Read($$"""{"type":"track","event":"E"{{more}}}""", envelope).Event!;
        Assert.Equal([timestamp, original, sent], new[] { e.Timestamp, e.OriginalTimestamp, e.SentAt }.Select(t => t is null ? "" : JsonFormatter.Default.Format(t).Trim('"')));
    }

    [Fact]
    public void The_context_of_the_envelope_is_merged_under_that_of_the_item()
    {
        var e = VocabularyTests.Read(
            """{"type":"track","event":"E","context":{"locale":"de-DE","page":{"url":"https://shop/p","referrer":"https://ref"},"library":{"name":"analytics-node","version":"3.1.0"}}}""",
            """{"channel":"server","context":{"locale":"en-GB","ip":"192.0.2.1","userAgent":"curl","campaign":{"source":"news","medium":"email","name":"spring"}},"integrations":{"All":true}}""").Event!;
        Assert.Equal(new Context { Locale = "de-DE", Ip = "192.0.2.1", UserAgent = "curl", PageUrl = "https://shop/p", Referrer = "https://ref", Library = "analytics-node/3.1.0", CampaignSource = "news", CampaignMedium = "email", CampaignName = "spring", Channel = "server" }, e.Context);
    }

    [Theory]
    [InlineData(""","backfill":true""", "{}", true)]
    [InlineData(""","context":{"backfill":true}""", "{}", true)]
    [InlineData("", """{"context":{"backfill":true}}""", true)]
    [InlineData("", """{"backfill":true}""", true)]
    [InlineData(""","backfill":"true" """, "{}", false)]
    [InlineData("", "{}", false)]
    public void Backfill_is_said_by_the_item_its_context_or_the_envelope(string more, string envelope, bool expected)
        => Assert.Equal(expected, VocabularyTests.Read($$"""{"type":"track","event":"E"{{more}}}""", envelope).Event!.Backfill);

    [Theory]
    [InlineData("""{"type":"identify","traits":{"email":"a@b","birthday":"1980-02-29"}}""", """{"traitsChanged":{"traits":{"email":"a@b","birthday":"1980-02-29"}}}""")]
    [InlineData("""{"type":"identify","context":{"traits":{"plan":"gold"}}}""", """{"traitsChanged":{"traits":{"plan":"gold"}}}""")]
    [InlineData("""{"type":"identify"}""", """{"traitsChanged":{"traits":{}}}""")]
    [InlineData("""{"type":"page","name":"Home","category":"Docs","properties":{"url":"https://x","title":"T","referrer":"https://r"}}""", """{"pageViewed":{"name":"Home","category":"Docs","url":"https://x","title":"T","referrer":"https://r"}}""")]
    [InlineData("""{"type":"page","properties":{"name":"Home"}}""", """{"pageViewed":{"name":"Home"}}""")]
    [InlineData("""{"type":"screen","name":"Start"}""", """{"pageViewed":{"name":"Start","screen":true}}""")]
    [InlineData("""{"type":"group","groupId":"g","traits":{"size":3}}""", """{"custom":{"name":"group","properties":{"groupId":"g","traits":{"size":3}}}}""")]
    public void The_other_types_are_kept_too(string item, string expected)
    {
        var e = VocabularyTests.Read(item).Event!;
        e.MessageId = "";
        Assert.Equal(JsonParser.Default.Parse<Event>(expected), e);
    }

    [Fact]
    public void Ids_are_text_whatever_they_come_as_and_a_missing_message_id_is_given()
    {
        var e = VocabularyTests.Read("""{"type":"track","event":"E","user_id":4711,"anonymousId":null}""").Event!;
        Assert.Equal(("4711", ""), (e.UserId, e.AnonymousId));
        Assert.True(Guid.TryParse(e.MessageId, out _));
    }

    [Theory]
    [InlineData("order_completed.order_id", "properties.order_id")]
    [InlineData("order_completed.amounts.total", "properties.total")]
    [InlineData("order_completed.amounts.total.currency_code", "properties.currency")]
    [InlineData("order_completed.products[3].product_id", "properties.products[3].product_id")]
    [InlineData("traits_changed.traits.email", "traits.email")]
    [InlineData("traits_changed", "traits")]
    [InlineData("customer_aliased.previous_id", "previousId")]
    [InlineData("custom.name", "event")]
    [InlineData("custom.properties.a", "properties.a")]
    [InlineData("order_refunded", "properties")]
    [InlineData("message_id", "messageId")]
    [InlineData("user_id", "userId")]
    [InlineData("original_timestamp", "originalTimestamp")]
    [InlineData("context.user_agent", "context.userAgent")]
    [InlineData("", "")]
    public void What_ingestion_finds_is_named_as_the_sender_wrote_it(string ours, string theirs) => Assert.Equal(theirs, SenderPaths.Of(ours));
}
