using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class AudienceApi
{
    const int ExampleCount = 5, ExampleCountMax = 50;

    public override Task<AudienceCount> CountAudience(CountAudienceRequest request, ServerCallContext context) => ReadingAsync(async () =>
    {
        new Violations().Shop(request.Shop).AudienceOrFilter(request.Audience, request.Filter).Instant(request.AsOf, "as_of")
            .Require(request.ExampleCount >= 0, "example_count", "must be 0 (the default) or more").Throw();
        var asOf = request.AsOf.ToInstant(clock.GetUtcNow());
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        // Asked before the store: the answer rests on at least what it says.
        var progress = feed.Progress;
        var (question, filter, _) = await AskAsync(shop, request.Audience, request.Filter, [], asOf, request.IncludeAnonymous, context.CancellationToken);
        var examples = request.ExampleCount == 0 ? ExampleCount : Math.Min(request.ExampleCount, ExampleCountMax);
        var (count, first) = await store.CountMembersAsync(question, examples, context.CancellationToken);
        return new AudienceCount
        {
            Shop = shop.Id,
            AsOf = asOf.ToTimestamp(),
            CustomerCount = count,
            Examples = { first },
            Progress = progress,
            CanonicalFilter = AudienceFilters.Canonical(filter),
        };
    });
}
