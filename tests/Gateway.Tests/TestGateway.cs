using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Gateway.Access;

namespace Perennial.Gateway.Tests;

/// <summary>The real gateway over doubled houses, with a key of shop <c>acme</c>.</summary>
sealed class TestGateway : IAsyncDisposable
{
    internal const string Shop = "acme";

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-gateway-").FullName;
    readonly List<IDisposable> _clients = [];
    WebApplication? _houses;

    TestGateway()
    {
    }

    public Script Script { get; } = new();
    public StringWriter Console { get; } = new();
    public WebApplication App { get; private set; } = null!;
    public string Key { get; private set; } = "";
    public HttpClient Http { get; private set; } = null!;
    public string Folder => Path.Combine(_folder, "gateway");
    public string[] Arguments { get; private set; } = [];

    /// <param name="arguments">Settings beside those that every test needs; a later one wins.</param>
    public static async Task<TestGateway> StartAsync(params string[] arguments)
    {
        var gateway = new TestGateway();
        gateway._houses = await Doubles.StartAsync(gateway.Script, Path.Combine(gateway._folder, "houses"));
        await gateway.OpenAsync(gateway._houses.Urls.Single(), arguments);
        return gateway;
    }

    /// <summary>A gateway whose houses are at <paramref name="houses"/>, whatever is there.</summary>
    public static async Task<TestGateway> StartAtAsync(string houses, params string[] arguments)
    {
        var gateway = new TestGateway();
        await gateway.OpenAsync(houses, arguments);
        return gateway;
    }

    async Task OpenAsync(string houses, string[] arguments)
    {
        Arguments =
        [
            "--Listen:Port=0", "--Listen:GrpcPort=0", $"--Store:Data={Folder}", $"--Access:ServiceToken={Doubles.ServiceToken}", "--Hosting:Embedded=true", "--Shop:Create=false", "--Logging:LogLevel:Default=None",
            $"--Upstream:Ingestion={houses}", $"--Upstream:Segmentation={houses}", $"--Upstream:Engagement={houses}", $"--Upstream:Campaigns={houses}",
            .. arguments,
        ];
        App = Program.Build(Arguments, Console);
        await Program.House.StartAsync(App, TestContext.Current.CancellationToken);
        Key = await NewKeyAsync(Shop);
        Http = NewHttp(Key);
    }

    public Task<string> NewKeyAsync(string shop) => App.Services.GetRequiredService<ApiKeys>().CreateAsync(shop, "test", TestContext.Current.CancellationToken);

    /// <summary>A client with that key, or with none.</summary>
    public HttpClient NewHttp(string? key)
    {
        var http = new HttpClient { BaseAddress = Program.Addresses(App).Http };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _clients.Add(http);
        return http;
    }

    public GrpcChannel NewChannel()
    {
        var channel = GrpcChannel.ForAddress(Program.Addresses(App).Grpc);
        _clients.Add(channel);
        return channel;
    }

    public Metadata KeyMetadata => new() { { "authorization", "Bearer " + Key } };

    public async Task<(int Status, JsonElement Json)> GetAsync(string path) => await ReadAsync(await Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));

    public async Task<(int Status, JsonElement Json)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await ReadAsync(await Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken));
    }

    public static async Task<(int Status, JsonElement Json)> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return ((int)response.StatusCode, JsonDocument.Parse(text.Length == 0 ? "null" : text).RootElement);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        if (_houses is not null)
        {
            await _houses.StopAsync(CancellationToken.None);
            await _houses.DisposeAsync();
        }
        Directory.Delete(_folder, recursive: true);
    }
}
