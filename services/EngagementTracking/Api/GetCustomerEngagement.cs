using Grpc.Core;
using Perennial.Engagement.V1;
using Perennial.EngagementTracking.Domain;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

internal sealed partial class EngagementApi
{
    public override async Task<CustomerEngagement> GetCustomerEngagement(GetCustomerEngagementRequest request, ServerCallContext context)
    {
        Validation.Check(request);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var history = (await ReadAsync(request.Shop, [request.Customer], asOf, context.CancellationToken)).GetValueOrDefault(request.Customer);
        return EngagementState.SeenBy(asOf, history)
            ? Answer(request.Shop, request.Customer, asOf, history)
            : throw Unknown(request.Shop, request.Customer);
    }
}
