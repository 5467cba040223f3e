using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    const int HorizonDaysMax = 3_650;

    /// <summary>A stored revision costs nothing; anything else reads every order of the shop.</summary>
    public override async Task<OrderGapAnalysis> GetOrderGapAnalysis(GetOrderGapAnalysisRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of")
            .Require(request.HorizonDays is >= 0 and <= HorizonDaysMax, "horizon_days", $"must be 1 to {HorizonDaysMax}, or 0 for the default")
            .Require(!request.HasLevel || request.Level is > 0 and < 1, "level", "must be above 0 and below 1")
            .Throw();
        var (now, cancellation) = (clock.GetUtcNow(), context.CancellationToken);
        var shop = await ShopAsync(request.Shop, cancellation);
        var asked = request.AsOf is not null || request.HorizonDays != 0 || request.HasLevel;
        if (!asked && await store.FindLatestAsync(shop.Id, now, cancellation) is { } latest)
            return ValueMapping.ToAnalysis(shop.Id, latest);
        var asOf = request.AsOf.ToInstant(now);
        var gaps = await refresh.GapsAsync(shop, asOf, cancellation);
        return ValueMapping.ToAnalysis(shop.Id, asOf, 0, gaps.Analyse(request.HorizonDays == 0 ? options.Value.HorizonDays : request.HorizonDays, request.HasLevel ? request.Level : options.Value.LapseLevel));
    }
}
