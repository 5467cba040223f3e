using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;
using Perennial.Segmentation.Workers;

namespace Perennial.Segmentation.Api;

/// <summary>The door to value. One file per RPC; this one holds what they share.</summary>
internal sealed partial class ValueApi(SegmentationStore shops, ValueStore store, ValueRefresh refresh, TimeProvider clock, IOptions<ValueOptions> options) : ValueService.ValueServiceBase
{
    /// <exception cref="Grpc.Core.RpcException">SHOP_NOT_FOUND.</exception>
    async Task<Shop> ShopAsync(string id, CancellationToken cancellation)
        => await shops.FindShopAsync(id, cancellation)
        ?? throw Errors.Of(CommonErrorReason.ShopNotFound, $"Shop '{id}' is not known here; create it first, or wait until this house has read that far.", ("shop", id));
}
