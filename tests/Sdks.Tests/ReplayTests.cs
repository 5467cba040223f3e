using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Perennial.Sdks.Tests;

/// <summary>
/// SDKs that cannot run here, their requests replayed as their sources write them: Segment.Analytics.CSharp 2.6.0 and RudderAnalytics
/// 2.0.2, whose packages are not everywhere to be had, and Segment's analytics.js, which needs a browser.
/// </summary>
public sealed class ReplayTests(Platform platform)
{
    const int Count = 200;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Segment_for_CSharp_finds_its_settings_and_every_event_is_stored_exactly_once_field_by_field()
    {
        var begin = DateTimeOffset.UtcNow;
        var run = "segmentcs" + Guid.NewGuid().ToString("N")[..8];
        using var http = new HttpClient();
        var host = await SettingsAsync(http);
        var calls = Calls(run, new JsonObject { ["library"] = Library("Analytics-CSharp", "2.6.0"), ["os"] = "Unix", ["platform"] = "Mono" }, withNulls: false);
        foreach (var batch in calls.Chunk(20))
        {
            // The file of a batch is sent as it lies on the disk; one whose answer was lost is sent again as it is.
            var file = $$"""{"batch":[{{string.Join(',', batch.Select(c => c.ToJsonString()))}}],"sentAt":"{{Now()}}","writeKey":"{{platform.Gateway.Key}}"}""";
            Assert.Equal(20, (await UploadAsync(http, host, file)).GetProperty("recorded").GetInt32());
            Assert.Equal(20, (await UploadAsync(http, host, file)).GetProperty("duplicates").GetInt32());
        }
        Ledger.Balances(Sent(calls), await platform.ReadAsync(run), "Analytics-CSharp/2.6.0", begin);
    }

