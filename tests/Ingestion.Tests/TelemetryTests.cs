using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests;

/// <summary>What a collector of traces and metrics hears from a house, in the standard wire format.</summary>
public sealed class TelemetryTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    readonly ConcurrentDictionary<string, string> _heard = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sends_traces_and_metrics_to_the_collector_that_the_environment_names()
    {
        await using var collector = await CollectAsync();
        var port = FreePort();
        using var house = Start(port, collector.Urls.Single());
        try
        {
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
            var health = new Health.HealthClient(channel);
            await Eventually.IsTrueAsync(async () => await ServesAsync(health) && _heard.ContainsKey("/v1/traces") && _heard.TryGetValue("/v1/metrics", out var metrics) && metrics.Contains("perennial.ingestion.", StringComparison.Ordinal), "traces and our own metrics arrived");
        }
        finally
        {
            house.Kill();
            await house.WaitForExitAsync(Cancel);
        }
        Assert.Contains("perennial-ingestion", _heard["/v1/traces"], StringComparison.Ordinal);
    }

    async Task<WebApplication> CollectAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, Cancel);
            _heard.AddOrUpdate(request.Path, _ => Encoding.Latin1.GetString(body.ToArray()), (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        });
        await app.StartAsync(Cancel);
        return app;
    }

    Process Start(int port, string collector) => Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--port", port.ToString(CultureInfo.InvariantCulture), "--data", _folder])
    {
        Environment =
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        },
    })!;

    static async Task<bool> ServesAsync(Health.HealthClient health)
    {
        try
        {
            return (await health.CheckAsync(new HealthCheckRequest(), cancellationToken: Cancel)).Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (Grpc.Core.RpcException)
        {
            return false;
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
