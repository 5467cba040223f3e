using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.V1;

namespace Perennial.CampaignRecommendation.Api;

/// <summary>The two houses that are asked for a decision. Their reasons pass to the caller; their silence is UNAVAILABLE.</summary>
internal sealed class Upstream(Channels channels, IOptions<UpstreamOptions> addresses, IOptions<CampaignOptions> options)
{
    readonly SegmentationService.SegmentationServiceClient _segmentation = new(channels.To(addresses.Value.Segmentation));
    readonly EngagementService.EngagementServiceClient _engagement = new(channels.To(addresses.Value.Engagement));

    public Task<CustomerLifecycle> LifecycleAsync(string shop, string customer, Timestamp asOf, ServerCallContext context)
        => AskAsync("segmentation", call => _segmentation.GetCustomerLifecycleAsync(new GetCustomerLifecycleRequest { Shop = shop, Customer = customer, AsOf = asOf }, call), context);

    public Task<ListCustomersResponse> ListAsync(ListCustomersRequest request, ServerCallContext context)
        => AskAsync("segmentation", call => _segmentation.ListCustomersAsync(request, call), context);

    /// <summary>In the order of <paramref name="customers"/>; strangers answer zeros, cold.</summary>
    public async Task<IReadOnlyList<CustomerEngagement>> EngagementAsync(string shop, IEnumerable<string> customers, Timestamp asOf, ServerCallContext context)
    {
        var request = new BatchGetCustomerEngagementRequest { Shop = shop, AsOf = asOf };
        request.Customers.AddRange(customers);
        return (await AskAsync("engagement", call => _engagement.BatchGetCustomerEngagementAsync(request, call), context)).Customers;
    }

    async Task<T> AskAsync<T>(string house, Func<CallOptions, AsyncUnaryCall<T>> call, ServerCallContext context)
    {
        // Deadlines are of the real clock, whatever clock the house runs on.
        var latest = DateTime.UtcNow.AddMilliseconds(options.Value.UpstreamMillisMax);
        try
        {
            return await call(new CallOptions(deadline: context.Deadline < latest ? context.Deadline : latest, cancellationToken: context.CancellationToken));
        }
        catch (RpcException e)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            throw Translate(house, e);
        }
    }

    static Exception Translate(string house, RpcException error) => (error.StatusCode, Errors.Reason(error)) switch
    {
        (_, { Reason: "CUSTOMER_NOT_FOUND", Domain: "segmentation.perennial" } reason)
            => Errors.Of(CampaignErrorReason.CustomerNotFound, error.Status.Detail, [.. reason.Metadata.Select(m => (m.Key, m.Value))]),
        (StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.Unavailable, not null) => Passed(error),
        (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled, _)
            => Errors.Of(CommonErrorReason.Unavailable, $"The {house} service does not answer; retry.", ("service", house)),
        // Ours to mend, not the caller's: a wrong token between houses, a fault there.
        _ => new InvalidOperationException($"The {house} service refused: {error.Status}", error),
    };

    // The same status with the same details; nothing else of the other house's trailers.
    static RpcException Passed(RpcException error)
    {
        var trailers = new Metadata();
        foreach (var detail in error.Trailers.Where(t => t.Key == Errors.DetailsTrailer)) trailers.Add(detail);
        return new RpcException(error.Status, trailers, error.Status.Detail);
    }
}