    [Fact]
    public async Task RudderAnalytics_is_answered_200_and_every_event_is_stored_exactly_once_field_by_field()
    {
        var begin = DateTimeOffset.UtcNow;
        var run = "ruddercs" + Guid.NewGuid().ToString("N")[..8];
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("User-Agent", "RudderAnalytics.NET/2.0.2");
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(platform.Gateway.Key + ":")));
        var calls = Calls(run, new JsonObject { ["library"] = Library("RudderAnalytics.NET", "2.0.2") }, withNulls: true);
        foreach (var batch in calls.Chunk(20))
        {
            var body = $$"""{"messageId":"{{Guid.NewGuid()}}","sentAt":"{{Now()}}","batch":[{{string.Join(',', batch.Select(c => c.ToJsonString()))}}]}""";
            using var content = new ByteArrayContent(Gzip(body));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            content.Headers.ContentEncoding.Add("gzip");
            using var response = await http.PostAsync(new Uri(platform.Gateway.Address, "/v1/batch"), content, Cancellation);
            // It takes any other 2xx for a failure.
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        Ledger.Balances(Sent(calls), await platform.ReadAsync(run), "RudderAnalytics.NET/2.0.2", begin);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Segment_in_a_page_may_read_its_answers_and_every_event_is_stored_exactly_once_field_by_field(int size)
    {
        var begin = DateTimeOffset.UtcNow;
        var run = "page" + Guid.NewGuid().ToString("N")[..8];
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("Origin", "https://shop.example");
        var host = await SettingsAsync(http);
        JsonObject page = new() { ["url"] = "https://shop.example/tea?utm_source=mail", ["referrer"] = "https://search.example/" };
        JsonObject context = new() { ["userAgent"] = "Mozilla/5.0", ["locale"] = "de-DE", ["page"] = page.DeepClone(), ["campaign"] = new JsonObject { ["source"] = "mail" } };
        var calls = Calls(run, context, withNulls: false);
        foreach (var call in calls)
        {
            call["context"]!["library"] = Library("analytics.js", "npm:next-1.80.0");
            call["writeKey"] = platform.Gateway.Key;
            if (call["type"]!.GetValue<string>() is "page" or "screen")
                foreach (var (name, value) in page) call["properties"]![name] = value!.DeepClone();
        }
        foreach (var some in calls.Chunk(size))
        {
            // One by one to the letter of its type, or in batches; never with a header that would need a preflight.
            if (size == 1) some[0]["sentAt"] = Now();
            var (path, body) = size == 1
                ? (some[0]["type"]!.GetValue<string>()[..1], some[0].ToJsonString())
                : ("b", $$"""{"writeKey":"{{platform.Gateway.Key}}","batch":[{{string.Join(',', some.Select(c => c.ToJsonString()))}}],"sentAt":"{{Now()}}"}""");
            using var content = new StringContent(body, Encoding.UTF8, "text/plain");
            using var response = await http.PostAsync(new Uri($"http://{host}/{path}"), content, Cancellation);
            Assert.Equal((HttpStatusCode.OK, "*"), (response.StatusCode, Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin"))));
        }
        Ledger.Balances(Sent(calls, context), await platform.ReadAsync(run), "analytics.js/npm:next-1.80.0", begin);
    }

    /// <summary>The SDK asks where to send to before it sends anything, and takes the host that it is told.</summary>
    async Task<string> SettingsAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{platform.Gateway.Address.Authority}/v1/projects/{platform.Gateway.Key}/settings");
        request.Headers.Add("Connection", "close");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var settings = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(Cancellation));
        return settings.RootElement.GetProperty("integrations").GetProperty("Segment.io").GetProperty("apiHost").GetString()!;
    }

    /// <summary>No authorization, no content type; the key is in the body.</summary>
    static async Task<JsonElement> UploadAsync(HttpClient http, string host, string file)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{host}/b") { Content = new StreamContent(new MemoryStream(Gzip(file))) };
        request.Content.Headers.Add("Content-Encoding", "gzip");
        request.Headers.Add("Connection", "close");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        using var response = await http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
    }

    /// <param name="context">What the SDK says of itself and its machine in every event.</param>
    /// <param name="withNulls">What is not set is written as null.</param>
    static List<JsonObject> Calls(string run, JsonObject context, bool withNulls) => [.. Enumerable.Range(0, Count).Select(i =>
    {
        var call = Call(run, i);
        call["messageId"] = Guid.NewGuid().ToString();
        // Seven digits after the point: whole milliseconds are not assumed.
        call["timestamp"] = (DateTime.UtcNow - TimeSpan.FromTicks(i * 123_456_789_011L)).ToString("o", CultureInfo.InvariantCulture);
        call["context"] = context.DeepClone();
        call["integrations"] = new JsonObject();
        if (i % 7 != 3) call["userId"] = $"{run}-u{i % 50}";
        else if (withNulls) call["userId"] = null;
        if (i % 7 == 3 || !withNulls) call["anonymousId"] = $"{run}-a{i}";
        else call["anonymousId"] = null;
        return call;
    })];

    static JsonObject Call(string run, int i) => (i % 8) switch
    {
        0 => Typed("identify", ("traits", new JsonObject { ["email"] = $"u{i}.{run}@shop.example", ["age"] = 20 + i, ["vip"] = i % 3 == 0, ["city"] = "Köln" })),
        1 => Typed("page", ("name", $"Page {i}"), ("category", "Docs"), ("properties", new JsonObject { ["url"] = $"https://shop.example/{i}", ["title"] = "Titel" })),
        2 => Typed("screen", ("name", $"Screen {i}"), ("category", "App"), ("properties", new JsonObject { ["title"] = "Start" })),
        3 => Typed("group", ("groupId", $"g{i}"), ("traits", new JsonObject { ["plan"] = "gold", ["seats"] = i })),
        4 => Typed("alias", ("previousId", $"{run}-old{i}")),
        5 => Track("Product Viewed", new JsonObject { ["product_id"] = "p-1", ["name"] = "Tee", ["price"] = 4.95m, ["quantity"] = 1, ["currency"] = "EUR" }),
        6 => Track("Pizza Eaten", new JsonObject { ["slices"] = i, ["toppings"] = new JsonArray("ham", null, 2.5), ["oven"] = new JsonObject { ["hot"] = true } }),
        _ => Track("Order Completed", new JsonObject
        {
            ["order_id"] = $"order-{i}",
            ["total"] = 17.45m + i,
            ["shipping"] = 4.9m,
            ["currency"] = "GBP",
            ["products"] = new JsonArray(new JsonObject { ["product_id"] = "p-2", ["price"] = 12.55m, ["quantity"] = 2 }),
        }),
    };

    static JsonObject Track(string name, JsonObject properties) => Typed("track", ("event", name), ("properties", properties));

    static JsonObject Typed(string type, params ReadOnlySpan<(string Name, JsonNode Value)> parts)
    {
        var call = new JsonObject { ["type"] = type };
        foreach (var (name, value) in parts) call[name] = value;
        return call;
    }

    static JsonObject Library(string name, string version) => new() { ["name"] = name, ["version"] = version };

    /// <param name="context">What must be kept of the context beside the library.</param>
    static List<Sent> Sent(IEnumerable<JsonObject> calls, JsonObject? context = null) => [.. calls.Select(call =>
    {
        var told = call.DeepClone().AsObject();
        told["context"] = context?.DeepClone() ?? new JsonObject();
        return new Sent(JsonSerializer.SerializeToElement(told));
    })];

    static string Now() => DateTime.UtcNow.ToString("o", CultureInfo.InvariantCulture);

    static byte[] Gzip(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionMode.Compress, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return buffer.ToArray();
    }
}
