using Grpc.Core;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

internal sealed partial class EngagementApi
{
    public override async Task<CustomerConsents> GetCustomerConsents(GetCustomerConsentsRequest request, ServerCallContext context)
    {
        Validation.Check(request);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        return Mapping.ToConsents(asOf, await RequireAsync(request.Shop, request.Customer, asOf, context.CancellationToken));
    }
}
