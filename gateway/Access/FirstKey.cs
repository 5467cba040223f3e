using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway.Access;

/// <summary>
/// While there is no key at all: makes sure the shop of <see cref="ShopOptions"/> exists, makes one key for it and prints it, once.
/// Runs beside the listening gateway and tries until ingestion answers; until then the gateway is not healthy.
/// Two gateways that start at the same instant on one empty store may print a key each; both are good.
/// </summary>
internal sealed class FirstKey : BackgroundService
{
    const int PauseMillisMax = 5_000;
    readonly ApiKeys _keys;
    readonly Shops _shops;
    readonly ShopOptions _shop;
    readonly TextWriter _console;
    readonly ILogger _log;
    volatile string? _problem = "not looked for yet";

    public FirstKey(ApiKeys keys, Shops shops, IOptions<ShopOptions> shop, TextWriter console, HealthState health, ILogger<FirstKey> log)
    {
        (_keys, _shops, _shop, _console, _log) = (keys, shops, shop.Value, console, log);
        health.AddCheck("first key", () => _problem);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var pause = 100; ; pause = Math.Min(pause * 2, PauseMillisMax))
        {
            try
            {
                await MakeAsync(stoppingToken);
                _problem = null;
                return;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // A call that the stop cancelled fails as any call does; it is no fault of this service.
                return;
            }
            catch (Exception e)
            {
                _problem = KeyCommands.Explain(e) ?? e.Message;
                Log.FirstKeyWaits(_log, _problem, pause);
            }
            await Task.Delay(pause, stoppingToken);
        }
    }

    async Task MakeAsync(CancellationToken cancellation)
    {
        if (!_shop.Create || await _keys.AnyAsync(cancellation)) return;
        await _shops.EnsureAsync(_shop.Id, _shop.TimeZone, _shop.Currency, cancellation);
        if (await _keys.CreateFirstAsync(_shop.Id, "first", cancellation) is { } key) await _console.WriteLineAsync(KeyCommands.Shown(_shop.Id, key));
    }
}
