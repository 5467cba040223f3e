using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.Storage.Privacy;
using Perennial.Ingestion.V1;
using Shop = Perennial.Ingestion.Domain.Shop;

namespace Perennial.Ingestion.Api;

/// <summary>The service; each RPC in the file of its name. ReadFeed is <see cref="FeedApi"/>'s.</summary>
internal sealed partial class IngestionApi(
    LogStore log,
    ShopStore shops,
    ReaderStore readers,
    AppendQueue queue,
    IdentityStore identities,
    ErasureStore erasures,
    ImportStore imports,
    ImportTurns turns,
    QuarantineStore quarantine,
    IOptions<IngestionOptions> options,
    Metrics metrics,
    TimeProvider clock,
    IHostApplicationLifetime lifetime,
    ILogger<IngestionApi> logger) : IngestionService.IngestionServiceBase
{
    const int ListPageSizeDefault = 100;
    const int ListPageSizeMax = 1_000;

    readonly IngestionOptions _options = options.Value;
}

internal static class ShopLookup
{
    /// <summary>The shop, or the refusal that every RPC gives.</summary>
    public static async Task<Shop> RequireAsync(this ShopStore shops, string id, CancellationToken cancellation)
        => await shops.FindAsync(id, cancellation)
            ?? throw Errors.Of(CommonErrorReason.ShopNotFound, $"There is no shop '{id}'; create it first.", ("shop", id));
}
