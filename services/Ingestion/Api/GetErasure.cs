using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<Erasure> GetErasure(GetErasureRequest request, ServerCallContext context)
    {
        new Violations().Text(request.Erasure, "erasure", 1, ActorLengthMax).Throw();
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        return await erasures.FindAsync(request.Shop, request.Erasure, context.CancellationToken) is { } erasure
            ? Mapping.ToProto(erasure)
            : throw Errors.Of(IngestionErrorReason.ErasureNotFound, $"Shop '{request.Shop}' has no erasure '{request.Erasure}'.", ("erasure", request.Erasure));
    }
}
