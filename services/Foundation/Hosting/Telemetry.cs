using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Perennial.Foundation.Hosting;

/// <summary>Traces and metrics over OTLP, only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.</summary>
public static class Telemetry
{
    /// <summary>Every activity source and meter of ours starts with this.</summary>
    public const string Prefix = "Perennial.";

    internal static void AddTelemetry(this IServiceCollection services, House house, IConfiguration configuration)
    {
        services.AddMetrics();
        var endpoint = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT");
        // Several houses in one process see the same activities: one of them exports.
        if (string.IsNullOrEmpty(endpoint) || !configuration.GetValue("Telemetry:Export", true)) return;
        services.AddSingleton<IHostedService>(_ => new Exporters(house, endpoint));
    }

    sealed class Exporters(House house, string endpoint) : IHostedService, IDisposable
    {
        TracerProvider? _traces;
        MeterProvider? _metrics;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out _))
                throw new StartException($"OTEL_EXPORTER_OTLP_ENDPOINT '{endpoint}' is not an address; write it like http://127.0.0.1:4317.");
            var resource = ResourceBuilder.CreateDefault().AddService("perennial-" + house.Name, serviceVersion: house.Home.GetName().Version?.ToString());
            // The exporter reads the standard OTEL_* variables itself: endpoint, protocol, headers, timeouts.
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Microsoft.AspNetCore", "System.Net.Http", Prefix + "*")
                .AddOtlpExporter()
                .Build();
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", Prefix + "*")
                .AddOtlpExporter()
                .Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            _traces?.ForceFlush(2000);
            _metrics?.ForceFlush(2000);
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }
}
