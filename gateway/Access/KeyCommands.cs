using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Foundation.Sql;

namespace Perennial.Gateway.Access;

/// <summary>
/// Commands on keys, beside a running gateway or without one: <c>--create-key SHOP [--time-zone ZONE] [--currency CODE]</c> makes the shop
/// where it does not exist, and a key; <c>--revoke-key KEY</c> takes one out of force.
/// </summary>
internal static class KeyCommands
{
    const string Create = "--create-key";
    const string Revoke = "--revoke-key";
    const string TimeZone = "--time-zone";
    const string Currency = "--currency";

    public static bool IsAsked(string[] args) => args.Contains(Create) || args.Contains(Revoke);

    /// <summary>0, or 1 with one line on <paramref name="errors"/>.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter console, TextWriter errors)
    {
        try
        {
            var rest = args.ToList();
            var (shop, key, zone, currency) = (Take(rest, Create), Take(rest, Revoke), Take(rest, TimeZone), Take(rest, Currency));
            await using var app = Program.Build([.. rest], console);
            await PrepareStoreAsync(app);
            if (key is not null) await RevokeAsync(app, key, console);
            if (shop is not null) await CreateAsync(app, shop, zone, currency, console);
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } line)
        {
            await errors.WriteLineAsync($"gateway: {line}");
            return 1;
        }
    }

    /// <summary>What a person is told about a new key.</summary>
    public static string Shown(string shop, string key) => $"gateway: API key of shop '{shop}', shown this once and not stored: {key}";

    /// <summary>The one line a person needs, or null for a fault that deserves its stack trace.</summary>
    public static string? Explain(Exception error) => error is RpcException rpc
        ? Errors.Reason(rpc) is null && rpc.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded ? $"ingestion does not answer ({rpc.Status.Detail})." : rpc.Status.Detail
        : House.Explain(error);

    static async Task CreateAsync(WebApplication app, string shop, string? zone, string? currency, TextWriter console)
    {
        var shops = app.Services.GetRequiredService<Shops>();
        var usual = app.Services.GetRequiredService<IOptions<ShopOptions>>().Value;
        // Settings that were asked for must hold; those that were not leave an existing shop as it is.
        if (zone is null && currency is null) await shops.EnsureAsync(shop, usual.TimeZone, usual.Currency, CancellationToken.None);
        else await shops.CreateAsync(shop, zone ?? usual.TimeZone, currency ?? usual.Currency, CancellationToken.None);
        await console.WriteLineAsync(Shown(shop, await app.Services.GetRequiredService<ApiKeys>().CreateAsync(shop, "command line", CancellationToken.None)));
    }

    static async Task RevokeAsync(WebApplication app, string key, TextWriter console)
    {
        if (!await app.Services.GetRequiredService<ApiKeys>().RevokeAsync(key, CancellationToken.None)) throw new StartException("no such key is in force.");
        await console.WriteLineAsync("gateway: the key is revoked.");
    }

    static async Task PrepareStoreAsync(WebApplication app)
    {
        var database = app.Services.GetRequiredService<Database>();
        if (app.Services.GetRequiredService<IOptions<StoreOptions>>().Value.MigratesAtStart) await Migrator.ApplyAsync(database, Program.House.Home, CancellationToken.None);
        else await Migrator.CheckAsync(database, Program.House.Home, CancellationToken.None);
    }

    /// <summary>Removes a flag and its value from the arguments; null when it is not there.</summary>
    static string? Take(List<string> args, string flag)
    {
        var at = args.IndexOf(flag);
        if (at < 0) return null;
        if (at + 1 == args.Count || args[at + 1].StartsWith("--", StringComparison.Ordinal)) throw new StartException($"{flag} needs a value.");
        var value = args[at + 1];
        args.RemoveRange(at, 2);
        return value;
    }
}
