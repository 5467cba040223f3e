using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Tests.Quarantine;

/// <summary>POST /v1/shops/{shop}/quarantine:replay over an ingestion that lists what the test says.</summary>
public sealed class ReplayingTests
{
    const string Path = "/v1/shops/acme/quarantine:replay";

    static QuarantinedEvent Kept(int id, string payload) => new() { Quarantined = $"{id}", MessageId = $"m{id}", Reason = "MISSING_FIELD", Payload = payload };

    static string Order(string id, string properties) => $$"""{"type":"track","messageId":"{{id}}","userId":"u","event":"Order Completed","properties":{{properties}}}""";

    /// <summary>Lists <paramref name="kept"/>, and records whatever is an event.</summary>
    static Func<IMessage, ServerCallContext, IEnumerable<IMessage>?> Holding(params QuarantinedEvent[] kept) => (request, _) => request switch
    {
        ListQuarantinedRequest => [new ListQuarantinedResponse { Events = { kept } }],
        ReplayQuarantinedRequest replay => [Recorded(replay)],
        _ => null,
    };

    static ReplayQuarantinedResponse Recorded(ReplayQuarantinedRequest request) => new()
    {
        RecordedCount = request.Replays.Count(r => r.Event is not null),
        RefusedCount = request.Replays.Count(r => r.Event is null),
        Results = { request.Replays.Select(r => r.Event is null ? new EventResult { Outcome = Outcome.Refused, Reason = r.Fault.Reason, Violations = { r.Fault.Violations } } : new EventResult { Outcome = Outcome.Recorded }) },
    };

