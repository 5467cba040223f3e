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
            : throw Errors.Of(EngagementErrorReason.CustomerNotFound, $"No event of customer '{request.Customer}' has been seen in shop '{request.Shop}' by then; check the id (user:... or anon:...).", ("shop", request.Shop), ("customer", request.Customer));
    }
}
