using System.Net;
using System.Text;
using System.Text.Json;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>Management over HTTP, and deliveries of a whole gateway.</summary>
public sealed class WebhookDoorTests : IAsyncLifetime
{
    const string Root = "/v1/shops/acme/webhooks";

    readonly TransitionFeed _feed = new();
    FakeHouse _segmentation = null!;
    Receiver _receiver = null!;
    TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _segmentation = await FakeHouse.StartAsync(_feed);
        _receiver = await Receiver.StartAsync();
        await StartAsync("--Webhooks:AllowPrivateAddresses=true", "--Webhooks:RetrySeconds=0", "--Webhooks:PollMillis=50", "--Webhooks:WebhooksMax=3");
    }

    async Task StartAsync(params string[] settings)
    {
        if (_gateway is not null) await _gateway.DisposeAsync();
        _gateway = await TestGateway.StartAsync([$"--Upstream:Segmentation={_segmentation.Address}", .. settings]);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _receiver.DisposeAsync();
        await _segmentation.DisposeAsync();
    }

    async Task<(int Status, JsonElement Json)> SendAsync(string verb, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        return await TestGateway.ReadAsync(await _gateway.Http.SendAsync(request, TestContext.Current.CancellationToken));
    }

    Task<(int Status, JsonElement Json)> CreateAsync(string id, string more = "") => SendAsync("POST", Root, $$"""{"webhook": "{{id}}", "url": "{{_receiver.Url("/" + id)}}"{{more}}}""");

    async Task<JsonElement> IsAsync(string id, Func<JsonElement, bool> condition)
    {
        JsonElement found = default;
        await Eventually.IsTrueAsync(async () => condition(found = (await SendAsync("GET", $"{Root}/{id}")).Json), "the webhook is as expected");
        return found;
    }

    static string? Reason((int Status, JsonElement Json) answer) => answer.Json.GetProperty("reason").GetString();

    static string Violation((int Status, JsonElement Json) answer, string field)
        => answer.Json.GetProperty("violations").EnumerateArray().Single(v => v.GetProperty("field").GetString() == field).GetProperty("description").GetString()!;

    [Fact]
    public async Task A_new_webhook_shows_its_secret_once_and_begins_with_what_comes_next()
    {
        for (var i = 0; i < 21; i++) _feed.Add($"user:before-{i}");
        var (status, created) = await CreateAsync("crm", """, "models": ["clc"], "stages": ["lapsed"]""");
        Assert.Equal((200, "acme", "crm", "21"), (status, created.GetProperty("shop").GetString(), created.GetProperty("webhook").GetString(), created.GetProperty("position").GetString()));
        var secret = created.GetProperty("secret").GetString()!;
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        _feed.Add("user:1", to: "lapsed");
        await _receiver.HasAsync(1, "/crm");
        var received = _receiver.All.Single();
        Assert.Equal(("user:1", SecretsTests.Expected(secret, "acme/22", received.Timestamp, received.Body)), (received.Subject, received.Signature));

        var shown = await IsAsync("crm", w => w.GetProperty("position").GetString() == "22");
        Assert.False(shown.TryGetProperty("secret", out _));
        Assert.Equal((204, "", "22", 0), (shown.GetProperty("lastStatus").GetInt32(), shown.GetProperty("lastFailure").GetString(), shown.GetProperty("position").GetString(), shown.GetProperty("deadLetterCount").GetInt32()));
        Assert.DoesNotContain(secret, (await SendAsync("GET", Root)).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Grpc.Core.StatusCode.OutOfRange)]
    [InlineData(Grpc.Core.StatusCode.InvalidArgument)]
    public async Task Now_is_found_however_long_the_feed_and_whatever_it_lacks(Grpc.Core.StatusCode? beyondTheEnd)
    {
        _feed.BeyondTheEnd = beyondTheEnd;
        for (var i = 1; i <= 100; i++) _feed.Add(i is > 40 and < 60 or 100 ? "user:gone" : "user:here");
        _feed.Erase("user:gone");
        Assert.Equal("99", (await CreateAsync("crm")).Json.GetProperty("position").GetString());
        Assert.InRange(_feed.Asked.Count(r => !r.Follow), 7, 20);
    }

    [Fact]
    public async Task A_webhook_may_begin_at_a_position_and_be_set_back_to_one()
    {
        for (var i = 1; i <= 5; i++) _feed.Add($"user:{i}");
        await CreateAsync("crm", """, "afterPosition": "3" """);
        await _receiver.HasAsync(2, "/crm");
        await IsAsync("crm", w => w.GetProperty("position").GetString() == "5");
        Assert.Equal("4", (await SendAsync("PATCH", $"{Root}/crm", """{"afterPosition": 4}""")).Json.GetProperty("position").GetString());
        await _receiver.HasAsync(3, "/crm");
        Assert.Equal(["user:4", "user:5", "user:5"], _receiver.Subjects("/crm"));
        Assert.Contains("must be at most 5", Violation(await SendAsync("PATCH", $"{Root}/crm", """{"afterPosition": 6}"""), "afterPosition"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_is_not_taken_can_be_skipped()
    {
        await StartAsync("--Webhooks:AllowPrivateAddresses=true");
        await CreateAsync("crm");
        _receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Subject == "user:1" ? 500 : 200;
            return Task.CompletedTask;
        };
        for (var i = 1; i <= 2; i++) _feed.Add($"user:{i}");
        var waiting = await IsAsync("crm", w => w.GetProperty("attempts").GetInt32() > 0);
        Assert.Equal(("1", "0"), (waiting.GetProperty("pendingPosition").GetString(), waiting.GetProperty("position").GetString()));
        await SendAsync("PATCH", $"{Root}/crm", """{"afterPosition": "1"}""");
        await IsAsync("crm", w => w.GetProperty("position").GetString() == "2");
        Assert.Equal("user:2", _receiver.Subjects("/crm")[^1]);
    }

    [Fact]
    public async Task A_shop_of_which_nothing_is_known_yet_begins_at_the_beginning()
    {
        _feed.Refuses = Grpc.Core.StatusCode.NotFound;
        Assert.Equal("0", (await CreateAsync("crm")).Json.GetProperty("position").GetString());
    }

    [Fact]
    public async Task Without_the_feed_a_webhook_is_not_made()
    {
        _feed.Refuses = Grpc.Core.StatusCode.Unavailable;
        Assert.Equal(503, (await CreateAsync("crm")).Status);
        Assert.Equal(0, (await SendAsync("GET", Root)).Json.GetProperty("webhooks").GetArrayLength());
    }

    [Fact]
    public async Task An_id_is_made_where_none_is_given_and_taken_once()
    {
        var made = (await SendAsync("POST", Root, $$"""{"url": "{{_receiver.Url()}}"}""")).Json.GetProperty("webhook").GetString()!;
        Assert.StartsWith("wh-", made, StringComparison.Ordinal);
        await CreateAsync("crm");
        Assert.Equal((409, "WEBHOOK_EXISTS"), await CreateAsync("crm") is var again ? (again.Status, Reason(again)) : default);
        await CreateAsync("third");
        Assert.Equal((400, "TOO_MANY_WEBHOOKS"), await CreateAsync("fourth") is var more ? (more.Status, Reason(more)) : default);
    }

    [Fact]
    public async Task Every_fault_of_a_body_is_named_at_once_with_its_remedy()
    {
        var answer = await SendAsync("POST", Root, """{"webhook": "No Good", "url": "http://user:pass@example.com/", "models": ["A B"], "stages": "lapsed", "enabled": 1, "afterPosition": -1, "uri": ""}""");
        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, Reason(answer)));
        Assert.Equal(["uri", "webhook", "url", "models", "stages", "enabled", "afterPosition"], answer.Json.GetProperty("violations").EnumerateArray().Select(v => v.GetProperty("field").GetString()));
        Assert.Contains("must not carry credentials", Violation(answer, "url"), StringComparison.Ordinal);
        Assert.Contains("is missing", Violation(await SendAsync("POST", Root, "{}"), "url"), StringComparison.Ordinal);
        Assert.Contains("must be a JSON object", (await SendAsync("POST", Root, "[]")).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await CreateAsync("crm");
        Assert.Contains("is none of url", Violation(await SendAsync("PATCH", $"{Root}/crm", """{"webhook": "other"}"""), "webhook"), StringComparison.Ordinal);
        Assert.Contains("must be a whole number", Violation(await SendAsync("GET", $"{Root}?pageSize=ten"), "pageSize"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_addresses_are_refused_unless_they_are_allowed()
    {
        await StartAsync();
        Assert.Contains("Webhooks:AllowPrivateAddresses", Violation(await CreateAsync("crm"), "url"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/none")]
    [InlineData("PATCH", "/none")]
    [InlineData("DELETE", "/none")]
    [InlineData("POST", "/none:rotateSecret")]
    [InlineData("POST", "/none:test")]
    [InlineData("GET", "/none/deadLetters")]
    [InlineData("POST", "/none/deadLetters:redeliver")]
    [InlineData("POST", "/none/deadLetters/1:redeliver")]
    [InlineData("POST", "/none/deadLetters:purge")]
    [InlineData("DELETE", "/none/deadLetters/1")]
    public async Task A_webhook_that_is_not_there_is_said_so(string verb, string path)
    {
        var answer = await SendAsync(verb, Root + path, verb == "PATCH" ? "{}" : null);
        Assert.Equal((404, "WEBHOOK_NOT_FOUND", "gateway.perennial"), (answer.Status, Reason(answer), answer.Json.GetProperty("domain").GetString()));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "")]
    [InlineData("GET", "/crm")]
    [InlineData("DELETE", "/crm")]
    [InlineData("POST", "/crm:rotateSecret")]
    [InlineData("POST", "/crm/deadLetters:redeliver")]
    public async Task Another_shops_key_opens_nothing(string verb, string path)
    {
        await CreateAsync("crm");
        var http = _gateway.NewHttp(await _gateway.NewKeyAsync("rival"));
        using var request = new HttpRequestMessage(new HttpMethod(verb), Root + path);
        var answer = await TestGateway.ReadAsync(await http.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Equal((403, "SHOP_MISMATCH"), (answer.Status, Reason(answer)));
        using var without = new HttpRequestMessage(new HttpMethod(verb), Root + path);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _gateway.NewHttp(null).SendAsync(without, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Webhooks_are_listed_by_page()
    {
        foreach (var id in (string[])["b", "c", "a"]) await CreateAsync(id);
        var first = (await SendAsync("GET", $"{Root}?pageSize=2")).Json;
        Assert.Equal(["a", "b"], first.GetProperty("webhooks").EnumerateArray().Select(w => w.GetProperty("webhook").GetString()));
        var second = (await SendAsync("GET", $"{Root}?page_size=2&page_token={first.GetProperty("nextPageToken").GetString()}")).Json;
        Assert.Equal(("c", ""), (second.GetProperty("webhooks")[0].GetProperty("webhook").GetString(), second.GetProperty("nextPageToken").GetString()));
        Assert.Equal("PAGE_TOKEN_INVALID", Reason(await SendAsync("GET", $"{Root}?pageToken=x")));
    }

    [Fact]
    public async Task A_disabled_webhook_waits_and_goes_on_elsewhere_when_it_is_changed_and_enabled()
    {
        await CreateAsync("crm", """, "enabled": false""");
        _feed.Add("user:1", model: "rfm");
        _feed.Add("user:2");
        var (status, changed) = await SendAsync("PATCH", $"{Root}/crm", $$"""{"enabled": true, "url": "{{_receiver.Url("/new")}}", "models": ["clc"]}""");
        Assert.Equal((200, true, 1), (status, changed.GetProperty("enabled").GetBoolean(), changed.GetProperty("models").GetArrayLength()));
        await _receiver.HasAsync(1, "/new");
        Assert.Equal(["user:2"], _receiver.All.Select(r => r.Subject));
    }

    [Fact]
    public async Task Gone_disables_it_and_says_why()
    {
        await CreateAsync("crm");
        _receiver.AnswerWith(410);
        _feed.Add();
        var disabled = await IsAsync("crm", w => !w.GetProperty("enabled").GetBoolean());
        Assert.Equal(("GONE", 410), (disabled.GetProperty("disabledReason").GetString(), disabled.GetProperty("lastStatus").GetInt32()));
        Assert.Equal("WEBHOOK_DISABLED", Reason(await SendAsync("POST", $"{Root}/crm/deadLetters:redeliver")));
    }

    [Fact]
    public async Task A_rotated_secret_is_shown_once_and_the_old_one_signs_beside_it()
    {
        var before = (await CreateAsync("crm")).Json.GetProperty("secret").GetString()!;
        var rotated = (await SendAsync("POST", $"{Root}/crm:rotateSecret")).Json;
        var after = rotated.GetProperty("secret").GetString()!;
        Assert.NotEqual(before, after);
        Assert.NotEqual(JsonValueKind.Null, rotated.GetProperty("oldSecretExpireTime").ValueKind);
        await SendAsync("POST", $"{Root}/crm:test");
        var received = _receiver.All.Single();
        Assert.Equal([Signed(after), Signed(before)], received.Signature.Split(' '));

        string Signed(string secret) => SecretsTests.Expected(secret, received.Id, received.Timestamp, received.Body);
    }

    [Fact]
    public async Task A_test_sends_one_event_of_nobody_and_tells_what_came_back()
    {
        await CreateAsync("crm", """, "enabled": false""");
        _receiver.Answer = async (_, context) =>
        {
            context.Response.StatusCode = 418;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "short and stout");
        };
        var (status, answer) = await SendAsync("POST", $"{Root}/crm:test");
        Assert.Equal((200, false, 418, "STATUS", "short and stout"), (status, answer.GetProperty("delivered").GetBoolean(), answer.GetProperty("status").GetInt32(), answer.GetProperty("failure").GetString(), answer.GetProperty("text").GetString()));
        var received = Assert.Single(_receiver.All);
        Assert.Equal((answer.GetProperty("id").GetString(), "perennial.webhook.ping", "crm"), (received.Id, received.Json.GetProperty("type").GetString(), received.Json.GetProperty("data").GetProperty("webhook").GetString()));
        Assert.False(received.Json.TryGetProperty("subject", out _));
    }

    [Fact]
    public async Task Dead_letters_are_listed_redelivered_and_deleted()
    {
        await CreateAsync("crm");
        _receiver.Answer = async (_, context) =>
        {
            context.Response.StatusCode = 500;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "out of order");
        };
        for (var i = 1; i <= 4; i++) _feed.Add($"user:{i}");
        var shown = await IsAsync("crm", w => w.GetProperty("deadLetterCount").GetInt32() == 4);
        Assert.Equal("out of order", shown.GetProperty("lastText").GetString());
        var page = (await SendAsync("GET", $"{Root}/crm/deadLetters?pageSize=3")).Json;
        Assert.Equal(["1", "2", "3"], Ids(page));
        Assert.Equal((2, 500, "STATUS", false), page.GetProperty("deadLetters")[0] is var letter ? (letter.GetProperty("attempts").GetInt32(), letter.GetProperty("lastStatus").GetInt32(), letter.GetProperty("lastFailure").GetString(), letter.GetProperty("redelivering").GetBoolean()) : default);
        Assert.Equal(["4"], Ids((await SendAsync("GET", $"{Root}/crm/deadLetters?pageToken={page.GetProperty("nextPageToken").GetString()}")).Json));

        _receiver.AnswerWith(200);
        Assert.Equal(1, (await SendAsync("POST", $"{Root}/crm/deadLetters/2:redeliver")).Json.GetProperty("redelivering").GetInt32());
        await IsAsync("crm", w => w.GetProperty("deadLetterCount").GetInt32() == 3);
        foreach (var (verb, path) in ((string, string)[])[("POST", "2:redeliver"), ("DELETE", "2"), ("DELETE", "two")])
            Assert.Equal((404, "DEAD_LETTER_NOT_FOUND"), await SendAsync(verb, $"{Root}/crm/deadLetters/{path}") is var missing ? (missing.Status, Reason(missing)) : default);
        Assert.Equal(200, (await SendAsync("DELETE", $"{Root}/crm/deadLetters/3")).Status);
        Assert.Equal(2, (await SendAsync("POST", $"{Root}/crm/deadLetters:redeliver")).Json.GetProperty("redelivering").GetInt32());
        await IsAsync("crm", w => w.GetProperty("deadLetterCount").GetInt32() == 0);
        Assert.Equal(0, (await SendAsync("POST", $"{Root}/crm/deadLetters:purge")).Json.GetProperty("deleted").GetInt32());

        static string[] Ids(JsonElement page) => [.. page.GetProperty("deadLetters").EnumerateArray().Select(l => l.GetProperty("deadLetter").GetString()!)];
    }

    [Fact]
    public async Task What_is_deleted_is_sent_nothing_more()
    {
        await CreateAsync("crm");
        await CreateAsync("other");
        Assert.Equal(200, (await SendAsync("DELETE", $"{Root}/crm")).Status);
        _feed.Add();
        await _receiver.HasAsync(1, "/other");
        Assert.Empty(_receiver.Subjects("/crm"));
        Assert.Equal(404, (await SendAsync("GET", $"{Root}/crm")).Status);
    }

    [Fact]
    public void A_gateway_with_a_schedule_that_cannot_be_read_does_not_start()
        => Assert.Contains("Webhooks:RetrySeconds 'soon'", Assert.Throws<Foundation.Hosting.StartException>(() => Program.Build(["--Webhooks:RetrySeconds=soon"])).Message, StringComparison.Ordinal);
}
