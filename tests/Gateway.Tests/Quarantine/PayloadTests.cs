using System.Security.Cryptography;
using System.Text.Json;
using Perennial.Gateway.Quarantine;
using Perennial.Gateway.Tests.Tracking;
using Perennial.Gateway.Tracking;

namespace Perennial.Gateway.Tests.Quarantine;

public sealed class PayloadTests
{
    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static string Of(string item, string envelope) => Payload.Of(Json(item), new Batch(Batch.Many, [], Json(envelope)));

    [Theory]
    [InlineData("""{"type":"track","a":[1.50,null,"ü<"],"writeKey":"secret"}""", """{"batch":[],"writeKey":"secret","other":1}""", """{"type":"track","a":[1.50,null,"ü<"]}""")]
    [InlineData("""{"context":{"ip":"a","os":null}}""", """{"context":{"ip":"b","os":"c","app":1},"sentAt":"s","timestamp":"t","channel":"server","backfill":true}""", """{"context":{"ip":"a","os":"c","app":1},"sentAt":"s","channel":"server","timestamp":"t","backfill":true}""")]
    [InlineData("""{"originalTimestamp":"o","sentAt":"x","channel":"web","backfill":true}""", """{"sentAt":"s","timestamp":"t","channel":"server"}""", """{"originalTimestamp":"o","sentAt":"x","channel":"web","backfill":true}""")]
    [InlineData("""{"context":"here"}""", """{"context":{"ip":"b"}}""", """{"context":"here"}""")]
    [InlineData("7", """{"context":{"ip":"b"}}""", "7")]
    [InlineData("""{"event":"\ud800"}""", """{"sentAt":"s"}""", """{"event":"\ud800"}""")]
    public void Is_the_item_with_what_its_envelope_says_for_it(string item, string envelope, string expected) => Assert.Equal(expected, Of(item, envelope));

    [Fact]
    public void Of_a_single_call_names_the_type_that_its_path_said()
        => Assert.Equal("""{"type":"identify","userId":"u"}""", Payload.Of(Json("""{"userId":"u","type":"track","writeKey":"secret"}"""), new Batch("identify", [], default)));

    [Theory]
    [InlineData("""{"type":"track","event":"Order Completed","userId":"u","properties":{"order_id":"o","x":1},"context":{"os":"a"}}""", """{"context":{"ip":"192.0.2.1"},"sentAt":"2026-01-01T00:00:02Z","timestamp":"2026-01-01T00:00:01Z","channel":"server","backfill":true}""")]
    [InlineData("""{"type":"page","userId":"u","originalTimestamp":"2026-01-01T00:00:00Z","context":null}""", """{"context":{"page":{"url":"https://x"},"ip":null},"timestamp":"2026-01-01T00:00:01Z"}""")]
    public void Read_alone_it_means_the_same(string item, string envelope)
    {
        var there = VocabularyTests.Read(item, envelope).Event!;
        var payload = Json(Of(item, envelope));
        var alone = Item.Read(payload, Batch.Of(payload), there.MessageId).Event;
        Assert.Equal(there, alone);
    }

    [Theory]
    [InlineData("""{"userId":"a","anonymousId":"b","previousId":7}""", "user:a user:7 anon:b anon:7")]
    [InlineData("""{"user_id":"a","anonymous_id":"b"}""", "user:a anon:b")]
    [InlineData("""{"userId":{},"anonymousId":""}""", "")]
    [InlineData("""{"context":{"externalIds":[{"type":"Shop","id":9},7],"externalId":[{"type":"crm","id":"x"}]}}""", "ext:shop:9 ext:crm:x")]
    [InlineData("""{"traits":{"email":" A@b.C "}}""", "email:HASH")]
    [InlineData("""{"context":{"externalIds":[{"type":"email","id":"A@b.C"},{"type":"email","id":"none"}]}}""", "email:HASH ext:email:none")]
    [InlineData("""{"properties":{"email":"none"}}""", "")]
    [InlineData("7", "")]
    public void Is_found_by_the_ids_that_it_names(string item, string ids)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData("a@b.c"u8));
        Assert.Equal(ids.Replace("HASH", hash, StringComparison.Ordinal), string.Join(' ', Payload.Ids(Json(item))));
    }

    [Fact]
    public void Names_no_more_ids_than_are_kept()
    {
        var entries = string.Join(',', Enumerable.Range(0, 30).Select(i => $$"""{"type":"t","id":{{i}}}"""));
        Assert.Equal(20, Payload.Ids(Json($$"""{"context":{"externalIds":[{{entries}}] } }""")).Count);
    }
}
