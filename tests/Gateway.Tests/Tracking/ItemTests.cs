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
    [InlineData("""{"order_id":"o","currency":"pounds"}""", "properties.currency")]
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
    [InlineData("""{"type":"track","event":"E","properties":{"n":1e999}}""", "properties")]
    [InlineData("7", "")]
    [InlineData("null", "")]
    public void An_item_that_is_no_event_says_why(string item, string fields) => Assert.Equal(fields.Split(','), VocabularyTests.Read(item).Violations.Select(v => v.Field));

    [Fact]
    public void What_is_nested_too_deep_for_protobuf_is_refused_and_what_is_allowed_can_be_read()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        Assert.Equal(["properties"], VocabularyTests.Read($$"""{"type":"track","event":"E","properties":{{Nested(Structs.DepthMax + 1)}}}""").Violations.Select(v => v.Field));
        var deepest = VocabularyTests.Read($$"""{"type":"track","event":"E","properties":{{Nested(Structs.DepthMax)}}}""").Event!;
        var request = new Perennial.Ingestion.V1.RecordEventsRequest { Events = { deepest } };
        Assert.Equal(request, Perennial.Ingestion.V1.RecordEventsRequest.Parser.ParseFrom(request.ToByteArray()));
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
    [InlineData("""{"type":"alias","previousId":"old","userId":"new"}""", """{"userId":"new","custom":{"name":"alias","properties":{"previousId":"old","userId":"new"}}}""")]
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
