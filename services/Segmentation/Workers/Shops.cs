using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>The shops, one after the other.</summary>
internal static class Shops
{
    /// <summary>Works on every shop. What fails of one is logged and keeps no other waiting.</summary>
    /// <exception cref="InvalidOperationException">Shops have failed; it comes after the last.</exception>
    public static async Task ForEachShopAsync(this SegmentationStore shops, Func<Shop, CancellationToken, Task> work, ILogger log, CancellationToken cancellation)
    {
        var (failed, first) = (0, (Exception?)null);
        foreach (var id in await shops.ListShopsAsync(cancellation))
        {
            try
            {
                await work((await shops.FindShopAsync(id, cancellation))!, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                log.ValueRefreshFailed(e, id);
                (failed, first) = (failed + 1, first ?? e);
            }
        }
        if (first is not null) throw new InvalidOperationException($"{failed} shops could not be worked on.", first);
    }
}
