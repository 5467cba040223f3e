using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Metrics;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Metrics;

/// <summary>
/// Metrics of two real shops. What is expected was counted from the raw files, by the definitions and by looking at every order: an order is an invoice (Online
/// Retail, C... are refunds of no known order on their own day) or a row (CDNOW), a customer active who ordered on one of the days of the lapse that end with the day.
/// </summary>
public sealed class RealShopMetricsTests
{
    static Buyer[] Buyers(IReadOnlyList<Sighting> sightings)
        => [.. Arrivals.Of(sightings).Select(a => new Buyer([.. CustomerRecord.Empty.With(a.Sightings).Facts.Select(f => f.What)], Calendar.Forever))];

    static readonly Lazy<(Buyer[] Customers, TallyPlan Plan)> Retail = new(() => (Buyers(RealShops.Retail()), TallyPlan.Usual(RealShops.RetailZone)));
    static readonly Lazy<(Buyer[] Customers, TallyPlan Plan)> Cdnow = new(() => (Buyers(RealShops.Cdnow()), TallyPlan.Usual(RealShops.CdnowZone)));

    static Sheet Sheet(string shop, string asOf) => (shop == "retail" ? Retail : Cdnow).Value is var (customers, plan) ? Metrics.Sheet.AtEndOf(Date(asOf), customers, plan) : null!;

    static MetricWindow Window(string window, DateOnly today)
        => window == "all" ? MetricWindow.AllTime(today) : window.Contains('-', StringComparison.Ordinal) ? MetricWindow.Of(Month.Of(Date(window + "-01")), today) : MetricWindow.LastDays(int.Parse(window, null), today);

    // new, orders, revenue, days between, customers, repeat, active at the start and at the end, lost, returned
    [Theory]
    [InlineData("retail", "2011-12-09", "30", 30, 253, 2_682, 1_129_760.82, 103_550, 1_629, 538, 1_453, 1_629, 963, 886)]
    [InlineData("retail", "2011-12-09", "90", 90, 969, 6_628, 3_167_713.072, 271_047, 2_890, 1_387, 1_896, 2_890, 931, 956)]
    [InlineData("retail", "2011-12-09", "2011-09", 90, 299, 1_756, 931_443.322, 76_432, 1_266, 271, 1_923, 2_151, 391, 320)]
    [InlineData("retail", "2011-06-30", "2011-06", 30, 242, 1_393, 608_020.26, 45_710, 991, 219, 1_045, 991, 816, 520)]
    [InlineData("retail", "2011-06-30", "90", 180, 810, 4_029, 1_659_005.151, 118_343, 1_969, 823, 2_150, 2_724, 258, 22)]
    [InlineData("retail", "2011-12-09", "365", 365, 3_766, 17_760, 8_004_034.774, 566_968, 4_265, 2_764, 573, 4_265, 76, 2)]
    [InlineData("retail", "2011-12-09", "all", 90, 4_339, 18_536, 8_310_477.054, 567_287, 4_339, 2_845, 0, 2_890, 3_231, 1_782)]
    [InlineData("cdnow", "1997-12-31", "30", 90, 0, 243, 8_991.94, 22_139, 181, 37, 389, 400, 72, 83)]
    [InlineData("cdnow", "1997-12-31", "90", 180, 0, 753, 27_612.16, 63_944, 400, 159, 718, 609, 255, 146)]
    [InlineData("cdnow", "1997-12-31", "1997-06", 30, 0, 284, 9_907.25, 19_421, 232, 42, 218, 232, 184, 198)]
    [InlineData("cdnow", "1998-06-30", "30", 365, 0, 172, 5_590.87, 19_850, 138, 27, 855, 812, 59, 16)]
    [InlineData("cdnow", "1998-06-30", "all", 90, 2_357, 6_919, 244_091.94, 307_464, 2_357, 1_152, 0, 299, 3_153, 1_095)]
    public void Figures_of_a_window(string shop, string asOf, string window, int lapse, long added, long orders, decimal revenue, long gapDays, long customers, long repeat, long start, long end, long lost, long returned)
    {
        var figures = Sheet(shop, asOf).Figures(Window(window, Date(asOf)), lapse);
        Assert.Equal(new Figures(figures.Window, lapse, added, orders, revenue, gapDays, customers, repeat, start, end, lost), figures);
        Assert.Equal(returned, figures.Returned);
    }

    static void IsRow(Cohort cohort, string month, params (long Customers, long Orders, decimal Revenue)[] cells)
    {
        Assert.Equal(Month.Of(Date(month + "-01")), cohort.Month);
        Assert.Equal(cells, cohort.Cells.Select(c => (c.Customers, c.Orders, c.Revenue)));
    }

