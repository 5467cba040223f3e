using Perennial.AllInOne.Running;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Import;

/// <summary>The platform that an import goes to: one that runs, or one started for it.</summary>
internal sealed class Target : IAsyncDisposable
{
    readonly Platform? _platform;
    readonly DataFolder? _data;

    // Made for this import alone; the shop's own key is known to its owner only.
    readonly string? _passingKey;

    Target(GatewayClient gateway, Shop shop) => (Gateway, Shop) = (gateway, shop);

    Target(GatewayClient gateway, Shop shop, string key, bool isNew, Platform platform, DataFolder? data) : this(gateway, shop)
    {
        (_platform, _data) = (platform, data);
        if (isNew) NewKey = key;
        else _passingKey = key;
    }

    public GatewayClient Gateway { get; }
    public Shop Shop { get; }

    /// <summary>The API key of a shop that was created for the import.</summary>
    public string? NewKey { get; }

    /// <exception cref="UsageException">When an address comes without a key.</exception>
    /// <exception cref="StartException">When no platform answers or can be started.</exception>
    public static async Task<Target> OpenAsync(CommandLine line, string shop, CancellationToken stop)
    {
        var (to, key) = (line.Value("--to"), line.Value("--key"));
        if (to is not null) return await ConnectAsync(ReadAddress(to), key ?? throw new UsageException("--to needs --key KEY, the shop's API key."), shop, stop);
        var settings = PlatformOptions.Read(line) with { Port = 0, ChoosesPorts = true };
        if (settings.Connection.Length == 0 && DataFolder.FindRunning(settings.Data) is { } running)
            return await ConnectAsync(running, key ?? throw new StartException($"a platform runs on '{settings.Data}' at {running}; import into it with --key KEY, the shop's API key."), shop, stop);
        if (key is not null) throw new UsageException("--key goes with --to URL, or with --data of a platform that runs.");
        return await StartAsync(line, settings, shop, stop);
    }

    public async ValueTask DisposeAsync()
    {
        Gateway.Dispose();
        if (_passingKey is not null) await _platform!.RevokeKeyAsync(_passingKey);
        if (_platform is not null) await _platform.DisposeAsync();
        _data?.Dispose();
    }

    static async Task<Target> ConnectAsync(Uri address, string key, string shop, CancellationToken stop)
    {
        var gateway = new GatewayClient(address, key);
        try
        {
            return new Target(gateway, await gateway.GetAsync<Shop>($"/v1/shops/{Uri.EscapeDataString(shop)}", stop));
        }
        catch
        {
            gateway.Dispose();
            throw;
        }
    }

    static async Task<Target> StartAsync(CommandLine line, PlatformSettings settings, string shop, CancellationToken stop)
    {
        var data = settings.Connection.Length == 0 ? DataFolder.Open(settings.Data) : null;
        Platform? platform = null;
        try
        {
            platform = await Platform.StartAsync(settings, stop);
            var (created, isNew) = await platform.EnsureShopAsync(shop, line.Value("--time-zone"), line.Value("--currency")?.ToUpperInvariant(), stop);
            var key = await platform.CreateKeyAsync(shop, "import", stop);
            return new Target(new GatewayClient(platform.Http, key), created, key, isNew, platform, data);
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
