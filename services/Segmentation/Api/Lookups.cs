using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>What the doors of this house look up first, with the refusal that each gives.</summary>
internal static class Lookups
{
    /// <exception cref="RpcException">SHOP_NOT_FOUND.</exception>
    public static async Task<Shop> RequireShopAsync(this SegmentationStore store, string id, CancellationToken cancellation)
        => await store.FindShopAsync(id, cancellation)
        ?? throw Errors.Of(CommonErrorReason.ShopNotFound, $"Shop '{id}' is not known here; create it first, or wait until this house has read that far.", ("shop", id));

    public static RpcException ModelNotFound(Shop shop, string model)
        => Errors.Of(SegmentationErrorReason.ModelNotFound, $"Shop '{shop.Id}' has no model '{model}'; ListModels names those that there are.", ("shop", shop.Id), ("model", model));

    /// <param name="knownAt">Null where what is known now was asked for.</param>
    public static RpcException CustomerNotFound(Shop shop, string customer, DateTimeOffset asOf, DateTimeOffset? knownAt = null) => knownAt is { } known
        ? Errors.Of(
            SegmentationErrorReason.CustomerNotFound,
            $"Nothing was known by {known.ToText()} of customer '{customer}' at {asOf.ToText()}; check the id, or ask for a later known_at.",
            ("shop", shop.Id), ("customer", customer), ("as_of", asOf.ToText()), ("known_at", known.ToText()))
        : Errors.Of(
            SegmentationErrorReason.CustomerNotFound,
            $"Nothing is known of customer '{customer}' at {asOf.ToText()}; check the id, or wait for the feed.",
            ("shop", shop.Id), ("customer", customer), ("as_of", asOf.ToText()));
}
