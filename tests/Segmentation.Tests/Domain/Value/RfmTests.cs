using System.Globalization;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;
using Calendar = Perennial.Segmentation.Domain.Calendar;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>RFM of two real shops after three tie rules, against tables that somebody else computed.</summary>
public sealed class RfmTests
{
    static readonly Dictionary<string, RfmTieRule> Rules = new() { ["ntile"] = RfmTieRule.Ntile, ["cutpoint_type7"] = RfmTieRule.CutPoints, ["avg_rank_pct"] = RfmTieRule.AverageRank };

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var rule in Rules.Keys)
        {
            foreach (var date in (string[])["1997-03-31", "1997-06-30", "1997-09-30", "1997-12-31", "1998-06-30"]) cases.Add("cdnow_sample", date, rule);
            cases.Add("online_retail", "2011-06-30", rule);
        }
        return cases;
    }

    static RfmValues[] Values(string dataset, string date) => dataset == "cdnow_sample" ? Cdnow.Rfm(Cdnow.Day(date)) : Retail(Given.EndOf(Given.Date(date), RealShops.RetailZone));

    static readonly Lazy<List<Sighting>> Orders = new(() => [.. RealShops.Retail().Where(s => s.Fact!.Kind == FactKind.Ordered)]);

    static RfmValues[] Retail(DateTimeOffset asOf)
    {
        var today = Calendar.DateOf(asOf, RealShops.RetailZone).DayNumber;
        return [.. Orders.Value.Where(s => s.Time <= asOf).GroupBy(s => s.Customer).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new RfmValues(today - Calendar.DateOf(g.Max(s => s.Time), RealShops.RetailZone).DayNumber, g.Count(), (double)g.Sum(s => s.Fact!.Amount ?? 0)))];
    }

    static List<double> Numbers(string text) => [.. text.Trim('[', ']').Split(", ").Select(v => double.Parse(v, CultureInfo.InvariantCulture))];

    static void Sizes(string expected, IEnumerable<int> scores)
    {
        var counts = scores.CountBy(s => s).OrderBy(s => s.Key).ToList();
        var text = expected[0] == '[' ? "[" + string.Join(", ", counts.Select(c => c.Value)) + "]" : "{" + string.Join(", ", counts.Select(c => $"{c.Key}: {c.Value}")) + "}";
        Assert.Equal(expected, text);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_sizes_and_cut_points(string dataset, string date, string rule)
    {
        var values = Values(dataset, date);
        var (scores, cuts) = Rfm.Score(values, Rules[rule]);
        var row = Table.Rows("rfm_summary.csv").Single(r => r["dataset"] == dataset && r["as_of"] == date && r["method"] == rule);
        Assert.Equal(row.Count("customers"), scores.Length);
        Sizes(row["R_sizes"], scores.Select(s => s.Recency));
        Sizes(row["F_sizes"], scores.Select(s => s.Frequency));
        Sizes(row["M_sizes"], scores.Select(s => s.Monetary));
        Assert.All(Numbers(row["R_cuts"]).Zip(cuts.Recency), c => Assert.Equal(c.First, c.Second, 1e-9));
        Assert.All(Numbers(row["F_cuts"]).Zip(cuts.Frequency), c => Assert.Equal(c.First, c.Second, 1e-9));
        Assert.All(Numbers(row["M_cuts"]).Zip(cuts.Monetary), c => Assert.Equal(c.First, c.Second, 1e-6));
        Assert.Equal(
            (row.Count("rfm555"), row.Count("rfm111"), row.Count("cells_used")),
            (scores.Count(s => s.Code == 555), scores.Count(s => s.Code == 111), scores.Distinct().Count()));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Grid_of_recency_and_frequency(string dataset, string date, string rule)
    {
        var (scores, _) = Rfm.Score(Values(dataset, date), Rules[rule]);
        var expected = Table.Rows("rfm_grid_RF.csv").Where(r => r["dataset"] == dataset && r["as_of"] == date && r["method"] == rule)
            .ToDictionary(r => (r.Count("R_score"), r.Count("F_score")), r => r.Count("customers"));
        Assert.Equal(expected.OrderBy(c => c.Key), scores.CountBy(s => (s.Recency, s.Frequency)).OrderBy(c => c.Key));
    }

    [Fact]
    public void Every_code_is_in_exactly_one_named_segment()
    {
        int[] codes = [.. from r in Enumerable.Range(1, 5) from f in Enumerable.Range(1, 5) from m in Enumerable.Range(1, 5) select 100 * r + 10 * f + m];
        Assert.Equal(codes, RfmSegments.All.SelectMany(s => s.Codes).Order());
        Assert.All(codes, c => Assert.Contains(c, RfmSegments.Of(c).Codes));
        Assert.Equal("about_to_sleep", RfmSegments.Of(231).Id);
    }

    [Fact]
    public void One_customer_scores_by_every_rule()
    {
        RfmValues[] one = [new(10, 1, 5)];
        Assert.Equal(511, Rfm.Score(one, RfmTieRule.CutPoints).Scores[0].Code);
        Assert.Equal(111, Rfm.Score(one, RfmTieRule.Ntile).Scores[0].Code);
        Assert.Equal(155, Rfm.Score(one, RfmTieRule.AverageRank).Scores[0].Code);
    }
}
