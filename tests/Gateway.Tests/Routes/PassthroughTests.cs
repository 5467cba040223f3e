using System.Net;
using System.Text;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Tests.Routes;

public sealed class PassthroughTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_house_is_reached_in_the_name_of_the_key()
    {
        await using var gateway = await TestGateway.StartAsync();
        var channel = gateway.NewChannel();
        var headers = gateway.KeyMetadata;
        headers.Add("perennial-shop", "victim");
        headers.Add("x-api-key", "pk_something");
        headers.Add("x-request-id", "kept");
        await new IngestionService.IngestionServiceClient(channel).GetShopAsync(new GetShopRequest { Shop = "acme" }, headers, cancellationToken: Cancellation);
        await new SegmentationService.SegmentationServiceClient(channel).GetStageCountsAsync(new GetStageCountsRequest { Shop = "acme" }, headers, cancellationToken: Cancellation);
        await new Engagement.V1.EngagementService.EngagementServiceClient(channel).GetFeedProgressAsync(new Engagement.V1.GetFeedProgressRequest { Shop = "acme" }, headers, cancellationToken: Cancellation);
        await new Campaigns.V1.CampaignService.CampaignServiceClient(channel).GetPlaybookAsync(new Campaigns.V1.GetPlaybookRequest { Shop = "acme" }, headers, cancellationToken: Cancellation);
        Assert.Equal(4, gateway.Script.Calls.Count);
        Assert.All(gateway.Script.Calls, call =>
        {
            Assert.Equal("acme", Assert.Single(call.Headers, h => h.Key == "perennial-shop").Value);
            Assert.Equal("Bearer " + Doubles.ServiceToken, Assert.Single(call.Headers, h => h.Key == "authorization").Value);
            Assert.DoesNotContain(call.Headers, h => h.Key == "x-api-key");
            Assert.Equal("kept", call.Headers.GetValue("x-request-id"));
        });
    }

    [Fact]
    public async Task Another_shop_is_refused_unary_and_streamed()
    {
        await using var gateway = await TestGateway.StartAsync();
        var client = new IngestionService.IngestionServiceClient(gateway.NewChannel());
        var unary = await Assert.ThrowsAsync<RpcException>(async () => await client.GetShopAsync(new GetShopRequest { Shop = "victim" }, gateway.KeyMetadata, cancellationToken: Cancellation));
        using var call = client.ReadFeed(new ReadFeedRequest(), gateway.KeyMetadata, cancellationToken: Cancellation);
        var streamed = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancellation));
        Assert.All([unary, streamed], e => Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), (e.StatusCode, Errors.Reason(e)?.Reason)));
    }

    [Fact]
    public async Task A_feed_arrives_message_by_message_and_ends_upstream_when_its_reader_goes()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => Enumerable.Range(1, 50).Select(i => new ReadFeedResponse { NextPosition = i, Events = { new RecordedEvent { Position = i, Shop = "acme" } } });
        var client = new IngestionService.IngestionServiceClient(gateway.NewChannel());
        using (var call = client.ReadFeed(new ReadFeedRequest { Shop = "acme", Follow = true }, gateway.KeyMetadata, cancellationToken: Cancellation))
        {
            for (var i = 1; i <= 50; i++)
            {
                Assert.True(await call.ResponseStream.MoveNext(Cancellation));
                Assert.Equal(i, call.ResponseStream.Current.Events.Single().Position);
            }
        }
        await gateway.Script.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task Errors_arrive_with_their_details()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw Errors.Of(SegmentationErrorReason.ModelNotFound, "No model 'x': ä.", ("models", "clc"));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new SegmentationService.SegmentationServiceClient(gateway.NewChannel())
            .GetStageCountsAsync(new GetStageCountsRequest { Shop = "acme", Model = "x" }, gateway.KeyMetadata, cancellationToken: Cancellation));
        Assert.Equal((StatusCode.NotFound, "No model 'x': ä."), (error.StatusCode, error.Status.Detail));
        Assert.Equal(("MODEL_NOT_FOUND", "clc"), (Errors.Reason(error)!.Reason, Errors.Reason(error)!.Metadata["models"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer pk_acme_wrong")]
    public async Task Without_a_key_a_gRPC_caller_hears_UNAUTHENTICATED_with_its_reason(string authorization)
    {
        await using var gateway = await TestGateway.StartAsync();
        var headers = new Metadata();
        if (authorization.Length > 0) headers.Add("authorization", authorization);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new IngestionService.IngestionServiceClient(gateway.NewChannel()).GetShopAsync(new GetShopRequest { Shop = "acme" }, headers, cancellationToken: Cancellation));
        Assert.Equal((StatusCode.Unauthenticated, "UNAUTHENTICATED", "perennial"), (error.StatusCode, Errors.Reason(error)?.Reason, Errors.Reason(error)?.Domain));
        Assert.StartsWith("The API key is missing or wrong;", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_house_that_is_not_there_is_UNAVAILABLE_with_its_reason()
    {
        await using var gateway = await TestGateway.StartAtAsync("http://127.0.0.1:1");
        var error = await Assert.ThrowsAsync<RpcException>(async () => await new IngestionService.IngestionServiceClient(gateway.NewChannel()).GetShopAsync(new GetShopRequest { Shop = "acme" }, gateway.KeyMetadata, cancellationToken: Cancellation));
        Assert.Equal((StatusCode.Unavailable, "UNAVAILABLE"), (error.StatusCode, Errors.Reason(error)?.Reason));
    }

    [Fact]
    public async Task The_callers_deadline_holds_behind_the_gateway()
    {
        await using var gateway = await TestGateway.StartAsync();
        var seen = DateTime.MaxValue;
        gateway.Script.Answers = (_, context) =>
        {
            seen = context.Deadline;
            return null;
        };
        await new IngestionService.IngestionServiceClient(gateway.NewChannel()).GetShopAsync(new GetShopRequest { Shop = "acme" }, gateway.KeyMetadata, DateTime.UtcNow.AddSeconds(20), Cancellation);
        Assert.InRange(seen, DateTime.UtcNow, DateTime.UtcNow.AddSeconds(20));
    }

    [Fact]
    public async Task What_is_not_gRPC_is_told_where_JSON_is_and_unknown_services_are_not_found()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(gateway.Key);
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        var (status, problem) = await TestGateway.ReadAsync(await http.PostAsync(new Uri("/perennial.ingestion.v1.IngestionService/GetShop", UriKind.Relative), content, Cancellation));
        Assert.Equal(400, status);
        Assert.Contains("/v1", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        var method = new Method<GetShopRequest, Shop>(MethodType.Unary, "perennial.unknown.v1.NoService", "Get",
            Marshallers.Create(m => Google.Protobuf.MessageExtensions.ToByteArray(m), GetShopRequest.Parser.ParseFrom), Marshallers.Create(m => Google.Protobuf.MessageExtensions.ToByteArray(m), Shop.Parser.ParseFrom));
        var error = await Assert.ThrowsAsync<RpcException>(async () => await gateway.NewChannel().CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(gateway.KeyMetadata, cancellationToken: Cancellation), new GetShopRequest()));
        Assert.Equal("ROUTE_NOT_FOUND", Errors.Reason(error)?.Reason);
    }
}

public sealed class HealthTests
{
    [Fact]
    public async Task Answers_anybody_in_one_line()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        using var response = await http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"status":"SERVING"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Tells_where_gRPC_is_spoken()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        using var response = await http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal([$"h2c=\":{Program.Addresses(gateway.App).Grpc.Port}\""], response.Headers.GetValues("Alt-Svc"));
    }

    [Fact]
    public async Task Names_the_problem()
    {
        await using var gateway = await TestGateway.StartAtAsync("http://127.0.0.1:1", "--Shop:Create=true");
        ((HealthState)gateway.App.Services.GetService(typeof(HealthState))!).AddCheck("test", () => "a \"quoted\" problem");
        using var http = gateway.NewHttp(null);
        var (status, json) = await TestGateway.ReadAsync(await http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken));
        Assert.Equal(503, status);
        Assert.Equal("NOT_SERVING", json.GetProperty("status").GetString());
        Assert.NotEmpty(json.GetProperty("problem").GetString()!);
    }

    [Fact]
    public async Task No_key_ring_is_written_to_the_disk()
    {
        await using var gateway = await TestGateway.StartAsync();
        Assert.Null(gateway.App.Services.GetService(typeof(Microsoft.AspNetCore.DataProtection.IDataProtectionProvider)));
    }
}
