using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class ValueApi
{
    public override async Task<RfmGrid> GetRfmGrid(GetRfmGridRequest request, ServerCallContext context)
    {
        new Violations().Shop(request.Shop).Month(request.Month).TieRule(request.TieRule).Throw();
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        var month = await MonthAsync(shop.Id, request.Month, context.CancellationToken);
        var rule = ValueMapping.ToRule(request.TieRule);
        var totals = await store.CountAsync(shop.Id, month.Start, rule, context.CancellationToken);
        var grid = new RfmGrid
        {
            Shop = shop.Id,
            Month = ValueMapping.ToMonth(month.Start),
            TieRule = (V1.RfmTieRule)rule,
            AsOf = month.AsOf.ToTimestamp(),
            CreateTime = month.CreateTime.ToTimestamp(),
            CustomerCount = totals.Sum(t => t.CustomerCount),
            RecencyCutPoints = { month.Cuts.Recency },
            FrequencyCutPoints = { month.Cuts.Frequency },
            MonetaryCutPoints = { month.Cuts.Monetary },
        };
        grid.KeptMonths.AddRange((await store.ListMonthsAsync(shop.Id, context.CancellationToken)).Select(ValueMapping.ToMonth));
        grid.Cells.AddRange(totals.GroupBy(t => (RfmScore.OfCode(t.Code).Recency, RfmScore.OfCode(t.Code).Frequency)).OrderBy(c => c.Key)
            .Select(c => new RfmCell { RecencyScore = c.Key.Recency, FrequencyScore = c.Key.Frequency, CustomerCount = c.Sum(t => t.CustomerCount) }));
        var segments = totals.ToLookup(t => RfmSegments.Of(t.Code));
        grid.Segments.AddRange(RfmSegments.All.Select(s => new RfmSegmentCount { Segment = s.Id, DisplayName = s.Name, CustomerCount = segments[s].Sum(t => t.CustomerCount), Value = segments[s].Sum(t => t.TotalAmount).ToMoney(shop.Currency) }));
        return grid;
    }

    /// <summary>The named month, or the latest.</summary>
    /// <exception cref="RpcException">RFM_MONTH_NOT_FOUND.</exception>
    async Task<Storage.RfmMonth> MonthAsync(string shop, string month, CancellationToken cancellation)
    {
        var latest = await store.FindLatestMonthAsync(shop, cancellation);
        return (month.Length == 0 ? latest : await store.FindMonthAsync(shop, Requests.ToMonth(month)!.Value, cancellation))
            ?? throw NotKept(shop, month, await store.ListMonthsAsync(shop, cancellation));
    }

    static RpcException NotKept(string shop, string month, IReadOnlyList<DateOnly> months)
    {
        string[] kept = [.. months.Select(ValueMapping.ToMonth)];
        return Errors.Of(
            SegmentationErrorReason.RfmMonthNotFound,
            kept.Length == 0
                ? $"No month of shop '{shop}' is frozen yet; the worker and FitValueModels freeze the months that are over and have orders."
                : $"There is no RFM of shop '{shop}' for {month}; kept are {string.Join(", ", kept)}.",
            ("shop", shop), ("month", month), ("latest", kept.LastOrDefault("")), ("months", string.Join(',', kept)));
    }
}
