using Grpc.Core;
using Perennial.Engagement.V1;
using Perennial.EngagementTracking.Domain;
using Perennial.EngagementTracking.Storage;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

/// <summary>The door of this house; one file per RPC.</summary>
internal sealed partial class EngagementApi(EngagementStore store, ScoreRules rules, FeedConsumer feed, Metrics metrics, TimeProvider clock) : EngagementService.EngagementServiceBase
{
    /// <summary>What is known about the customers by the UTC day of <paramref name="asOf"/>.</summary>
    Task<IReadOnlyDictionary<string, History>> ReadAsync(string shop, IEnumerable<string> customers, DateTimeOffset asOf, CancellationToken cancellation)
        => store.ReadAsync(shop, customers, DateOnly.FromDateTime(asOf.UtcDateTime), cancellation);

    /// <summary>A customer who had been seen by then.</summary>
    /// <exception cref="RpcException">CUSTOMER_NOT_FOUND.</exception>
    async Task<History> RequireAsync(string shop, string customer, DateTimeOffset asOf, CancellationToken cancellation)
    {
        var history = (await ReadAsync(shop, [customer], asOf, cancellation)).GetValueOrDefault(customer);
        return EngagementState.SeenBy(asOf, history) ? history! : throw Unknown(shop, customer);
    }

    CustomerEngagement Answer(string shop, string customer, DateTimeOffset asOf, History? history)
    {
        var engagement = EngagementState.At(asOf, history, rules);
        metrics.Answered(engagement.Warm);
        return Mapping.ToProto(shop, customer, asOf, history?.Position ?? 0, rules.HalfLifeDays, engagement);
    }

    static RpcException Unknown(string shop, string customer)
        => Errors.Of(EngagementErrorReason.CustomerNotFound, $"No event of customer '{customer}' has been seen in shop '{shop}' by then; check the id (user:..., anon:... or as GetIdentity says).", ("shop", shop), ("customer", customer));
}
