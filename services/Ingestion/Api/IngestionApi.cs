using Microsoft.Extensions.Options;
using Perennial.Ingestion.Domain;
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

    IReadOnlyList<PlacedEvent> Announcements(Shop shop) => Mapping.Announcements(shop, log.Partitions);
}
