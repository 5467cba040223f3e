using Grpc.Core;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

internal sealed partial class EngagementApi
{
    public override async Task<BatchGetCustomerEngagementResponse> BatchGetCustomerEngagement(BatchGetCustomerEngagementRequest request, ServerCallContext context)
    {
        Validation.Check(request);
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var known = await ReadAsync(request.Shop, request.Customers, asOf, context.CancellationToken);
        var response = new BatchGetCustomerEngagementResponse();
        response.Customers.AddRange(request.Customers.Select(customer => Answer(request.Shop, customer, asOf, known.GetValueOrDefault(customer))));
        return response;
    }
}
