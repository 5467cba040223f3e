using Grpc.Core;
using Perennial.Ingestion.V1;
using Shop = Perennial.Ingestion.V1.Shop;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<Shop> GetShop(GetShopRequest request, ServerCallContext context)
        => Mapping.ToProto(await shops.RequireSettingsAsync(request.Shop, context.CancellationToken));
}