    [Fact]
    public async Task Reads_payloads_with_the_mapping_of_now_and_tells_what_still_fails()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = Holding(Kept(3, Order("m3", """{"order_id":"o3","total":5}""")), Kept(4, Order("m4", """{"order_id":"o4","total":"x"}""")), Kept(5, "7"));
        var (status, json) = await gateway.PostAsync(Path, "");
        Assert.Equal(200, status);
        Assert.Equal(
            """{"replayed":3,"recorded":1,"duplicates":0,"refused":2,"results":[{"quarantined":"4","messageId":"m4","reason":"WRONG_TYPE","violations":[{"field":"properties.total","description":"must be a number such as 19.99, not \"x\""}]},{"quarantined":"5","messageId":"m5","reason":"NOT_AN_EVENT","violations":[{"field":"","description":"an event must be a JSON object"}]}],"missing":[],"nextPageToken":""}""",
            json.GetRawText());
        var replays = gateway.Script.Request<ReplayQuarantinedRequest>();
        Assert.Equal(("acme", "3", "o3"), (replays.Shop, replays.Replays[0].Quarantined, replays.Replays[0].Event.OrderCompleted.OrderId));
    }

    [Fact]
    public async Task A_patch_mends_what_is_read_and_not_what_is_kept()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = Holding(Kept(1, Order("m1", """{"number":"o1","amount":12.5}""")));
        var (status, json) = await gateway.PostAsync(Path, """{"reason":"MISSING_FIELD","patch":{"rename":{"properties.number":"properties.order_id","properties.amount":"properties.total"},"set":{"properties.currency":"EUR"}}}""");
        Assert.Equal((200, 1), (status, json.GetProperty("recorded").GetInt32()));
        Assert.Equal("MISSING_FIELD", gateway.Script.Request<ListQuarantinedRequest>().Reason);
        var order = gateway.Script.Request<ReplayQuarantinedRequest>().Replays.Single().Event.OrderCompleted;
        Assert.Equal(("o1", "EUR", 12L), (order.OrderId, order.Amounts.Total.CurrencyCode, order.Amounts.Total.Units));
    }

    [Fact]
    public async Task An_event_without_a_message_id_has_the_same_one_in_every_replay()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = Holding(Kept(9, """{"type":"page","userId":"u"}"""));
        await gateway.PostAsync(Path, "{}");
        Assert.Equal("quarantined-9", gateway.Script.Request<ReplayQuarantinedRequest>().Replays.Single().Event.MessageId);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"type":"\ud800"}""")]
    public async Task A_payload_that_cannot_be_patched_stays_and_spoils_no_other(string payload)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = Holding(Kept(1, payload), Kept(2, """{"type":"page","userId":"u"}"""));
        var (status, json) = await gateway.PostAsync(Path, """{"patch":{"rename":{"a":"b","type":"type"}}}""");
        Assert.Equal((200, 1, 1), (status, json.GetProperty("recorded").GetInt32(), json.GetProperty("refused").GetInt32()));
    }

    [Fact]
    public async Task Goes_page_by_page_up_to_its_limit_and_says_where_to_go_on()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:ReplayEventsMax=4");
        gateway.Script.Answers = (request, _) => request switch
        {
            ListQuarantinedRequest list => [Page(list)],
            ReplayQuarantinedRequest replay => [Recorded(replay)],
            _ => null,
        };
        var (_, first) = await gateway.PostAsync(Path, "{}");
        Assert.Equal((2, "2"), (first.GetProperty("replayed").GetInt32(), first.GetProperty("nextPageToken").GetString()));
        var (_, second) = await gateway.PostAsync(Path, """{"pageToken":"2"}""");
        Assert.Equal((1, ""), (second.GetProperty("replayed").GetInt32(), second.GetProperty("nextPageToken").GetString()));

        // Three pages of one or two events, cut early as ingestion cuts large ones.
        static ListQuarantinedResponse Page(ListQuarantinedRequest list)
        {
            Assert.Equal(4, list.PageSize);
            return list.PageToken switch
            {
                "" => new ListQuarantinedResponse { Events = { Kept(1, "7"), Kept(2, "7") }, NextPageToken = "2" },
                _ => new ListQuarantinedResponse { Events = { Kept(3, "7") } },
            };
        }
    }

    [Fact]
    public async Task Ids_that_are_not_kept_are_named()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = Holding(Kept(1, """{"type":"page","userId":"u"}"""));
        var (_, json) = await gateway.PostAsync(Path, """{"quarantined":["1","2",3]}""");
        Assert.Equal(["1", "2", "3"], gateway.Script.Request<ListQuarantinedRequest>().Quarantined);
        Assert.Equal(["2", "3"], json.GetProperty("missing").EnumerateArray().Select(id => id.GetString()!).Order());
    }

    [Fact]
    public async Task When_none_of_the_ids_is_kept_it_is_not_found()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync(Path, """{"quarantined":["1"]}""");
        Assert.Equal((404, "QUARANTINED_NOT_FOUND"), (status, problem.GetProperty("reason").GetString()));
    }

    [Theory]
    [InlineData("7", "")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    [InlineData("""{"reason":7,"ids":[],"quarantined":[],"patch":7}""", "ids,reason,quarantined,patch")]
    [InlineData("""{"quarantined":"1"}""", "quarantined")]
    [InlineData("""{"quarantined":[{}]}""", "quarantined")]
    public async Task A_request_that_is_wrong_is_400_and_says_why(string body, string fields)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync(Path, body);
        Assert.Equal((400, fields), (status, string.Join(',', problem.GetProperty("violations").EnumerateArray().Select(v => v.GetProperty("field").GetString()))));
        Assert.Empty(gateway.Script.Calls);
    }

    [Fact]
    public async Task The_key_of_another_shop_is_refused_and_so_is_none()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync("/v1/shops/other/quarantine:replay", "{}");
        Assert.Equal((403, "SHOP_MISMATCH"), (status, problem.GetProperty("reason").GetString()));
        using var content = new StringContent("{}");
        using var response = await gateway.NewHttp(null).PostAsync(new Uri(Path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task What_ingestion_says_of_its_troubles_is_passed_on()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw Errors.Of(IngestionErrorReason.Overloaded, "The queue is full.");
        Assert.Equal(503, (await gateway.PostAsync(Path, "{}")).Status);
    }
}
