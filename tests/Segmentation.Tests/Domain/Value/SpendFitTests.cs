using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Spend and lifetime value of the CDNOW sample, against published values.</summary>
public sealed class SpendFitTests
{
    static void Is(double expected, double actual) => Assert.Equal(1, actual / expected, 0.01);

    [Fact]
    public void Gamma_gamma_over_repeat_purchases_to_the_cent()
    {
        var exact = SpendFit.Of(Cdnow.Read().Select(c => c.Spend(Cdnow.CalibrationEnd)))!;
        Assert.Equal(946, exact.Customers);
        Assert.Equal(-4055.917695, exact.LogLikelihood, 1e-3);
        Is(6.249349, exact.Model.P);
        Is(3.744256, exact.Model.Q);
        Is(15.444307, exact.Model.Gamma);
    }

    [Fact]
    public void Gamma_gamma_over_repeat_purchases()
    {
        var rounded = SpendFit.Of(Cdnow.Summary().Select(c => c.Spend))!;
        Assert.Equal(-4055.92324, rounded.LogLikelihood, 1e-3);
        Is(6.248803, rounded.Model.P);
        Is(3.744588, rounded.Model.Q);
        Is(15.447744, rounded.Model.Gamma);
        Is(35.171, rounded.Model.PopulationMean!.Value);
        Assert.Equal(0.113884, rounded.Correlation!.Value, 1e-6);
        double[] means = [.. Cdnow.Summary().Select(c => rounded.Model.Expected(c.Spend)!.Value)];
        Assert.Equal(35.2529588, means.Average(), 1e-4);
        // After lifetimes.
        Assert.All(rounded.StandardErrors!.Zip((double[])[1.190, 0.290, 4.160]), e => Assert.Equal(1, e.First / e.Second, 0.01));
        Assert.Equal(35.07855, Cdnow.Summary().Where(c => c.Known.Count > 0).Average(c => c.Spend.Mean), 1e-5);
    }

    [Fact]
    public void Spend_of_repeat_purchases_as_published()
    {
        double[] means = [.. Cdnow.Summary().Where(c => c.Spend.Count > 0).Select(c => c.Spend.Mean).Order()];
        var mean = means.Average();
        // Published as whole numbers, of means that were not yet rounded to cents.
        double[] found = [mean, Math.Sqrt(means.Sum(m => (m - mean) * (m - mean)) / (means.Length - 1)), means[0], Statistics.Quantile(means, 0.5), means[^1]];
        Assert.Equal(946, means.Length);
        Assert.All(found.Zip((double[])[35, 30, 3, 27, 300]), f => Assert.Equal(f.Second, f.First, 0.51));
    }

    [Fact]
    public void Gamma_gamma_with_the_first_purchase()
    {
        var fit = SpendFit.Of(Cdnow.Read().Select(c => c.Days.Count(d => d <= Cdnow.CalibrationEnd) is var n ? new MeanSpend(n, (double)c.Amounts[..n].Average()) : default))!;
        Assert.Equal(-9898.450937, fit.LogLikelihood, 1e-3);
        Is(9.8812410, fit.Model.P);
        Is(3.3987500, fit.Model.Q);
        Is(7.9285879, fit.Model.Gamma);
    }

    [Fact]
    public void Lifetime_value_of_a_year()
    {
        var customers = Cdnow.Summary();
        var spend = SpendFit.Of(customers.Select(c => c.Spend))!.Model;
        var table = RepeatTable.Of(customers.Select(c => c.Known));
        var (bg, pareto) = (PurchaseFits.BgNbd(table).Model, PurchaseFits.ParetoNbd(table).Model);
        double Value(PurchaseModel model, int i, double month) => model.DiscountedPurchases(12, month, 0.01, customers[i].Known) * spend.Expected(customers[i].Spend)!.Value;

        // The documentation of lifetimes takes a month as 30 weeks; the product takes it as what it is.
        double[] slip = [140.0962, 18.9435, 38.1806, 38.1806, 38.1806, 1003.8680, 28.1097, 38.1806, 167.4182, 38.1806];
        double[] right = [36.2785, 4.6375, 8.3441, 8.3441, 8.3441, 283.5236, 6.8814, 8.3441, 43.3536, 8.3441];
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1, Value(bg, i, 30) / slip[i], 1e-3);
            Assert.Equal(1, Value(bg, i, 4.345) / right[i], 1e-3);
        }
        Assert.Equal(71_509.90, Enumerable.Range(0, customers.Count).Sum(i => Value(bg, i, 4.345)), 30.0);
        Assert.Equal(72_317.92, Enumerable.Range(0, customers.Count).Sum(i => Value(pareto, i, 4.345)), 30.0);
    }

    [Fact]
    public void The_five_best_of_the_next_week()
    {
        var customers = Cdnow.Summary();
        var model = PurchaseFits.BgNbd(RepeatTable.Of(customers.Select(c => c.Known))).Model;
        var best = customers.Select((c, i) => (Id: i + 1, Expected: model.ExpectedPurchases(1, c.Known))).OrderByDescending(c => c.Expected).Take(5).Reverse().ToList();
        Assert.Equal([509, 841, 1981, 157, 1516], best.Select(c => c.Id));
        Assert.All(best.Zip((double[])[0.424877, 0.474738, 0.486526, 0.662396, 0.710623]), c => Assert.Equal(c.Second, c.First.Expected, 1e-4));
    }

    [Fact]
    public void Discount_of_a_whole_period_halves()
    {
        var (model, customer) = (new BetaGeometric(0.243, 4.414, 0.793, 2.426, false), new RepeatPurchases(2, 30.43, 38.86));
        double Next(int periods, double rate) => model.DiscountedPurchases(periods, 10, rate, customer);
        var (one, two) = (model.ExpectedPurchases(10, customer), model.ExpectedPurchases(20, customer));
        Assert.Equal(one, Next(1, 0), 1e-12);
        Assert.Equal(one / 2, Next(1, 1), 1e-12);
        Assert.Equal(two, Next(2, 0), 1e-12);
        Assert.Equal(one / 2 + (two - one) / 4, Next(2, 1), 1e-12);
    }
}
