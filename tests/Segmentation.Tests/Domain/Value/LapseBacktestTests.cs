using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>How each rule for "lapsed" would have done on the CDNOW sample at the end of 1997, against a table that somebody else computed.</summary>
public sealed class LapseBacktestTests
{
    const int Horizon = 90;
    static readonly int AsOf = Cdnow.Day("1997-12-31");

    static void Is(string method, Func<Cdnow.Customer, (bool Lapsed, double Score)> rule)
    {
        var row = Table.Rows("lapse_threshold_backtest.csv").Single(r => r["method"].StartsWith(method, StringComparison.Ordinal));
        var customers = Cdnow.Read();
        var accuracy = LapseAccuracy.Of([.. customers.Select(rule).Select(v => new LapseVerdict(v.Lapsed, v.Score))], [.. customers.Select(c => c.Repeats(AsOf, AsOf + Horizon) == 0)]);
        Assert.Equal(
            (row.Count("customers"), row.Count("flagged_lapsed"), row.Number("no_order_rate"), row.Number("precision"), row.Number("recall"), row.Number("f1"), row.Number("accuracy")),
            (accuracy.Customers, accuracy.Flagged, Round(accuracy.NoOrderRate), Round(accuracy.Precision), Round(accuracy.Recall), Round(accuracy.F1), Round(accuracy.Accuracy)));
        Assert.Equal(row.Number("auc_no_order"), accuracy.Auc!.Value, 0.005);

        static double Round(double? value) => Math.Round(value!.Value, 4);
    }

    static int Silence(Cdnow.Customer c) => AsOf - c.Days.Last(d => d <= AsOf);

    static CustomerGaps? Own(Cdnow.Customer c) => CustomerGaps.Of([.. c.Days.Where(d => d <= AsOf)]);

    static DayCounts Pooled()
    {
        var gaps = new OrderGaps();
        foreach (var c in Cdnow.Read()) gaps.Add([.. c.Days.Where(d => d <= AsOf)], AsOf);
        return gaps.Completed;
    }

    static RepeatTable Table90() => RepeatTable.Of(Cdnow.Read().Select(c => c.InWeeks(AsOf)));

    [Theory]
    [InlineData("shop fixed: R > pooled p80", 0.80, 94)]
    [InlineData("shop fixed: R > pooled p90", 0.90, 155)]
    [InlineData("shop fixed: R > pooled p95", 0.95, 208)]
    public void A_percentile_of_the_shop(string method, double share, int days)
    {
        var threshold = Pooled().Quantile(share)!.Value;
        Assert.Equal(days, threshold, 0.5);
        Is(method, c => (Silence(c) > threshold, Silence(c)));
    }

    [Theory]
    [InlineData("fixed 90 d", 90)]
    [InlineData("fixed 180 d", 180)]
    public void A_fixed_number_of_days(string method, int days) => Is(method, c => (Silence(c) > days, Silence(c)));

    [Fact]
    public void The_probability_of_an_order_after_BG_NBD()
    {
        var model = PurchaseFits.BgNbd(Table90()).Model;
        Is("BG/NBD P(order in 90d) < .20", c => model.ProbabilityOfPurchase(Horizon / 7.0, c.InWeeks(AsOf)) is var p ? (p < 0.2, -p) : default);
    }

    [Fact]
    public void The_probability_of_an_order_after_MBG_NBD()
    {
        var model = PurchaseFits.MbgNbd(Table90()).Model;
        Is("MBG/NBD P(order in 90d) < .20", c => model.ProbabilityOfPurchase(Horizon / 7.0, c.InWeeks(AsOf)) is var p ? (p < 0.2, -p) : default);
        Is("MBG/NBD P(alive) < .5", c => model.ProbabilityAlive(c.InWeeks(AsOf)) is var p ? (p < 0.5, -p) : default);
    }

    [Fact]
    public void The_same_as_a_threshold_of_days_for_each_customer()
    {
        var model = PurchaseFits.MbgNbd(RepeatTable.Of(Cdnow.Read().Select(c => c.InDays(AsOf)))).Model;
        Is("MBG/NBD P(order in 90d) < .20", c => (
            model.SilenceUntilLapsed(c.InDays(AsOf), Horizon, 0.2, 10_000) is { } days && Silence(c) >= days,
            -model.ProbabilityOfPurchase(Horizon, c.InDays(AsOf))));
    }

    [Fact]
    public void Multiples_of_ones_own_rhythm()
    {
        var shop = Pooled().Quantile(0.5)!.Value;
        Is("R / own median gap", c => (Own(c) is { Count: >= 2 } own ? Silence(c) / own.Median : Silence(c) / shop) is var ratio ? (ratio > 3, ratio) : default);
    }

    /// <summary>No threshold of one's own below six weeks or so: the table says "clipped", and every bound from 43 to 54 days gives its counts.</summary>
    [Fact]
    public void The_percentile_of_ones_own_gaps()
    {
        const double Shortest = 45;
        var shop = Pooled().Quantile(0.9)!.Value;
        Is("personal p90 of own gaps", c => (Own(c) is { Count: >= 3 } own ? Math.Max(own.P90, Shortest) : shop) is var threshold ? (Silence(c) > threshold, Silence(c) / threshold) : default);
    }

    [Fact]
    public void The_posterior_of_ones_own_gaps()
    {
        var nbd = (Nbd)PurchaseFits.Nbd(Table90()).Model;
        Is("personal posterior q90", c => c.InWeeks(AsOf) is var k && (nbd.Alpha + k.LastTime) * (Math.Pow(0.1, -1 / (nbd.R + k.Count)) - 1) is var q ? ((k.Age - k.LastTime) > q, (k.Age - k.LastTime) / q) : default);
    }
}
