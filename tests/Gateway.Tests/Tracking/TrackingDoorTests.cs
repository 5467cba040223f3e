using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Tracking;
using Perennial.Ingestion.V1;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Gateway.Tests.Tracking;

public sealed class TrackingDoorTests
{
    const string Event = """{"type":"track","messageId":"m1","userId":"u1","event":"Order Completed","properties":{"order_id":"o1","total":12.5}}""";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Paths() => [.. TrackingHosting.Roots.SelectMany(root => TrackingHosting.Types.Select(t => ($"{root}/{t.Key}", t.Value)))];

    [Fact]
    public void Serves_the_paths_of_the_protocol()
    {
        string[] expected = ["/v1/identify", "/v1/track", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias", "/v1/batch", "/v1/import", "/v1/b", "/v1/t", "/v1/i", "/v1/p", "/v1/g", "/v1/a", "/v1/s", "/api/s/track", "/api/s/s2s/page", "/api/public/apps/batch", "/api/public/apps/identify"];
        Assert.Empty(expected.Except(Paths().Select(row => row.Data.Item1)));
    }

    [Fact]
    public async Task Every_path_records_its_type()
    {
        await using var gateway = await TestGateway.StartAsync();
        foreach (var (path, type) in Paths().Select(row => row.Data))
        {
            gateway.Script.Calls.Clear();
            var single = """{"messageId":"m1","userId":"u1","event":"Order Completed","properties":{"order_id":"o1"},"type":"ignored","previousId":"a1"}""";
            var (status, json) = await gateway.PostAsync(path, type == Batch.Many ? $$"""{"batch":[{{Event}}]}""" : single);
            Assert.Equal((path, 200), (path, status));
            Assert.True(json.GetProperty("success").GetBoolean());
            Assert.Equal(1, json.GetProperty("recorded").GetInt32());
            var expected = type switch
            {
                "identify" => Common.V1.Event.PayloadOneofCase.TraitsChanged,
                "page" or "screen" => Common.V1.Event.PayloadOneofCase.PageViewed,
                "group" => Common.V1.Event.PayloadOneofCase.Custom,
                "alias" => Common.V1.Event.PayloadOneofCase.CustomerAliased,
                _ => Common.V1.Event.PayloadOneofCase.OrderCompleted,
            };
            var request = gateway.Script.Request<RecordEventsRequest>();
            Assert.Equal(("acme", "m1", expected), (request.Shop, request.Events.Single().MessageId, request.Events.Single().PayloadCase));
        }
    }

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("text/plain", false)]
    [InlineData("application/x-www-form-urlencoded", true)]
    [InlineData("", true)]
    public async Task Any_content_type_and_gzip_hold_JSON(string contentType, bool gzip)
    {
        await using var gateway = await TestGateway.StartAsync();
        var bytes = Encoding.UTF8.GetBytes("\ufeff{\"batch\":[" + Event + "]}");
        using var content = new ByteArrayContent(gzip ? Gzip(bytes) : bytes);
        if (contentType.Length > 0) content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (gzip) content.Headers.ContentEncoding.Add("gzip");
        var (status, _) = await TestGateway.ReadAsync(await gateway.Http.PostAsync(new Uri("/v1/batch", UriKind.Relative), content, Cancellation));
        Assert.Equal(200, status);
        Assert.Equal("o1", gateway.Script.Request<RecordEventsRequest>().Events.Single().OrderCompleted.OrderId);
    }

