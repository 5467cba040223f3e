using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal sealed partial class IngestionApi
{
    public override async Task<ReleaseIdResponse> ReleaseId(ReleaseIdRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = CheckId(violations, request.Id, "id");
        violations.Throw();
        await shops.RequireAsync(request.Shop, context.CancellationToken);
        return new ReleaseIdResponse { Released = await erasures.ReleaseAsync(request.Shop, id, context.CancellationToken) };
    }
}
