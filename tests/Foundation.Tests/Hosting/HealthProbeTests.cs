using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Tests.Hosting;

public sealed class HealthProbeTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_house_that_serves_is_well_and_one_with_a_problem_is_not()
    {
        await using var server = await TestServer.StartAsync();
        string? problem = null;
        server.Health.AddCheck("feed", () => problem);

        Assert.Equal(0, await ProbeAsync(TestServer.House, server.Uri.Port));
        problem = "stopped";
        Assert.Equal(1, await ProbeAsync(TestServer.House, server.Uri.Port));
    }

    [Fact]
    public async Task A_house_that_does_not_run_is_not_well()
    {
        await using var server = await TestServer.StartAsync();
        await server.App.StopAsync(Cancellation);

        Assert.Equal(1, await ProbeAsync(TestServer.House, server.Uri.Port));
    }

    [Theory]
    [InlineData(StatusCodes.Status200OK, 0)]
    [InlineData(StatusCodes.Status503ServiceUnavailable, 1)]
    public async Task A_gateway_is_asked_in_its_own_language(int status, int exit)
    {
        var gateway = TestServer.House with { Protocols = HttpProtocols.Http1AndHttp2 };
        await using var app = gateway.CreateBuilder(["--port", "0", "--grpc-port", "0"]).Build();
        app.MapGet("/healthz", () => Results.StatusCode(status));
        await app.StartAsync(Cancellation);

        Assert.Equal(exit, await ProbeAsync(gateway, new Uri(app.Urls.First()).Port));
    }

    [Fact]
    public async Task A_gateway_that_does_not_run_is_not_well()
    {
        await using var server = await TestServer.StartAsync();
        await server.App.StopAsync(Cancellation);

        Assert.Equal(1, await ProbeAsync(TestServer.House with { Protocols = HttpProtocols.Http1AndHttp2 }, server.Uri.Port));
    }

    [Fact]
    public async Task A_port_that_the_system_chose_cannot_be_asked()
        => Assert.Contains("--port", (await Assert.ThrowsAsync<StartException>(() => HealthProbe.RunAsync(TestServer.House, ["--port", "0"]))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task A_house_that_listens_everywhere_is_asked_on_loopback(string address)
    {
        await using var server = await TestServer.StartAsync();

        Assert.Equal(0, await HealthProbe.RunAsync(TestServer.House, ["--Listen:Address", address, "--port", server.Uri.Port.ToString(CultureInfo.InvariantCulture)]));
    }

    static Task<int> ProbeAsync(House house, int port) => HealthProbe.RunAsync(house, ["--port", port.ToString(CultureInfo.InvariantCulture)]);
}