    [Fact]
    public async Task The_CSharp_SDK_sends_gzip_without_a_type_and_its_key_in_the_body()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        using var content = new ByteArrayContent(Gzip(Encoding.UTF8.GetBytes($$"""{"batch":[{{Event}}],"sentAt":"2026-01-01T00:00:00Z","writeKey":"{{gateway.Key}}"}""")));
        content.Headers.ContentEncoding.Add("gzip");
        var (status, settings) = await TestGateway.ReadAsync(await http.GetAsync(new Uri($"/v1/projects/{gateway.Key}/settings", UriKind.Relative), Cancellation));
        Assert.Equal(200, status);
        Assert.Equal(gateway.Key, settings.GetProperty("integrations").GetProperty("Segment.io").GetProperty("apiKey").GetString());
        Assert.Equal(401, (await TestGateway.ReadAsync(await http.GetAsync(new Uri("/v1/projects/wrong/settings", UriKind.Relative), Cancellation))).Status);
        Assert.Equal(200, (await TestGateway.ReadAsync(await http.PostAsync(new Uri("/v1/b", UriKind.Relative), content, Cancellation))).Status);
        Assert.NotNull(gateway.Script.Request<RecordEventsRequest>().Events.Single().SentAt);
    }

    static byte[] Gzip(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var stream = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true)) stream.Write(bytes);
        return buffer.ToArray();
    }

    [Fact]
    public async Task A_faulty_event_spoils_no_other_and_results_stand_where_the_sender_put_the_events()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (request, _) => request is RecordEventsRequest record ? [Judged(record)] : [new QuarantineEventsResponse { Quarantined = { "7", "" } }];
        var (status, json) = await gateway.PostAsync("/v1/batch", """
            {"batch":[
                {"type":"track","messageId":"ok","userId":"u","event":"Order Completed","properties":{"order_id":"1"}},
                {"type":"track","messageId":"here","userId":"u","event":"Order Completed","properties":{"order_id":"2","total":"abc"}},
                {"type":"track","messageId":"there","userId":"null","event":"Order Completed","properties":{"order_id":""}},
                {"type":"track","messageId":"again","userId":"u","event":"Order Completed","properties":{"order_id":"3"}}]}
            """);
        Assert.Equal(200, status);
        Assert.Equal(["ok", "there", "again"], gateway.Script.Request<RecordEventsRequest>().Events.Select(e => e.MessageId));
        Assert.Equal(
            """{"success":true,"recorded":1,"duplicates":1,"quarantined":1,"refused":1,"results":[{"index":1,"messageId":"here","outcome":"quarantined","reason":"WRONG_TYPE","quarantined":"7","violations":[{"field":"properties.total","description":"must be a number such as 19.99, not \"abc\""}]},{"index":2,"messageId":"there","outcome":"refused","reason":"MISSING_FIELD","violations":[{"field":"properties.order_id","description":"is required"},{"field":"userId","description":"is a placeholder"}]}]}""",
            json.GetRawText());

        static RecordEventsResponse Judged(RecordEventsRequest request) => new()
        {
            RecordedCount = 1,
            DuplicateCount = 1,
            RefusedCount = 1,
            Results =
            {
                new EventResult { MessageId = request.Events[0].MessageId, Outcome = Outcome.Recorded },
                new EventResult { MessageId = request.Events[1].MessageId, Outcome = Outcome.Refused, Reason = "MISSING_FIELD", Violations = { new FieldViolation { Field = "order_completed.order_id", Description = "is required" }, new FieldViolation { Field = "user_id", Description = "is a placeholder" } } },
                new EventResult { MessageId = request.Events[2].MessageId, Outcome = Outcome.Duplicate },
            },
        };
    }

    [Theory]
    [InlineData(Outcome.Recorded, "recorded")]
    [InlineData(Outcome.Duplicate, "duplicate")]
    public async Task A_single_call_is_told_what_became_of_it(Outcome outcome, string expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => [new RecordEventsResponse { RecordedCount = outcome == Outcome.Recorded ? 1 : 0, DuplicateCount = outcome == Outcome.Duplicate ? 1 : 0, Results = { new EventResult { Outcome = outcome, MessageId = "m1" } } }];
        var (_, json) = await gateway.PostAsync("/v1/track", Event);
        var result = Assert.Single(json.GetProperty("results").EnumerateArray());
        Assert.Equal((expected, "m1"), (result.GetProperty("outcome").GetString(), result.GetProperty("messageId").GetString()));
    }

    [Fact]
    public async Task When_all_are_faulty_nothing_is_recorded_and_the_answer_is_still_200()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, json) = await gateway.PostAsync("/v1/track", """{"userId":"u"}""");
        Assert.Equal((200, 1, 0), (status, json.GetProperty("quarantined").GetInt32(), json.GetProperty("refused").GetInt32()));
        Assert.EndsWith("/QuarantineEvents", Assert.Single(gateway.Script.Calls).Method, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/batch", "{", "", "is not JSON")]
    [InlineData("/v1/batch", "", "", "is empty")]
    [InlineData("/v1/batch", "[]", "", "must be a JSON object")]
    [InlineData("/v1/batch", "{}", "batch", "must be a list")]
    [InlineData("/v1/batch", """{"batch":{}}""", "batch", "must be a list")]
    [InlineData("/v1/batch", """{"batch":[]}""", "batch", "is empty")]
    [InlineData("/v1/batch", """{"\ud800":1}""", "", "not valid Unicode")]
    [InlineData("/v1/track", "7", "", "must be a JSON object")]
    public async Task A_call_that_cannot_be_read_is_400_and_says_why(string path, string body, string field, string expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync(path, body);
        Assert.Equal(400, status);
        var violation = Assert.Single(problem.GetProperty("violations").EnumerateArray());
        Assert.Equal(field, violation.GetProperty("field").GetString());
        Assert.Contains(expected, violation.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_500, 200)]
    [InlineData(2_501, 400)]
    public async Task A_batch_holds_2500_events(int count, int expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, json) = await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{string.Join(',', Enumerable.Repeat("""{"type":"page","userId":"u"}""", count))}}]}""");
        Assert.Equal(expected, status);
        if (expected == 200) Assert.Equal(count, json.GetProperty("recorded").GetInt32());
        else Assert.Equal("BATCH_TOO_LARGE", json.GetProperty("reason").GetString());
    }

    public static TheoryData<string, int> Troubles() => new() { { "overloaded", 503 }, { "silent", 503 }, { "late", 503 }, { "without the shop", 503 }, { "of another version", 503 }, { "too small", 413 }, { "faulty", 500 } };

    [Fact]
    public async Task Counts_events_by_outcome_and_refused_requests_by_reason()
    {
        var counted = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Metrics.MeterName) l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => counted.AddOrUpdate($"{tags[0].Key}={tags[0].Value}", count, (_, before) => before + count));
        listener.Start();
        await using var gateway = await TestGateway.StartAsync();
        await gateway.PostAsync("/v1/batch", $$"""{"batch":[{{Event}},{"type":"track"}]}""");
        await gateway.PostAsync("/v1/batch", "{}");
        await gateway.GetAsync("/nowhere");
        // Other tests count beside this one.
        Assert.All((string[])["outcome=recorded", "outcome=quarantined", "reason=MISSING_FIELD", "reason=INVALID_ARGUMENT", "reason=ROUTE_NOT_FOUND"], name => Assert.True(counted.GetValueOrDefault(name) > 0, name));
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task A_house_in_trouble_asks_for_the_same_call_again(string trouble, int expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw (trouble switch
        {
            "overloaded" => Errors.Of(IngestionErrorReason.Overloaded, "The queue is full."),
            "silent" => new RpcException(new Status(StatusCode.Unavailable, "10.0.0.1")),
            "late" => new RpcException(new Status(StatusCode.DeadlineExceeded, "10.0.0.1")),
            "without the shop" => Errors.Of(CommonErrorReason.ShopNotFound, "There is no shop 'acme'."),
            "of another version" => new RpcException(new Status(StatusCode.Unimplemented, "Unknown method.")),
            "too small" => new RpcException(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.")),
            _ => new RpcException(new Status(StatusCode.Internal, "10.0.0.1")),
        });
        using var content = new StringContent(Event, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.PostAsync(new Uri("/v1/track", UriKind.Relative), content, Cancellation);
        Assert.Equal(expected, (int)response.StatusCode);
        Assert.Equal(expected == 503, response.Headers.Contains("Retry-After"));
    }

    [Fact]
    public async Task A_page_may_ask_before_it_sends_and_reads_errors_too()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/t");
        preflight.Headers.Add("Origin", "https://shop.example");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization, content-type, x-write-key, x-ip-policy, x-enable-debug, anonymousid");
        using var allowed = await http.SendAsync(preflight, Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("*", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        var headers = string.Join(',', allowed.Headers.GetValues("Access-Control-Allow-Headers"));
        foreach (var header in (string[])["Authorization", "Content-Type", "X-Write-Key", "X-IP-Policy", "X-Enable-Debug", "AnonymousId"]) Assert.Contains(header, headers, StringComparison.OrdinalIgnoreCase);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/t") { Content = new StringContent("{}") };
        request.Headers.Add("Origin", "https://shop.example");
        using var refused = await http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("*", Assert.Single(refused.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://other.example", false)]
    public async Task Origins_may_be_named(string origin, bool allowed)
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:CorsOrigins=https://shop.example, https://www.shop.example");
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/v1/batch");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using var response = await gateway.NewHttp(null).SendAsync(preflight, Cancellation);
        Assert.Equal(allowed, response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Data_that_is_read_with_a_key_is_not_for_pages()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/shops/acme/customers");
        request.Headers.Add("Origin", "https://shop.example");
        using var response = await gateway.Http.SendAsync(request, Cancellation);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
