using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Perennial.Foundation.Grpc;
using Perennial.Gateway.Access;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Tests.Access;

public sealed partial class FirstKeyTests
{
    [GeneratedRegex("pk_[a-z0-9-]+_[A-Za-z0-9_-]{32}")]
    private static partial Regex Key();

    [GeneratedRegex("^gateway: API key of shop 'acme', shown this once and not stored: pk_acme_\\S{32}$")]
    private static partial Regex Line();

    [Fact]
    public async Task The_first_start_makes_the_shop_and_prints_its_key_once_though_ingestion_comes_late()
    {
        var folder = Directory.CreateTempSubdirectory("perennial-first-").FullName;
        var script = new Script();
        var refusals = 6;
        script.Answers = (_, _) => Interlocked.Decrement(ref refusals) >= 0 ? throw new RpcException(new Status(StatusCode.Unavailable, "not yet")) : null;
        await using var houses = await Doubles.StartAsync(script, Path.Combine(folder, "houses"));
        var address = houses.Urls.Single();
        string[] arguments =
        [
            "--Listen:Port=0", "--Listen:GrpcPort=0", $"--Store:Data={folder}", $"--Access:ServiceToken={Doubles.ServiceToken}", "--Hosting:Embedded=true", "--Logging:LogLevel:Default=None",
            $"--Upstream:Ingestion={address}", "--Shop:Id=acme", "--Shop:TimeZone=Europe/London", "--Shop:Currency=GBP",
        ];
        using var console = new StringWriter();
        string key;
        await using (var app = Program.Build(arguments, console))
        {
            await Program.House.StartAsync(app, TestContext.Current.CancellationToken);
            using var http = new HttpClient { BaseAddress = Program.Addresses(app).Http };
            await HealthyAsync(http);
            Assert.Matches(Line(), console.ToString().TrimEnd());
            key = Key().Match(console.ToString()).Value;
            http.DefaultRequestHeaders.Add("X-Api-Key", key);
            using var answer = await http.GetAsync(new Uri("/v1/shops/acme", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode);
            await app.StopAsync(TestContext.Current.CancellationToken);
        }
        var created = (CreateShopRequest)script.Calls.Last(c => c.Request is CreateShopRequest).Request;
        Assert.Equal(new CreateShopRequest { Shop = "acme", TimeZone = "Europe/London", CurrencyCode = "GBP" }, created);

        using var second = new StringWriter();
        await using (var app = Program.Build(arguments, second))
        {
            await Program.House.StartAsync(app, TestContext.Current.CancellationToken);
            using var http = new HttpClient { BaseAddress = Program.Addresses(app).Http };
            await HealthyAsync(http);
            Assert.Empty(second.ToString());
            await app.StopAsync(TestContext.Current.CancellationToken);
        }
        await houses.StopAsync(TestContext.Current.CancellationToken);
        Directory.Delete(folder, recursive: true);
    }

    static async Task HealthyAsync(HttpClient http)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            using var answer = await http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
            if (answer.IsSuccessStatusCode) return;
            Assert.Contains("first key", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.True(DateTime.UtcNow < deadline, "the gateway did not become healthy");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_stop_while_it_waits_for_ingestion_is_no_fault()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var folder = Directory.CreateTempSubdirectory("perennial-first-").FullName;
        using var console = new StringWriter();
        await using (var app = Program.Build(["--Listen:Port=0", "--Listen:GrpcPort=0", $"--Store:Data={folder}", "--Hosting:Embedded=true", "--Logging:LogLevel:Default=None", $"--Upstream:Ingestion=http://{silent.LocalEndpoint}"], console))
        {
            await Program.House.StartAsync(app, TestContext.Current.CancellationToken);
            // The call is on its way: somebody listens and never answers.
            using var caller = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await app.StopAsync(TestContext.Current.CancellationToken);
            Assert.True(app.Services.GetServices<IHostedService>().OfType<FirstKey>().Single().ExecuteTask!.IsCompletedSuccessfully);
        }
        Assert.Empty(console.ToString());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_command_makes_shop_and_key_and_revokes_it()
    {
        await using var gateway = await TestGateway.StartAsync("--Gateway:KeyCacheSeconds=0");
        using var console = new StringWriter();
        using var errors = new StringWriter();
        Assert.True(KeyCommands.IsAsked(["--create-key", "beta"]));
        Assert.Equal(0, await KeyCommands.RunAsync([.. gateway.Arguments, "--create-key", "beta", "--time-zone", "Europe/Paris", "--currency", "CHF"], console, errors));
        Assert.Equal("", errors.ToString());
        Assert.Equal(new CreateShopRequest { Shop = "beta", TimeZone = "Europe/Paris", CurrencyCode = "CHF" }, gateway.Script.Request<CreateShopRequest>());
        var key = Key().Match(console.ToString()).Value;
        using var http = gateway.NewHttp(key);
        Assert.Equal(200, (await TestGateway.ReadAsync(await http.GetAsync(new Uri("/v1/shops/beta", UriKind.Relative), TestContext.Current.CancellationToken))).Status);
        Assert.Equal(0, await KeyCommands.RunAsync([.. gateway.Arguments, "--revoke-key", key], console, errors));
        Assert.Equal(401, (await TestGateway.ReadAsync(await http.GetAsync(new Uri("/v1/shops/beta", UriKind.Relative), TestContext.Current.CancellationToken))).Status);
        Assert.Equal(1, await KeyCommands.RunAsync([.. gateway.Arguments, "--revoke-key", key], console, errors));
        Assert.Equal("gateway: no such key is in force.", errors.ToString().TrimEnd());
    }

    [Fact]
    public async Task The_command_takes_a_shop_as_it_is_unless_told_settings_that_differ()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Script.Answers = (_, _) => throw Errors.Of(IngestionErrorReason.ShopExists, "Shop 'beta' exists with other settings.");
        using var console = new StringWriter();
        using var errors = new StringWriter();
        Assert.Equal(0, await KeyCommands.RunAsync([.. gateway.Arguments, "--create-key", "beta"], console, errors));
        Assert.Matches(Key(), console.ToString());
        Assert.Equal(1, await KeyCommands.RunAsync([.. gateway.Arguments, "--create-key", "beta", "--currency", "USD"], console, errors));
        Assert.Equal("gateway: Shop 'beta' exists with other settings.", errors.ToString().TrimEnd());
    }

    [Theory]
    [InlineData("gateway: --create-key needs a value.", "--create-key")]
    [InlineData("gateway: Shop:TimeZone 'Mars' is not a time zone; use an IANA name such as Europe/London.", "--create-key", "beta", "--Shop:TimeZone=Mars")]
    public async Task A_wrong_command_is_one_line_and_exit_code_1(string line, params string[] arguments)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var console = new StringWriter();
        using var errors = new StringWriter();
        Assert.Equal(1, await KeyCommands.RunAsync([.. gateway.Arguments, .. arguments], console, errors));
        Assert.Equal(line, errors.ToString().TrimEnd());
    }

    [Fact]
    public async Task The_command_says_when_ingestion_does_not_answer()
    {
        await using var gateway = await TestGateway.StartAtAsync("http://127.0.0.1:1");
        using var console = new StringWriter();
        using var errors = new StringWriter();
        Assert.Equal(1, await KeyCommands.RunAsync([.. gateway.Arguments, "--create-key", "beta"], console, errors));
        Assert.StartsWith("gateway: ingestion does not answer", errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(console.ToString());
    }
}
