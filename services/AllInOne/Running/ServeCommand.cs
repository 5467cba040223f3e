using Perennial.Ingestion.V1;

namespace Perennial.AllInOne.Running;

/// <summary>Without a command: the platform on a folder, in real time, until it is told to stop.</summary>
internal static class ServeCommand
{
    static readonly Option[] Options =
    [
        .. PlatformOptions.Store, new("--data"), new("--port"), new("--now"), new("--shop"), new("--time-zone"), new("--currency"), new("--new-key", TakesValue: false),
    ];

    public static async Task<int> RunAsync(string[] args, Streams streams, CancellationToken stop)
    {
        var line = CommandLine.Parse(args, Options);
        if (line.Words is [var word, ..]) throw new UsageException($"'{word}' is not understood; --help lists what there is.");
        var settings = PlatformOptions.Read(line) with { LogLevel = "Information" };

        using var data = settings.Connection.Length == 0 ? DataFolder.Open(settings.Data) : null;
        await using var platform = await Platform.StartAsync(settings, stop);
        data?.Announce(platform.Http);
        await WelcomeAsync(line, settings, platform, streams, stop);
        await UntilAsync(stop);
        await streams.Out.WriteLineAsync("Stopping ...");
        return 0;
    }

    /// <summary>Comes back when the person wants an end.</summary>
    public static async Task UntilAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult)) await stopped.Task;
    }

    static async Task WelcomeAsync(CommandLine line, PlatformSettings settings, Platform platform, Streams streams, CancellationToken stop)
    {
        var (shop, key) = await FirstShopAsync(line, platform, stop);
        var (id, user, address) = (shop?.Shop_ ?? "YOUR-SHOP", key ?? "YOUR-API-KEY", Trim(platform.Http));
        var store = settings.Connection.Length > 0 ? "SQL Server" : Path.GetFullPath(settings.Data);
        await streams.Out.WriteLineAsync($$$"""

            Perennial runs at {{{address}}} (JSON) and {{{Trim(platform.Grpc)}}} (gRPC); data: {{{store}}}
            {{{(shop is null ? "There are shops already; --shop ID names one of them, or a new one." : $"Shop '{id}' counts its days in {shop.TimeZone} and its money in {shop.CurrencyCode}.")}}}
            {{{(key is null ? "An API key is shown only when it is made; --shop ID --new-key makes another." : $"API key, shown this once: {key}")}}}

            Send an event:
              curl -u {{{user}}}: {{{address}}}/v1/track -H 'content-type: application/json' -d '{"userId": "alice", "event": "Order Completed", "properties": {"order_id": "1001", "total": 49.90}}'
            See where that puts the customer, and what to do next:
              curl -u {{{user}}}: {{{address}}}/v1/shops/{{{id}}}/customers/user:alice/lifecycle
              curl -u {{{user}}}: {{{address}}}/v1/shops/{{{id}}}/customers/user:alice/nextAction

            Ctrl-C ends it.
            """);
    }

    /// <summary>The shop that is asked for, or the usual one; made, with a key, at the first start or when its name is new.</summary>
    static async Task<(Shop? Shop, string? Key)> FirstShopAsync(CommandLine line, Platform platform, CancellationToken stop)
    {
        const string Usual = "my-shop";
        var isAsked = line.Has("--shop") || line.Has("--new-key");
        if (!isAsked && await platform.HasKeysAsync(stop)) return (await platform.FindShopAsync(Usual, stop), null);
        var (shop, isNew) = await platform.EnsureShopAsync(line.Value("--shop") ?? Usual, line.Value("--time-zone"), line.Value("--currency")?.ToUpperInvariant(), stop);
        var needsKey = isNew || line.Has("--new-key") || !await platform.HasKeysAsync(stop);
        return (shop, needsKey ? await platform.CreateKeyAsync(shop.Shop_, "all-in-one", stop) : null);
    }

    internal static string Trim(Uri address) => address.ToString().TrimEnd('/');
}
