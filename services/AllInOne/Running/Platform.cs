using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Gateway.Access;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Running;

/// <summary>
/// The four houses and the gateway in this process, each with its own container, port and store: the same code paths, and the same
/// network hops, as in production.
/// </summary>
internal sealed class Platform : IAsyncDisposable
{
    readonly Stack<WebApplication> _running = new();
    IServiceProvider _gateway = null!;
    string _ingestion = "";

    IngestionService.IngestionServiceClient Shops => new(_gateway.GetRequiredService<Channels>().To(_ingestion));

    Platform()
    {
    }

    /// <summary>Where JSON is spoken.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>Where gRPC is spoken.</summary>
    public Uri Grpc { get; private set; } = null!;

    /// <exception cref="StartException">When a house cannot start; those that had started are stopped again.</exception>
    public static async Task<Platform> StartAsync(PlatformSettings settings, CancellationToken cancellation)
    {
        var platform = new Platform();
        try
        {
            await platform.StartHousesAsync(settings, cancellation);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates the shop where it is not there; one that is there keeps its settings.</summary>
    /// <exception cref="StartException">When an id, a zone or a currency is none.</exception>
    public async Task<(Shop Shop, bool IsNew)> EnsureShopAsync(string shop, string? timeZone, string? currency, CancellationToken cancellation)
    {
        if (await FindShopAsync(shop, cancellation) is { } existing) return (existing, false);
        try
        {
            return (await Shops.CreateShopAsync(new CreateShopRequest { Shop = shop, TimeZone = timeZone ?? "UTC", CurrencyCode = currency ?? "EUR" }, cancellationToken: cancellation), true);
        }
        catch (RpcException e)
        {
            throw new StartException($"shop '{shop}': {e.Status.Detail}", e);
        }
    }

    /// <summary>The shop, or null where it is not there.</summary>
    public async Task<Shop?> FindShopAsync(string shop, CancellationToken cancellation)
    {
        try
        {
            return await Shops.GetShopAsync(new GetShopRequest { Shop = shop }, cancellationToken: cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
        catch (RpcException e)
        {
            throw new StartException($"shop '{shop}': {e.Status.Detail}", e);
        }
    }

    /// <summary>True once any shop has a key.</summary>
    public Task<bool> HasKeysAsync(CancellationToken cancellation) => _gateway.GetRequiredService<ApiKeys>().AnyAsync(cancellation);

    /// <summary>A new API key of the shop; nobody can read it again.</summary>
    public Task<string> CreateKeyAsync(string shop, string name, CancellationToken cancellation) => _gateway.GetRequiredService<ApiKeys>().CreateAsync(shop, name, cancellation);

    /// <summary>Takes a key out of force.</summary>
    public Task RevokeKeyAsync(string key) => _gateway.GetRequiredService<ApiKeys>().RevokeAsync(key, CancellationToken.None);

    /// <summary>Stops what runs, the latest first: the gateway, then the readers, ingestion last.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_running.TryPop(out var app))
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }
    }

    async Task StartHousesAsync(PlatformSettings settings, CancellationToken cancellation)
    {
        int? port = settings.ChoosesPorts ? 0 : null;
        _ingestion = await StartAsync(Ingestion.Program.House, Ingestion.Program.Build, settings.Arguments(port), cancellation);
        // Everything in one process sees the same traces and metrics: ingestion's exporter sends them, once.
        List<string> known = ["--Telemetry:Export=false", $"--Upstream:Ingestion={_ingestion}"];
        known.Add("--Upstream:Segmentation=" + await StartAsync(Segmentation.Program.House, Segmentation.Program.Build, settings.Arguments(port, [.. known]), cancellation));
        known.Add("--Upstream:Engagement=" + await StartAsync(EngagementTracking.Program.House, EngagementTracking.Program.Build, settings.Arguments(port, [.. known]), cancellation));
        known.Add("--Upstream:Campaigns=" + await StartAsync(CampaignRecommendation.Program.House, CampaignRecommendation.Program.Build, settings.Arguments(port, [.. known]), cancellation));
        known.AddRange(["--Shop:Create=false", .. port is 0 ? ["--Listen:GrpcPort=0"] : (string[])[]]);
        await StartAsync(Gateway.Program.House, Gateway.Program.Build, settings.Arguments(settings.Port, [.. known]), cancellation);
        _gateway = _running.Peek().Services;
        (Http, Grpc) = Gateway.Program.Addresses(_running.Peek());
    }

    async Task<string> StartAsync(House house, Func<string[], WebApplication> build, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            var app = build(arguments);
            _running.Push(app);
            await house.StartAsync(app, cancellation);
            return app.Urls.First();
        }
        catch (StartException e) when (IsBusyPort(e))
        {
            var remedy = house == Gateway.Program.House ? "choose another port with --port (0 lets the system choose them all)" : "let the system choose every port with --port 0";
            throw new StartException($"{house.Name}: {e.InnerException!.Message.Trim().TrimEnd('.')}; end the other program, or {remedy}.", e);
        }
        catch (StartException e)
        {
            throw new StartException($"{house.Name}: {e.Message}", e);
        }
    }

    static bool IsBusyPort(StartException error) => error.InnerException is IOException { InnerException: AddressInUseException };
}
