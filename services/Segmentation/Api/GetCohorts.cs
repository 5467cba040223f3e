using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class MetricsApi
{
    public override async Task<CohortTable> GetCohorts(GetCohortsRequest request, ServerCallContext context)
    {
        Check(request.Shop, request.FirstMonth, request.LastMonth, request.AsOf).Throw();
        var period = await PeriodAsync(request.Shop, request.FirstMonth, request.LastMonth, request.AsOf, context.CancellationToken);
        // Asked before the store: the answer rests on at least what it says.
        var progress = feed.Progress;
        var sums = await store.SumOrdersAsync(period.Tally, period.AsOf, request.IncludeAnonymous, context.CancellationToken);
        return new CohortTable
        {
            Shop = period.Shop.Id,
            AsOfDate = ToDate(period.AsOf),
            TimeZone = period.Tally.Zone.Id,
            CurrencyCode = period.Shop.Currency,
            Definition = ShopMetrics.CohortDefinition,
            Source = ShopMetrics.CohortSource,
            Cohorts = { period.Months.Select(m => ToCohort(period, m, sums)) },
            Partial = period.IsPartial(period.Last),
            Progress = progress,
        };
    }

    static Cohort ToCohort(Period period, int month, Dictionary<(int Cohort, int Month), OrderSums> sums)
    {
        var size = sums.GetValueOrDefault((month, month)).Customers;
        var cohort = new Cohort { Month = ToMonth(month), CustomerCount = size };
        for (var m = month; m <= period.Last; m++)
        {
            var own = sums.GetValueOrDefault((month, m));
            var cell = new CohortMonth { Offset = m - month, CustomerCount = own.Customers, OrderCount = own.Orders, Revenue = own.Amount.ToMoney(period.Shop.Currency) };
            if (size > 0) cell.Retention = (double)own.Customers / size;
            cohort.Months.Add(cell);
        }
        return cohort;
    }
}
