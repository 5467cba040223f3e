using Microsoft.Extensions.Options;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Perennial.Segmentation.Workers;

namespace Perennial.Segmentation.Api;

/// <summary>The door to value. One file per RPC; this one holds what they share.</summary>
internal sealed partial class ValueApi(SegmentationStore shops, ValueStore store, ValueRefresh refresh, TimeProvider clock, IOptions<ValueOptions> options) : ValueService.ValueServiceBase
{
    Task<Shop> ShopAsync(string id, CancellationToken cancellation) => shops.RequireShopAsync(id, cancellation);
}
