using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Gateway.Access;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Perennial.Gateway;

/// <summary>The houses behind the gateway: which services they serve (a house may have several), where they are, and how they are called for a caller.</summary>
internal sealed class Houses(Channels channels, IOptions<UpstreamOptions> upstream, IOptions<GatewayOptions> options, ILogger<Houses> log)
{
    static readonly (FileDescriptor Contract, Func<UpstreamOptions, string> Address)[] Table =
    [
        (IngestionReflection.Descriptor, u => u.Ingestion),
        (SegmentationReflection.Descriptor, u => u.Segmentation),
        (ValueReflection.Descriptor, u => u.Segmentation),
        (AudienceReflection.Descriptor, u => u.Segmentation),
        (MetricsReflection.Descriptor, u => u.Segmentation),
        (EngagementReflection.Descriptor, u => u.Engagement),
        (CampaignsReflection.Descriptor, u => u.Campaigns),
    ];

    /// <summary>Every service of every house.</summary>
    public static IEnumerable<ServiceDescriptor> Services => Table.SelectMany(house => house.Contract.Services);

    public string Address(ServiceDescriptor service) => Table.Single(house => house.Contract == service.File).Address(upstream.Value);

    public CallInvoker To(ServiceDescriptor service) => channels.To(Address(service));

    public IngestionService.IngestionServiceClient Ingestion => new(channels.To(upstream.Value.Ingestion));

    public SegmentationService.SegmentationServiceClient Segmentation => new(channels.To(upstream.Value.Segmentation));

    /// <summary>Options of a unary call in the name of a shop: its tenant, a deadline, and an end when the client goes away.</summary>
    public CallOptions Unary(Caller caller, CancellationToken cancellation)
        => Stream(caller, cancellation).WithDeadline(DateTime.UtcNow.AddSeconds(options.Value.UnarySecondsMax));

    /// <summary>The same without a deadline.</summary>
    public static CallOptions Stream(Caller caller, CancellationToken cancellation)
        => new(new Metadata { { CallMetadata.Shop, caller.Shop } }, cancellationToken: cancellation);

    /// <summary>
    /// What the client is told of an error of a house. UNAUTHENTICATED from the inside means that the gateway's own token is
    /// wrong: 401 would make SDKs throw data away for a fault that is ours, so it becomes UNAVAILABLE.
    /// </summary>
    public RpcException Judge(RpcException error, string method, string path)
    {
        if (error.StatusCode == StatusCode.Unauthenticated)
        {
            Log.ServiceTokenRefused(log, method);
            return Errors.Of(CommonErrorReason.Unavailable, "The platform is not set up yet; retry with backoff.");
        }
        if (Errors.Reason(error) is null && error.StatusCode != StatusCode.Cancelled) Log.UpstreamFailed(log, method, path, error.StatusCode.ToString(), error.Status.Detail);
        return error;
    }
}
