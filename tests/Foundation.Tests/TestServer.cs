using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.Foundation.Tests;

/// <summary>A house as it really runs, on a port that the system chooses, serving an ingestion service that does nothing.</summary>
sealed class TestServer : IAsyncDisposable
{
    internal static readonly House House = new("test", 0, typeof(TestServer).Assembly);

    readonly GrpcChannel _channel;

    TestServer(WebApplication app)
    {
        App = app;
        Uri = new Uri(app.Urls.Single());
        _channel = GrpcChannel.ForAddress(Uri);
    }

    internal WebApplication App { get; }
    internal Uri Uri { get; }
    internal HealthState Health => App.Services.GetRequiredService<HealthState>();
    internal CallInvoker Invoker => _channel.CreateCallInvoker();
    internal LogLines Log => App.Services.GetRequiredService<LogLines>();

    internal static async Task<TestServer> StartAsync(TimeProvider? time = null, string serviceToken = "")
    {
        var builder = House.CreateBuilder(["--port", "0", $"--Access:ServiceToken={serviceToken}"]);
        var log = new LogLines();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddSingleton(log).AddHouseGrpc();
        if (time is not null) builder.Services.AddSingleton(time);
        var app = builder.Build();
        app.MapHouse<SilentIngestion>();
        app.MapGrpcService<Till>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await App.DisposeAsync();
    }

    sealed class SilentIngestion : IngestionService.IngestionServiceBase;
}
