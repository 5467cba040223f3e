using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>What the history says of its shop, for a shop that is new and of which nobody says otherwise.</summary>
internal sealed record ShopDefaults(string? TimeZone, string? Currency);

/// <summary>The platform that an import goes to: one that runs, or one started for it.</summary>
internal sealed class Target : IAsyncDisposable
{
    readonly ImportDoor _door;
    Platform? _platform;
    DataFolder? _data;

    // Made for this import alone; the shop's own key is known to its owner only.
    string? _passingKey;

    Target(GatewayClient? gateway, ImportDoor door, Shop shop) => (Gateway, _door, Shop) = (gateway, door, shop);

    /// <summary>Null where the address given is that of gRPC alone.</summary>
    public GatewayClient? Gateway { get; }

    public IngestionService.IngestionServiceClient Ingestion => _door.Ingestion;
    public Shop Shop { get; }

    /// <summary>The API key of a shop that was created for the import.</summary>
    public string? NewKey { get; private set; }

    /// <exception cref="UsageException">When an address comes without a key.</exception>
    /// <exception cref="StartException">When no platform answers or can be started.</exception>
    public static async Task<Target> OpenAsync(CommandLine line, string shop, ShopDefaults defaults, CancellationToken stop)
    {
        var (to, key) = (line.Value("--to"), line.Value("--key"));
        if (to is not null) return await ConnectAsync(ReadAddress(to), key ?? throw new UsageException("--to needs --key KEY, the shop's API key."), shop, stop);
        var settings = PlatformOptions.Read(line) with { Port = 0, ChoosesPorts = true };
        if (settings.Connection.Length == 0 && DataFolder.FindRunning(settings.Data) is { } running)
            return await ConnectAsync(running, key ?? throw new StartException($"a platform runs on '{settings.Data}' at {running}; import into it with --key KEY, the shop's API key."), shop, stop);
        if (key is not null) throw new UsageException("--key goes with --to URL, or with --data of a platform that runs.");
        return await StartAsync(line, settings, shop, defaults, stop);
    }

    public async ValueTask DisposeAsync()
    {
        _door.Dispose();
        Gateway?.Dispose();
        if (_passingKey is not null) await _platform!.RevokeKeyAsync(_passingKey);
        if (_platform is not null) await _platform.DisposeAsync();
        _data?.Dispose();
    }

    /// <summary>To the gateway by its address for JSON, which tells the one for gRPC, or by that itself; to ingestion likewise, the key being its service token.</summary>
    static async Task<Target> ConnectAsync(Uri address, string key, string shop, CancellationToken stop)
    {
        var gateway = new GatewayClient(address, key);
        ImportDoor? door = null;
        try
        {
            var grpc = await gateway.FindGrpcAsync(stop);
            door = new ImportDoor(grpc ?? address, key);
            if (grpc is not null) return new Target(gateway, door, await gateway.GetAsync<Shop>($"/v1/shops/{Uri.EscapeDataString(shop)}", stop));
            var target = new Target(null, door, await door.FindShopAsync(shop, stop));
            gateway.Dispose();
            return target;
        }
        catch
        {
            door?.Dispose();
            gateway.Dispose();
            throw;
        }
    }

    static async Task<Target> StartAsync(CommandLine line, PlatformSettings settings, string shop, ShopDefaults defaults, CancellationToken stop)
    {
        var data = settings.Connection.Length == 0 ? DataFolder.Open(settings.Data) : null;
        Platform? platform = null;
        try
        {
            platform = await Platform.StartAsync(settings, stop);
            var (created, isNew) = await platform.EnsureShopAsync(shop, line.Value("--time-zone") ?? defaults.TimeZone, (line.Value("--currency") ?? defaults.Currency)?.ToUpperInvariant(), stop);
            var key = await platform.CreateKeyAsync(shop, "import", stop);
            return new Target(new GatewayClient(platform.Http, key), new ImportDoor(platform.Grpc, key), created)
            {
                _platform = platform,
                _data = data,
                NewKey = isNew ? key : null,
                _passingKey = isNew ? null : key,
            };
        }
        catch
        {
            if (platform is not null) await platform.DisposeAsync();
            data?.Dispose();
            throw;
        }
    }

    static Uri ReadAddress(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"--to '{text}' is not an address; write it like http://127.0.0.1:8080.");
}
