using Grpc.Core;
using Perennial.Ingestion.V1;

namespace Perennial.Gateway.Access;

/// <summary>Shops as ingestion knows them.</summary>
internal sealed class Shops(Houses houses)
{
    /// <summary>Makes sure that a shop exists. One that does is taken as it is, whatever its settings.</summary>
    /// <exception cref="RpcException">When ingestion does not answer, or refuses the settings.</exception>
    public async Task EnsureAsync(string shop, string timeZone, string currency, CancellationToken cancellation)
    {
        try
        {
            await CreateAsync(shop, timeZone, currency, cancellation);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            // It is there: all that is asked.
        }
    }

    /// <exception cref="RpcException">SHOP_EXISTS when it exists with other settings, and as <see cref="EnsureAsync"/>.</exception>
    public async Task CreateAsync(string shop, string timeZone, string currency, CancellationToken cancellation)
        => await houses.Ingestion.CreateShopAsync(new CreateShopRequest { Shop = shop, TimeZone = timeZone, CurrencyCode = currency }, houses.Unary(new Caller(shop, ""), cancellation));
}
