using System.Runtime.CompilerServices;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;

namespace Perennial.Segmentation.Workers;

/// <summary>A customer with an order that counts.</summary>
internal readonly record struct KnownBuyer(string Customer, Buyer Buyer, CustomerRecord Record);

/// <summary>A shop's orders, as everything about value reads them.</summary>
internal static class Buyers
{
    /// <summary>Identified customers with an order that counts at the instant, those erased by then left out; in no particular order.</summary>
    public static async IAsyncEnumerable<KnownBuyer> BuyersAsync(this SegmentationStore shops, Shop shop, DateTimeOffset asOf, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var customer in shops.ScanAsync(shop, includeAnonymous: false, cancellation))
        {
            var record = customer.Read(Sources.Purchases);
            if (record.Now(shop.Currency, shop.Zone, Sources.Purchases) is not { } history || history.End <= asOf) continue;
            var buyer = Buyer.Of([.. history.Facts.Where(f => f.Time <= asOf)], shop.Currency, shop.Zone);
            if (buyer.Orders.Length > 0) yield return new KnownBuyer(customer.Id, buyer, record);
        }
    }
}
