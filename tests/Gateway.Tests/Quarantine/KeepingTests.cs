using System.Text.Json;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Tests.Quarantine;

/// <summary>What becomes of the faulty events of a tracking call.</summary>
public sealed class KeepingTests
{
    const string Broken = """{"type":"track","messageId":"m1","userId":"u1","event":"Order Completed","properties":{"order_id":"o1","total":"abc"}}""";

    static string[] Outcomes(JsonElement answer) => [.. answer.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("outcome").GetString()!)];

    [Fact]
    public async Task Is_kept_as_it_came_with_reason_and_ids()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, json) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Broken}}],"sentAt":"2026-01-01T00:00:00Z"}""");
        Assert.Equal((200, 1), (status, json.GetProperty("quarantined").GetInt32()));
        Assert.Equal("1", json.GetProperty("results")[0].GetProperty("quarantined").GetString());
        var request = gateway.Script.Request<QuarantineEventsRequest>();
        var expected = new QuarantinedEvent
        {
            MessageId = "m1",
            Reason = "WRONG_TYPE",
            Violations = { new FieldViolation { Field = "properties.total", Description = "must be a number such as 19.99, not \"abc\"" } },
            Payload = Broken[..^1] + ""","sentAt":"2026-01-01T00:00:00Z"}""",
            Ids = { "user:u1" },
        };
        Assert.Equal((TestGateway.Shop, expected), (request.Shop, Assert.Single(request.Events)));
    }

    [Fact]
    public async Task What_ingestion_refuses_is_kept_under_its_reason_but_not_what_is_too_large_or_of_somebody_erased()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is RecordEventsRequest ? [new RecordEventsResponse { RefusedCount = 4, Results = { Refused("NO_IDENTITY", "user_id"), Refused("ERASED", "user_id"), Refused("TOO_LARGE", ""), Refused("", "order_completed.order_id") } }] : null;
        var (status, json) = await gateway.PostAsync("/v1/batch", """{"batch":[{"type":"page","userId":"null"},{"type":"page","userId":"gone"},{"type":"page","userId":"u"},{"type":"page","userId":"u"}]}""");
        Assert.Equal((200, 2, 2), (status, json.GetProperty("quarantined").GetInt32(), json.GetProperty("refused").GetInt32()));
        Assert.Equal(["quarantined", "refused", "refused", "quarantined"], Outcomes(json));
        Assert.Equal(["NO_IDENTITY userId", "REFUSED properties.order_id"], gateway.Script.Request<QuarantineEventsRequest>().Events.Select(e => $"{e.Reason} {e.Violations[0].Field}"));

        static EventResult Refused(string reason, string field) => new() { Outcome = Outcome.Refused, Reason = reason, Violations = { new FieldViolation { Field = field, Description = "is wrong" } } };
    }

    [Fact]
    public async Task What_names_somebody_erased_stays_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is QuarantineEventsRequest ? [new QuarantineEventsResponse { Quarantined = { "" } }] : null;
        var (_, json) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Broken}}]}""");
        Assert.Equal(["refused"], Outcomes(json));
    }

    [Fact]
    public async Task A_full_quarantine_refuses_each_event_and_the_call_is_still_200()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is QuarantineEventsRequest ? throw Errors.Of(IngestionErrorReason.QuarantineFull, "Full.") : null;
        var (status, json) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Broken}},{"type":"page","userId":"u"}]}""");
        Assert.Equal((200, 1, 1), (status, json.GetProperty("recorded").GetInt32(), json.GetProperty("refused").GetInt32()));
        Assert.Equal("WRONG_TYPE", json.GetProperty("results")[0].GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.DeadlineExceeded)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unimplemented)]
    public async Task A_quarantine_in_trouble_asks_for_the_same_call_again(StatusCode code)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is QuarantineEventsRequest ? throw new RpcException(new Status(code, "10.0.0.1")) : null;
        var (status, _) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Broken}},{"type":"page","userId":"u"}]}""");
        Assert.Equal(503, status);
    }

    [Fact]
    public async Task A_call_that_ingestion_cannot_take_for_good_is_answered_and_not_asked_for_again()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is QuarantineEventsRequest ? throw Errors.Invalid([("events[0].payload", "is too large")]) : null;
        var (status, json) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Broken}}]}""");
        Assert.Equal((200, 1), (status, json.GetProperty("refused").GetInt32()));
    }

    [Fact]
    public async Task Many_go_in_pieces_and_each_gets_its_own_id()
    {
        await using var gateway = await TestGateway.StartAsync();
        var next = 0;
        gateway.Script.Answers = (request, _) => request is QuarantineEventsRequest kept ? [new QuarantineEventsResponse { Quarantined = { kept.Events.Select(_ => $"{++next}") } }] : null;
        // 1,200 items of 4 KB, most of it said once by the envelope.
        var (status, json) = await gateway.PostAsync("/v1/batch", $$"""{"context":{"x":"{{new string('x', 4_000)}}"},"batch":[{{string.Join(',', Enumerable.Range(0, 1_200).Select(i => $$"""{"type":"odd","messageId":"m{{i}}"}"""))}}]}""");
        Assert.Equal((200, 1_200), (status, json.GetProperty("quarantined").GetInt32()));
        Assert.Equal(Enumerable.Range(1, 1_200).Select(i => $"{i}"), json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("quarantined").GetString()));
        Assert.All(gateway.Script.Calls, call => Assert.InRange(call.Request.CalculateSize(), 1, 2 * 1024 * 1024));
        Assert.True(gateway.Script.Calls.Count >= 3);
    }

    [Theory]
    [InlineData("""{"type":"odd"}""", "")]
    [InlineData("""{"type":"odd","messageId":" m "}""", "m")]
    [InlineData("""{"type":"odd","message_id":7}""", "7")]
    [InlineData("""{"type":"odd","messageId":{}}""", "")]
    [InlineData("7", "")]
    [InlineData("""{"type":"odd","messageId":"\ud800"}""", "")]
    public async Task Names_the_message_as_it_was_sent_or_not_at_all(string item, string expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{item}}]}""");
        Assert.Equal(expected, gateway.Script.Request<QuarantineEventsRequest>().Events.Single().MessageId);
    }
}
