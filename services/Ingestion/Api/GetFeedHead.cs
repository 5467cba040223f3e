using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<FeedProgress> GetFeedHead(GetFeedHeadRequest request, ServerCallContext context)
    {
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, context.CancellationToken);
        var heads = await log.RefreshHeadsAsync(context.CancellationToken);
        return new FeedProgress { Partitions = { heads.Select((head, p) => new PartitionProgress { Partition = p, Position = head, HeadPosition = head }) } };
    }
}
