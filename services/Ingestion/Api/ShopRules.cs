using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Api;

internal static class ShopRules
{
    /// <summary>Nothing where there is such a shop, or the refusal that every RPC gives.</summary>
    public static async Task RequireAsync(this ShopStore shops, string id, CancellationToken cancellation)
    {
        if (!await shops.ExistsAsync(id, cancellation)) throw NotFound(id);
    }

    /// <summary>The shop as it is now, or the same refusal.</summary>
    public static async Task<Shop> RequireSettingsAsync(this ShopStore shops, string id, CancellationToken cancellation)
        => await shops.FindAsync(id, cancellation) ?? throw NotFound(id);

    static RpcException NotFound(string id) => Errors.Of(CommonErrorReason.ShopNotFound, $"There is no shop '{id}'; create it first.", ("shop", id));

    public static Violations Zone(this Violations violations, string id)
        => violations.Require(IsIanaZone(id), "time_zone", "must be an IANA time zone, for example \"Europe/London\"");

    // The runtime also takes the names that Windows uses; readers on other systems need not know those.
    static bool IsIanaZone(string id) => id.Length is > 0 and <= Shop.TimeZoneLengthMax
        && TimeZoneInfo.TryFindSystemTimeZoneById(id, out _)
        && (id == "UTC" || !TimeZoneInfo.TryConvertWindowsIdToIanaId(id, out _));
}
