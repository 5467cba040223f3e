using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Gaps between orders of two real shops against tables that somebody else computed, and small ones by hand.</summary>
public sealed class OrderGapTests
{
    static OrderGaps Gaps(IEnumerable<int[]> customers, int asOf)
    {
        var gaps = new OrderGaps();
        foreach (var days in customers.Select(c => c.Where(d => d <= asOf).ToArray()).Where(d => d.Length > 0)) gaps.Add(days, asOf);
        return gaps;
    }

    static readonly Lazy<List<(string Customer, int[] Days, double[] Times)>> Retail = new(() => [.. RealShops.Retail()
        .Where(s => s.Fact!.Kind == FactKind.Ordered)
        .GroupBy(s => s.Customer)
        .Select(g => g.Select(s => s.Time).Order().ToList() is var times
            ? (g.Key["user:".Length..], times.Select(Day).ToArray(), times.Select(t => TimeZoneInfo.ConvertTime(t, RealShops.RetailZone).DateTime.Ticks / (double)TimeSpan.TicksPerDay).ToArray())
            : default)]);

    static int Day(DateTimeOffset time) => Calendar.DateOf(time, RealShops.RetailZone).DayNumber - new DateOnly(1970, 1, 1).DayNumber;

    static void Near(double? expected, double? actual) => Assert.Equal(expected!.Value, actual!.Value, 6e-5);

    [Theory]
    [InlineData("2011-12-09")]
    [InlineData("2011-06-30")]
    public void Online_retail(string date)
    {
        var (asOf, row) = (Cdnow.Day(date), Table.Rows("order_gap_percentiles.csv").Single(r => r["as_of"] == date));
        var a = Gaps(Retail.Value.Select(c => c.Days), asOf).Analyse(90, 0.2);
        Assert.Equal((row.Count("completed_gaps"), row.Count("censored_gaps"), row.Count("same_day_repeat_orders")), (a.CompletedGaps, a.OpenGaps, a.SameDayOrders));
        Assert.Equal((row.Count("customers_ge1gap"), row.Count("customers_ge3gaps")), (a.Returned, a.FullyRepeated));
        Near(row.Number("mean"), a.Naive.Mean);
        Near(row.Number("median"), a.Naive.P50);
        Near(row.Number("p80"), a.Naive.P80);
        Near(row.Number("p90"), a.Naive.P90);
        Near(row.Number("p95"), a.Naive.P95);
        Near(row.Number("first_gap_median"), a.NaiveFirstGap.P50);
        Near(row.Number("first_gap_p80"), a.NaiveFirstGap.P80);
        Near(row.Number("first_gap_p90"), a.NaiveFirstGap.P90);
        Assert.Equal(
            [row.Number("KM_p50"), row.Number("KM_p60"), row.Number("KM_p70"), row.Number("KM_p80"), row.Number("KM_p90")],
            new[] { a.Estimate.P50, a.Estimate.P60, a.Estimate.P70, a.Estimate.P80, a.Estimate.P90 }.Select(q => q ?? double.PositiveInfinity));
        Near(row.Number("KM_surv_tail"), a.Estimate.Tail);
        Assert.Equal([row.Number("KM_firstgap_p20"), row.Number("KM_firstgap_p30"), row.Number("KM_firstgap_p50")], new double[] { a.FirstGap.P20!.Value, a.FirstGap.P30!.Value, a.FirstGap.P50!.Value });
        Near(row.Number("KM_firstgap_tail"), a.FirstGap.Tail);

        var times = Retail.Value.Select(c => c.Times.Zip(c.Days).Where(t => t.Second <= asOf).Select(t => t.First).ToArray()).ToList();
        double[] between = [.. times.SelectMany(t => t.Skip(1).Zip(t, (later, earlier) => later - earlier)).Order()];
        Near(row.Number("p50_timestamps"), Statistics.Quantile(between, 0.5));
        Near(row.Number("p80_timestamps"), Statistics.Quantile(between, 0.8));
        Near(row.Number("p90_timestamps"), Statistics.Quantile(between, 0.9));

        var own = Retail.Value.Select(c => CustomerGaps.Of([.. c.Days.Where(d => d <= asOf).Distinct()])).OfType<CustomerGaps>().ToList();
        double Median(IEnumerable<double> values) => Statistics.Quantile([.. values.Order()], 0.5);
        var regular = own.Where(g => g.Count >= OrderGaps.RhythmGapsMin).ToList();
        Near(row.Number("median_of_customer_medians"), Median(own.Select(g => g.Median)));
        Near(row.Number("median_of_customer_p80_ge3"), Median(regular.Select(g => g.P80)));
        Near(row.Number("median_of_customer_p90_ge3"), Median(regular.Select(g => g.P90)));
        Near(row.Number("median_of_customer_max_ge3"), Median(regular.Select(g => (double)g.Longest)));
    }

    [Fact]
    public void Every_customer_of_online_retail()
    {
        var rows = Table.Rows("order_gaps_online_retail_2011-12-09_per_customer.csv").ToDictionary(r => r["cust"]);
        var own = Retail.Value.Select(c => (c.Customer, Gaps: CustomerGaps.Of([.. c.Days.Distinct()]))).Where(c => c.Gaps is not null).ToDictionary(c => c.Customer, c => c.Gaps!);
        Assert.Equal(rows.Keys.Order(), own.Keys.Order());
        foreach (var (customer, gaps) in own)
        {
            var row = rows[customer];
            Assert.Equal((row.Count("n"), row.Number("max")), (gaps.Count, gaps.Longest));
            Near(row.Number("median"), gaps.Median);
            Near(row.Number("p80"), gaps.P80);
            Near(row.Number("p90"), gaps.P90);
            Near(row.Number("mean"), gaps.Mean);
            Assert.Equal(row.Maybe("sd") is null, gaps.Deviation is null);
            if (gaps.Deviation is { } deviation) Near(row.Number("sd"), deviation);
        }
    }

    [Fact]
    public void Return_probability_of_cdnow()
    {
        var survival = Gaps(Cdnow.Read().Select(c => c.Days), Cdnow.Day("1997-12-31")).Survival();
        foreach (var row in Table.Rows("return_probability_by_gap.csv"))
        {
            var d = row.Count("days_since_last");
            Near(row.Number("S"), survival.Survival(d));
            Near(row.Number("P_return_next_90"), survival.ReturnProbability(d, 90));
            Assert.Equal(row.Count("at_risk"), survival.AtRisk(d));
        }
    }
}
