using System.Text.Json;
using Grpc.Core;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Tests.Transcoding;

public sealed class JsonDoorTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static string[] Violations(JsonElement problem) => [.. problem.GetProperty("violations").EnumerateArray().Select(v => v.GetProperty("field").GetString()!)];

    public static TheoryData<StatusCode, int> Codes() => new()
    {
        { StatusCode.Cancelled, 499 }, { StatusCode.Unknown, 500 }, { StatusCode.InvalidArgument, 400 }, { StatusCode.DeadlineExceeded, 504 },
        { StatusCode.NotFound, 404 }, { StatusCode.AlreadyExists, 409 }, { StatusCode.PermissionDenied, 403 }, { StatusCode.ResourceExhausted, 429 },
        { StatusCode.FailedPrecondition, 400 }, { StatusCode.Aborted, 409 }, { StatusCode.OutOfRange, 400 }, { StatusCode.Unimplemented, 501 },
        { StatusCode.Internal, 500 }, { StatusCode.Unavailable, 503 }, { StatusCode.DataLoss, 500 },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task A_status_of_a_house_becomes_its_HTTP_status(StatusCode code, int expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw new RpcException(new Status(code, "secret address 10.0.0.1"));
        var (status, problem) = await gateway.GetAsync("/v1/shops/acme");
        Assert.Equal(expected, status);
        Assert.Equal(expected, problem.GetProperty("status").GetInt32());
        Assert.Equal(Problem.Canonical(code).Name, problem.GetProperty("reason").GetString());
        if (expected >= 500) Assert.DoesNotContain("10.0.0.1", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StatusCode.OK, 200)]
    [InlineData(StatusCode.Unauthenticated, 401)]
    public void The_two_codes_that_no_house_answers_through_the_gateway_are_mapped_too(StatusCode code, int expected)
    {
        Assert.Equal(expected, Problem.Canonical(code).Http);
        Assert.Equal(17, Enum.GetValues<StatusCode>().Length);
        Assert.Equal(17, Enum.GetValues<StatusCode>().Select(c => Problem.Canonical(c).Name).Distinct().Count());
    }

    [Fact]
    public async Task Reason_metadata_and_every_violation_arrive()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw Errors.Of(SegmentationErrorReason.StageNotFound, "No stage 'loyall'.", ("stages", "new, loyal"));
        var (status, problem) = await gateway.GetAsync("/v1/shops/acme/customers?stage=loyall");
        Assert.Equal(404, status);
        Assert.Equal("STAGE_NOT_FOUND", problem.GetProperty("reason").GetString());
        Assert.Equal("segmentation.perennial", problem.GetProperty("domain").GetString());
        Assert.Equal("new, loyal", problem.GetProperty("metadata").GetProperty("stages").GetString());
        Assert.Equal("No stage 'loyall'.", problem.GetProperty("detail").GetString());
        Assert.Equal("Not found", problem.GetProperty("title").GetString());
        Assert.Equal("urn:perennial:error:segmentation.perennial:STAGE_NOT_FOUND", problem.GetProperty("type").GetString());

        gateway.Script.Answers = (_, _) => throw Errors.Invalid([("page_size", "must be 0 or more"), ("model", "is unknown")]);
        (status, problem) = await gateway.GetAsync("/v1/shops/acme/customers");
        Assert.Equal(400, status);
        Assert.Equal(["page_size", "model"], Violations(problem));
    }

    [Theory]
    [InlineData("/v1/shops/acme/customers?pageSize=ten&asOf=yesterday&stages=new&includeAnonymous=maybe", "pageSize,asOf,stages,includeAnonymous")]
    [InlineData("/v1/shops/acme/customers?shop=acme", "shop")]
    [InlineData("/v1/shops/acme/customers?stage=new&stage=loyal", "stage")]
    [InlineData("/v1/shops/acme/customers?page_size=99999999999", "page_size")]
    [InlineData("/v1/shops/acme/feed/first", "partition")]
    [InlineData("/v1/shops/acme/customers?stage.name=x", "stage.name")]
    public async Task Whatever_is_wrong_in_path_and_query_is_named_at_once(string path, string fields)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.GetAsync(path);
        Assert.Equal(400, status);
        Assert.Equal("INVALID_ARGUMENT", problem.GetProperty("reason").GetString());
        Assert.Equal(fields.Split(',').Order(), Violations(problem).Order());
        Assert.Empty(gateway.Script.Calls);
    }

    [Theory]
    [InlineData("""{"events":[],"evnts":[]}""", "evnts")]
    [InlineData("""{"events":[{"messageId":"m","userid":"u"}]}""", "userid")]
    [InlineData("""{"events":""", "")]
    [InlineData("""{"events":[{"messageId":{}}]}""", "")]
    [InlineData("""{"events":[{"timestamp":"yesterday"}]}""", "")]
    [InlineData("""[]""", "")]
    [InlineData("""{"shop":"other","events":[]}""", "shop")]
    public async Task A_body_that_is_not_the_request_says_which_field(string body, string field)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync("/v1/shops/acme/events:record", body);
        Assert.Equal(400, status);
        Assert.Equal([field], Violations(problem));
        Assert.Empty(gateway.Script.Calls);
    }

    [Fact]
    public async Task A_body_and_a_query_do_not_mix()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.PostAsync("/v1/shops/acme/events:record?events=1", "{}");
        Assert.Equal(400, status);
        Assert.Equal(["events"], Violations(problem));
    }

    [Theory]
    [InlineData("/v1/nothing")]
    [InlineData("/")]
    [InlineData("/v1/shops/acme/stages:sum")]
    [InlineData("/v1/shops//customers")]
    public async Task An_unknown_path_is_ROUTE_NOT_FOUND(string path)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, problem) = await gateway.GetAsync(path);
        Assert.Equal(404, status);
        Assert.Equal("ROUTE_NOT_FOUND", problem.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_wrong_verb_is_405_with_those_allowed()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var response = await gateway.Http.DeleteAsync(new Uri("/v1/shops/acme", UriKind.Relative), Cancellation);
        Assert.Equal(["GET", "PATCH"], response.Content.Headers.Allow);
        var (status, problem) = await TestGateway.ReadAsync(response);
        Assert.Equal(405, status);
        Assert.Equal("ROUTE_NOT_FOUND", problem.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_failure_in_the_middle_of_a_stream_is_its_last_line()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => Failing();
        var lines = (await gateway.Http.GetStringAsync(new Uri("/v1/shops/acme/nextActions", UriKind.Relative), Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Equal(["user:1", "user:2"], lines[..2].Select(l => JsonDocument.Parse(l).RootElement.GetProperty("customer").GetString()));
        var error = JsonDocument.Parse(lines[2]).RootElement.GetProperty("error");
        Assert.Equal(503, error.GetProperty("status").GetInt32());
        Assert.Equal("UNAVAILABLE", error.GetProperty("reason").GetString());

        static IEnumerable<Google.Protobuf.IMessage> Failing()
        {
            yield return new NextAction { Customer = "user:1" };
            yield return new NextAction { Customer = "user:2" };
            throw Errors.Of(CommonErrorReason.Unavailable, "The store does not answer; retry.");
        }
    }

    [Fact]
    public async Task A_line_that_comes_after_others_were_read_is_a_line_like_any_other()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var wasRead = new SemaphoreSlim(0);
        gateway.Script.Answers = (_, _) => OneByOne(wasRead);
        using var response = await gateway.Http.GetAsync(new Uri("/v1/shops/acme/nextActions", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        for (var i = 1; i <= 3; i++, wasRead.Release())
            Assert.Equal($"user:{i}", JsonDocument.Parse((await reader.ReadLineAsync(Cancellation))!).RootElement.GetProperty("customer").GetString());
        Assert.Null(await reader.ReadLineAsync(Cancellation));

        static IEnumerable<Google.Protobuf.IMessage> OneByOne(SemaphoreSlim wasRead)
        {
            for (var i = 1; i <= 3; i++)
            {
                yield return new NextAction { Customer = $"user:{i}" };
                wasRead.Wait(TimeSpan.FromSeconds(20));
            }
        }
    }

    [Fact]
    public async Task A_failure_before_a_stream_begins_is_a_plain_error_and_an_empty_stream_is_empty()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw Errors.Of(CommonErrorReason.ShopNotFound, "No shop 'acme'.");
        Assert.Equal(404, (await gateway.GetAsync("/v1/shops/acme/nextActions")).Status);
        gateway.Script.Answers = (_, _) => [];
        using var response = await gateway.Http.GetAsync(new Uri("/v1/shops/acme/nextActions", UriKind.Relative), Cancellation);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task A_live_stream_is_read_line_by_line_and_ends_upstream_when_its_reader_goes()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => [new ReadFeedResponse { NextPosition = 1 }, new ReadFeedResponse { NextPosition = 2 }];
        using (var response = await gateway.Http.GetAsync(new Uri("/v1/shops/acme/feed/2?follow=true&afterPosition=7", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation)))
        {
            foreach (var position in (string[])["1", "2"])
                Assert.Equal(position, JsonDocument.Parse((await reader.ReadLineAsync(Cancellation))!).RootElement.GetProperty("nextPosition").GetString());
            Assert.Equal(new ReadFeedRequest { Shop = "acme", Partition = 2, Follow = true, AfterPosition = 7 }, gateway.Script.Request<ReadFeedRequest>());
            Assert.False(gateway.Script.Cancelled.Task.IsCompleted);
        }
        await gateway.Script.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task A_house_that_takes_too_long_is_504()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:UnarySecondsMax=1");
        gateway.Script.Answers = (_, context) =>
        {
            context.CancellationToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
            return null;
        };
        var (status, problem) = await gateway.GetAsync("/v1/shops/acme");
        Assert.Equal(504, status);
        Assert.Equal("DEADLINE_EXCEEDED", problem.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_house_that_is_not_there_is_503_with_Retry_After_and_without_its_address()
    {
        await using var gateway = await TestGateway.StartAtAsync("http://127.0.0.1:1");
        using var response = await gateway.Http.GetAsync(new Uri("/v1/shops/acme", UriKind.Relative), Cancellation);
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("Retry-After")));
        var (status, problem) = await TestGateway.ReadAsync(response);
        Assert.Equal(503, status);
        Assert.DoesNotContain("127.0.0.1", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_with_a_wrong_service_token_does_not_blame_the_client()
    {
        await using var gateway = await TestGateway.StartAsync("--Access:ServiceToken=another-token-of-32-characters-or-so");
        Assert.Equal(503, (await gateway.GetAsync("/v1/shops/acme")).Status);
        Assert.Equal(503, (await gateway.PostAsync("/v1/track", """{"userId":"u","event":"E"}""")).Status);
    }
}
