using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>
/// How each rule for "lapsed" would have done on the CDNOW sample at the end of 1997, against a table that somebody else computed: as a fit of the shop 90 days later finds it.
/// </summary>
public sealed class LapseBacktestTests
{
    const int Horizon = 90;
    static readonly int AsOf = Cdnow.Day("1997-12-31");

    static readonly Lazy<IReadOnlyList<LapseRule>> Rules = new(() =>
    {
        var sample = new ValueSample(AsOf + Horizon, Horizon);
        foreach (var c in Cdnow.Read()) sample.Add([.. c.OrderDays.Zip(c.OrderAmounts).Where(o => o.First <= AsOf + Horizon).Select(o => new PlacedOrder(o.First, o.Second))]);
        return sample.Fit(0.2).LapseRules;
    });

    static LapseRule Rule(string name) => Rules.Value.Single(r => r.Name == name);

    [Theory]
    [InlineData("shop fixed: R > pooled p80", "gap_p80")]
    [InlineData("shop fixed: R > pooled p90", "gap_p90")]
    [InlineData("shop fixed: R > pooled p95", "gap_p95")]
    [InlineData("fixed 90 d", "days_90")]
    [InlineData("fixed 180 d", "days_180")]
    [InlineData("personal p90 of own gaps", "own_p90")]
    [InlineData("R / own median gap", "own_median_3x")]
    [InlineData("personal posterior q90", "own_posterior_q90")]
    [InlineData("BG/NBD P(order in 90d) < .20", "order_probability_bg_nbd")]
    [InlineData("MBG/NBD P(order in 90d) < .20", "order_probability_mbg_nbd")]
    [InlineData("MBG/NBD P(alive) < .5", "alive_probability_mbg_nbd")]
    public void Table_of_the_backtest(string method, string rule)
    {
        var row = Table.Rows("lapse_threshold_backtest.csv").Single(r => r["method"].StartsWith(method, StringComparison.Ordinal));
        var accuracy = Rule(rule).Accuracy;
        Assert.Equal(
            (row.Count("customers"), row.Count("flagged_lapsed"), row.Number("no_order_rate"), row.Number("precision"), row.Number("recall"), row.Number("f1"), row.Number("accuracy")),
            (accuracy.Customers, accuracy.Flagged, Round(accuracy.NoOrderRate), Round(accuracy.Precision), Round(accuracy.Recall), Round(accuracy.F1), Round(accuracy.Accuracy)));
        Assert.Equal(row.Number("auc_no_order"), accuracy.Auc!.Value, 0.005);

        static double Round(double? value) => Math.Round(value!.Value, 4);
    }

    [Theory]
    [InlineData("gap_p80", 94)]
    [InlineData("gap_p90", 155)]
    [InlineData("gap_p95", 208)]
    public void A_percentile_of_the_shop(string rule, int days) => Assert.Equal(days, Rule(rule).Days!.Value, 0.5);

    [Fact]
    public void The_threshold_of_the_shop_is_that_of_the_time_before()
    {
        var gaps = new OrderGaps();
        foreach (var c in Cdnow.Read()) gaps.Add([.. c.Days.Where(d => d <= AsOf)], AsOf);
        var (rule, days) = (Rule("shop_threshold"), gaps.Analyse(Horizon, 0.2).Threshold.Days!.Value);
        Assert.Equal(days, rule.Days);
        Assert.Equal(Cdnow.Read().Count(c => AsOf - c.Days.Last(d => d <= AsOf) >= days), rule.Accuracy.Flagged);
        Assert.True(rule.Accuracy.Precision > 0.89 && rule.Accuracy.Auc > 0.8);
    }

    [Fact]
    public void The_same_as_a_threshold_of_days_for_each_customer()
    {
        var model = PurchaseFits.MbgNbd(RepeatTable.Of(Cdnow.Read().Select(c => c.InDays(AsOf)))).Model;
        Assert.Equal(
            Rule("order_probability_mbg_nbd").Accuracy.Flagged,
            Cdnow.Read().Select(c => c.InDays(AsOf)).Count(c => model.SilenceUntilLapsed(c, Horizon, 0.2, 10_000) is { } days && c.Age - c.LastTime >= days));
    }

    [Fact]
    public void A_shop_without_a_past_has_no_backtest_and_one_rule_of_each_name_otherwise()
    {
        var young = new ValueSample(AsOf, Horizon);
        young.Add([new(AsOf - 20, 10), new(AsOf - 10, 10)]);
        Assert.Empty(young.Fit(0.2).LapseRules);
        Assert.Equal(15, Rules.Value.Select(r => r.Name).Distinct().Count());
        Assert.Equal(15, Rules.Value.Count);
    }
}