    [Fact]
    public void Online_retail_by_month_of_first_order()
    {
        var cohorts = Sheet("retail", "2011-12-09").Cohorts(new(2010 * 12 + 11), new(2011 * 12 + 11));
        Assert.Equal([885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 324, 41], cohorts.Select(c => c.Size));
        IsRow(cohorts[0], "2010-12",
            (885, 1_400, 558_532.69m), (324, 517, 267_324.58m), (286, 458, 226_931.45m), (340, 582, 293_111.50m), (321, 504, 198_433.18m), (352, 651, 315_653.27m), (321, 572, 306_670.04m),
            (309, 547, 299_741.54m), (313, 539, 306_474.45m), (350, 642, 458_678.45m), (331, 628, 430_623.43m), (445, 945, 499_362.92m), (235, 335, 182_552.15m));
        IsRow(cohorts[8], "2011-08", (169, 182, 79_200.56m), (35, 42, 19_478.39m), (42, 59, 33_046.56m), (41, 53, 40_832.20m), (21, 22, 14_143.23m));
        IsRow(cohorts[12], "2011-12", (41, 43, 26_776.75m));
        Assert.All(cohorts, c => Assert.Equal([.. Enumerable.Repeat(false, c.Cells.Count - 1), true], c.Cells.Select(m => m.IsPartial)));
        Assert.Equal(8_310_477.054m, cohorts.Sum(c => c.Cells.Sum(m => m.Revenue)));
        Assert.Equal(324m / 885, cohorts[0].Retention(cohorts[0].Cells[1]));
    }

    [Fact]
    public void Cdnow_by_month_of_first_order()
    {
        var cohorts = Sheet("cdnow", "1998-06-30").Cohorts(new(1997 * 12), new(1997 * 12 + 3));
        Assert.Equal([781, 857, 719, 0], cohorts.Select(c => c.Size));
        Assert.Equal(
            [(719, 891, 32_812.09m), (87, 119, 4_103.03m), (84, 101, 3_456.67m), (78, 95, 3_163.59m), (63, 82, 3_098.32m), (64, 80, 2_914.92m)],
            cohorts[2].Cells.Take(6).Select(c => (c.Customers, c.Orders, c.Revenue)));
        Assert.All(cohorts, c => Assert.All(c.Cells, m => Assert.False(m.IsPartial)));
        Assert.Null(cohorts[3].Retention(cohorts[3].Cells[0]));
    }

    // with order n, with order n + 1, days between, by class
    [Theory]
    [InlineData("retail", "2011-12-09", 1, 4_339, 2_845, 218_109, 222, 198, 189, 359, 613, 349, 597, 317, 1, 0)]
    [InlineData("retail", "2011-12-09", 2, 2_845, 2_010, 109_870, 181, 163, 155, 313, 501, 305, 324, 68, 0, 0)]
    [InlineData("retail", "2011-12-09", 10, 391, 337, 6_766, 47, 44, 57, 112, 67, 9, 1, 0, 0, 0)]
    [InlineData("cdnow", "1998-06-30", 1, 2_357, 1_152, 121_683, 33, 141, 115, 147, 185, 84, 196, 186, 65, 0)]
    [InlineData("cdnow", "1998-06-30", 5, 388, 290, 15_589, 14, 43, 29, 52, 64, 30, 46, 11, 1, 0)]
    public void Days_to_the_next_order(string shop, string asOf, int n, long customers, long returned, long days, params int[] classes)
    {
        var lag = Sheet(shop, asOf).Lags()[n - 1];
        Assert.Equal((n, customers, returned, days), (lag.N, lag.Customers, lag.Returned, lag.Days));
        Assert.Equal(classes, lag.Classes.Select(c => (int)c));
        Assert.Equal((decimal)days / returned, lag.MeanDays);
    }

    [Fact]
    public void A_day_in_the_middle_of_itself_is_told_by_its_customers_alone()
    {
        var (customers, plan) = Retail.Value;
        var asOf = Local(Date("2011-11-17"), RealShops.RetailZone, new(13, 7, 0));
        var counted = new Counted(plan, asOf);
        foreach (var customer in customers) counted.Add(customer.Facts, customer.End);
        var (sheet, month) = (Metrics.Sheet.At(asOf, customers, plan), MetricWindow.Of(Month.Of(Date("2011-11-17")), Date("2011-11-17")));
        Assert.Equal(counted.Figures(month, 90), sheet.Figures(month, 90));
        Assert.Equal(counted.Cohorts().OrderBy(c => c.Key), sheet.Cells().OrderBy(c => c.Key));
        Assert.NotEqual(sheet.Figures(month, 90), Sheet("retail", "2011-11-17").Figures(month, 90));
    }
}
