using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Gateway.Access;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Tests.Access;

public sealed class KeyTests
{
    const string Path = "/v1/shops/acme";

    static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Header, and its value by key: what the SDKs of the tracking protocol send.</summary>
    public static TheoryData<string, string> Forms() => new()
    {
        { "Authorization", "Bearer {key}" },
        { "Authorization", "bearer {key}" },
        { "Authorization", "Basic base64({key}:)" },
        { "Authorization", "Basic base64({key})" },
        { "Authorization", "Basic {key}" },
        { "Authorization", "Basic {key}:" },
        { "Authorization", "{key}" },
        { "X-Api-Key", "{key}" },
        { "X-Write-Key", "{key}" },
        { "X-Write-Key", "{key}:secret" },
    };

    static string Value(string form, string key)
    {
        var value = form.Replace("{key}", key, StringComparison.Ordinal);
        var open = value.IndexOf("base64(", StringComparison.Ordinal);
        return open < 0 ? value : value[..open] + Base64(value[(open + 7)..^1]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_key_opens_in_every_form_and_a_wrong_one_in_none(string header, string form)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, header, Value(form, gateway.Key)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, header, Value(form, gateway.Key[..^1] + (gateway.Key[^1] == 'x' ? 'y' : 'x'))));
    }

    static async Task<HttpStatusCode> StatusAsync(HttpClient http, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic !!!")]
    [InlineData("Bearer")]
    [InlineData("Bearer pk_acme_")]
    [InlineData("Negotiate abc")]
    public async Task Anything_else_is_UNAUTHENTICATED_as_problem_json(string authorization)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        if (authorization.Length > 0) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.GetAsync(new Uri(Path, UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        var (status, problem) = await TestGateway.ReadAsync(response);
        Assert.Equal(401, status);
        Assert.Equal("UNAUTHENTICATED", problem.GetProperty("reason").GetString());
        Assert.Equal("perennial", problem.GetProperty("domain").GetString());
        Assert.Equal(Path, problem.GetProperty("instance").GetString());
        Assert.Equal(401, problem.GetProperty("status").GetInt32());
        Assert.Empty(gateway.Script.Calls);
    }

    [Fact]
    public async Task A_key_in_the_body_opens_tracking_paths_only_and_beats_a_token_that_is_no_key()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp("an-oauth-token");
        var body = $$"""{"writeKey":"{{gateway.Key}}","batch":[{"type":"track","event":"E","userId":"u"}],"events":[]}""";
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync(new Uri("/v1/batch", UriKind.Relative), new StringContent(body), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync(new Uri("/v1/shops/acme/events:record", UriKind.Relative), new StringContent(body), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal("acme", gateway.Script.Request<RecordEventsRequest>().Shop);
    }

    [Fact]
    public async Task A_wrong_key_in_the_body_is_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var http = gateway.NewHttp(null);
        foreach (var body in (string[])["""{"writeKey":"pk_acme_no","batch":[{"type":"track","event":"E","userId":"u"}]}""", """{"writeKey":7}""", """{"writeKey":"\ud800"}""", """{"\ud800":1}""", "[]"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync(new Uri("/v1/batch", UriKind.Relative), new StringContent(body), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Empty(gateway.Script.Calls);
    }

    [Fact]
    public async Task What_a_client_claims_to_be_is_replaced_by_the_shop_of_its_key()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Http.DefaultRequestHeaders.Add("perennial-shop", "victim");
        var (status, problem) = await gateway.GetAsync("/v1/shops/victim/stages:count");
        Assert.Equal(403, status);
        Assert.Equal("SHOP_MISMATCH", problem.GetProperty("reason").GetString());
        Assert.Equal("victim", problem.GetProperty("metadata").GetProperty("shop").GetString());
        Assert.Equal(200, (await gateway.GetAsync("/v1/shops/acme/stages:count")).Status);
        var headers = gateway.Script.Only("GetStageCounts").Headers;
        Assert.Equal("acme", Assert.Single(headers, h => h.Key == "perennial-shop").Value);
        Assert.Equal("Bearer " + Doubles.ServiceToken, Assert.Single(headers, h => h.Key == "authorization").Value);
    }

    [Fact]
    public async Task A_key_is_not_in_the_store_only_its_hash()
    {
        await using var gateway = await TestGateway.StartAsync();
        Assert.Matches("^pk_acme_[A-Za-z0-9_-]{32}$", gateway.Key);
        var stored = string.Concat(Directory.EnumerateFiles(gateway.Folder).Select(Latin));
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(gateway.Key))), stored, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Key, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Key[^32..], stored, StringComparison.Ordinal);

        // The database is open: read it as its owner shares it.
        static string Latin(string file)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_here_and_elsewhere_when_the_cache_forgets_it()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:KeyCacheSeconds=0");
        var keys = gateway.App.Services.GetRequiredService<ApiKeys>();
        Assert.Equal(200, (await gateway.GetAsync(Path)).Status);
        Assert.True(await keys.RevokeAsync(gateway.Key, TestContext.Current.CancellationToken));
        Assert.False(await keys.RevokeAsync(gateway.Key, TestContext.Current.CancellationToken));
        Assert.Equal(401, (await gateway.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task Wrong_keys_fill_no_memory()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:KeyCacheSizeMax=3");
        var keys = gateway.App.Services.GetRequiredService<ApiKeys>();
        for (var i = 0; i < 10; i++) Assert.Null(await keys.FindAsync($"pk_acme_{i}", TestContext.Current.CancellationToken));
        Assert.Null(await keys.FindAsync("pk_" + new string('x', 10_000), TestContext.Current.CancellationToken));
        Assert.Equal("acme", (await keys.FindAsync(gateway.Key, TestContext.Current.CancellationToken))?.Shop);
    }
}
