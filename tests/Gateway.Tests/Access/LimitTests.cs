using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Tests.Access;

public sealed class LimitTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_asks_too_often_is_told_when_to_come_back_and_disturbs_no_other()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:RequestsPerSecond=1", "--Gateway:Burst=2");
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => gateway.Http.GetAsync(new Uri("/v1/shops/acme", UriKind.Relative), Cancellation)));
        var refused = answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.Contains(answers, a => a.IsSuccessStatusCode);
        Assert.NotEmpty(refused);
        Assert.All(refused, a => Assert.InRange(a.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60));
        // Segment's browser SDK knows this one alone.
        Assert.All(refused, a => Assert.Equal(a.Headers.RetryAfter!.ToString(), Assert.Single(a.Headers.GetValues("X-RateLimit-Reset"))));
        var (_, problem) = await TestGateway.ReadAsync(refused[0]);
        Assert.Equal("RATE_LIMITED", problem.GetProperty("reason").GetString());

        using var other = gateway.NewHttp(await gateway.NewKeyAsync("acme"));
        Assert.True((await other.GetAsync(new Uri("/v1/shops/acme", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
        for (var i = 0; i < 5; i++) Assert.True((await gateway.Http.GetAsync(new Uri("/healthz", UriKind.Relative), Cancellation)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_page_can_read_when_to_come_back()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:RequestsPerSecond=1", "--Gateway:Burst=1");
        gateway.Http.DefaultRequestHeaders.Add("Origin", "https://shop.example");
        for (; ; )
        {
            using var content = new StringContent("""{"userId":"u","event":"E"}""", Encoding.UTF8, "text/plain");
            using var response = await gateway.Http.PostAsync(new Uri("/v1/t", UriKind.Relative), content, Cancellation);
            if (response.IsSuccessStatusCode) continue;
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            var readable = string.Join(',', response.Headers.GetValues("Access-Control-Expose-Headers"));
            Assert.All((string[])["Retry-After", "X-RateLimit-Reset"], name => Assert.Contains(name, readable, StringComparison.Ordinal));
            return;
        }
    }

    [Fact]
    public async Task A_gRPC_caller_hears_RESOURCE_EXHAUSTED_with_the_delay()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:RequestsPerSecond=1", "--Gateway:Burst=1");
        var client = new IngestionService.IngestionServiceClient(gateway.NewChannel());
        var calls = Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await client.GetShopAsync(new GetShopRequest { Shop = "acme" }, gateway.KeyMetadata, cancellationToken: Cancellation);
                return null;
            }
            catch (RpcException e)
            {
                return e;
            }
        });
        var error = (await Task.WhenAll(calls)).First(e => e is not null)!;
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("RATE_LIMITED", Errors.Reason(error)?.Reason);
        Assert.True(Errors.Detail<RetryInfo>(Errors.Details(error))!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("/v1/batch", true)]
    [InlineData("/v1/batch", false)]
    [InlineData("/v1/shops/acme/events:record", true)]
    public async Task A_body_beyond_the_limit_is_REQUEST_TOO_LARGE_and_names_the_limit(string path, bool announced)
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:BodyBytesMax=2048");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"batch\":[\"" + new string('x', 5000) + "\"]}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (!announced) request.Headers.TransferEncodingChunked = true;
        await AssertTooLargeAsync(await gateway.Http.SendAsync(request, Cancellation), "2048", "Gateway:BodyBytesMax");
    }

    [Theory]
    [InlineData("/v1/batch", "gzip")]
    [InlineData("/v1/batch", "br")]
    [InlineData("/v1/batch", "deflate")]
    [InlineData("/v1/shops/acme/events:record", "gzip")]
    public async Task A_bomb_is_defused(string path, string encoding)
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:DecompressedBytesMax=1000000");
        // 64 MB of spaces, some kilobytes on the wire.
        using var content = new ByteArrayContent(Compress(encoding, new byte[64 * 1024 * 1024]));
        content.Headers.ContentEncoding.Add(encoding);
        Assert.True(content.Headers.ContentLength < 100_000);
        await AssertTooLargeAsync(await gateway.Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation), "1000000", "Gateway:DecompressedBytesMax");
    }

    static async Task AssertTooLargeAsync(HttpResponseMessage response, string bytes, string option)
    {
        var (status, problem) = await TestGateway.ReadAsync(response);
        Assert.Equal(413, status);
        Assert.Equal("REQUEST_TOO_LARGE", problem.GetProperty("reason").GetString());
        Assert.Equal(bytes, problem.GetProperty("metadata").GetProperty("limit_bytes").GetString());
        Assert.Equal(option, problem.GetProperty("metadata").GetProperty("limit").GetString());
        Assert.Contains(bytes, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    static byte[] Compress(string encoding, byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = encoding switch { "gzip" => new GZipStream(buffer, CompressionLevel.Optimal, true), "br" => new BrotliStream(buffer, CompressionLevel.Fastest, true), _ => new ZLibStream(buffer, CompressionLevel.Optimal, true) })
            stream.Write(bytes);
        return buffer.ToArray();
    }

    [Theory]
    [InlineData("gzip", 400)]
    [InlineData("br", 400)]
    [InlineData("deflate", 400)]
    [InlineData("zstd", 400)]
    public async Task A_body_that_is_not_what_its_encoding_says_is_refused(string encoding, int expected)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var content = new StringContent("{}");
        content.Headers.ContentEncoding.Add(encoding);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var (status, problem) = await TestGateway.ReadAsync(await gateway.Http.PostAsync(new Uri("/v1/batch", UriKind.Relative), content, Cancellation));
        Assert.Equal(expected, status);
        Assert.Contains(encoding, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_asked_for_again()
    {
        await using var gateway = await TestGateway.StartAsync();
        var services = gateway.App.Services;
        // As Kestrel throws it after seconds of a stalled body.
        var faults = new Faults(_ => throw new BadHttpRequestException("Reading the request body timed out.", StatusCodes.Status408RequestTimeout), services.GetRequiredService<Problems>(), services.GetRequiredService<IOptions<GatewayOptions>>(), services.GetRequiredService<ILogger<Faults>>());
        var context = new DefaultHttpContext();
        await faults.InvokeAsync(context);
        Assert.Equal((503, "1"), (context.Response.StatusCode, context.Response.Headers.RetryAfter.ToString()));
    }

    [Fact]
    public async Task A_gRPC_message_is_bounded_by_the_house_not_by_the_size_of_HTTP_bodies()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:BodyBytesMax=2048");
        var client = new IngestionService.IngestionServiceClient(gateway.NewChannel());
        var request = new RecordEventsRequest { Shop = "acme", Events = { new Event { MessageId = new string('m', 3_000_000) } } };
        Assert.Equal(1, (await client.RecordEventsAsync(request, gateway.KeyMetadata, cancellationToken: Cancellation)).RecordedCount);
    }
}
