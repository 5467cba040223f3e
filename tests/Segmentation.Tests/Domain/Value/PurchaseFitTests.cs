using System.Globalization;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Fits of the CDNOW sample against tables and published values: the likelihood to 1e-3, parameters to 1 %.</summary>
public sealed class PurchaseFitTests
{
    static void Is(PurchaseFit fit, double logLikelihood, params double[] parameters)
    {
        Assert.Equal(logLikelihood, fit.LogLikelihood, 1e-3);
        Assert.All(fit.Model.Parameters.Zip(parameters), p => Assert.Equal(1, p.First.Value / p.Second, 0.01));
        Assert.False(fit.AtBound);
    }

    /// <summary>Published for the data as lifetimes ships them, which a fresh clone holds.</summary>
    [Theory]
    [InlineData("NBD", -9763.66022, new[] { 0.384768, 12.072085 })]
    [InlineData("BG/NBD", -9582.42556, new[] { 0.242593, 4.413532, 0.792886, 2.425754 })]
    [InlineData("MBG/NBD", -9582.13268, new[] { 0.524838, 6.182992, 0.891356, 1.613999 })]
    [InlineData("Pareto/NBD", -9594.97393, new[] { 0.553275, 10.5776, 0.606214, 11.6679 })]
    public void Published_parameters(string model, double logLikelihood, double[] parameters)
        => Is(Models.Fit(model, RepeatTable.Of(Cdnow.Summary().Select(c => c.Known))), logLikelihood, parameters);

    /// <summary>Of BG/NBD after lifetimes, of Pareto/NBD after CLVTools.</summary>
    [Theory]
    [InlineData("BG/NBD", new[] { 0.012557, 0.378221, 0.185719, 0.705345 })]
    [InlineData("Pareto/NBD", new[] { 0.0476, 0.8427, 0.1873, 6.211 })]
    public void Published_standard_errors(string model, double[] errors)
    {
        var table = RepeatTable.Of(Cdnow.Summary().Select(c => c.Known));
        Assert.All(Models.Fit(model, table).StandardErrors(table)!.Zip(errors), e => Assert.Equal(1, e.First / e.Second, 0.01));
    }

    [Fact]
    public void Standard_errors_fall_with_the_root_of_the_number_of_customers()
    {
        var customers = Cdnow.Summary().Select(c => c.Known).ToArray();
        var (once, fourfold) = (RepeatTable.Of(customers), RepeatTable.Of(customers, [.. customers.Select(_ => 4.0)]));
        foreach (var model in (string[])["NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD"])
            Assert.All(Models.Fit(model, once).StandardErrors(once)!.Zip(Models.Fit(model, fourfold).StandardErrors(fourfold)!), e => Assert.Equal(2, e.First / e.Second, 0.01));
    }

    [Fact]
    public void What_the_data_do_not_bound_has_no_standard_error()
    {
        // Everybody at the same rate: r and alpha run off together.
        var same = RepeatTable.Of(Enumerable.Range(0, 200).Select(_ => new RepeatPurchases(10, 100, 100)));
        var fit = PurchaseFits.Nbd(same);
        Assert.True(fit.AtBound);
        Assert.Null(fit.StandardErrors(same));
        Assert.Null(Information.StandardErrors((ReadOnlySpan<double> p, Span<double> gradient) => gradient[0] = p[0], [1], 100));
    }

    /// <summary>The example of lifetimes' documentation, in days.</summary>
    [Fact]
    public void Example_transactions()
    {
        var customers = Table.Embedded("example_transactions_summary.csv").Select(r => new RepeatPurchases(r.Count("x"), r.Number("t_x"), r.Number("T"))).ToList();
        var fit = PurchaseFits.BgNbd(RepeatTable.Of(customers));
        Is(fit, -39_248.6261, 0.16385, 1.86428, 1.85034, 3.18106);
        double[] month = [0.016053, 0.021171, 0.030461, 0.031686, 0.001607];
        Assert.All(month.Index(), m => Assert.Equal(m.Item, fit.Model.ExpectedPurchases(30, customers[m.Index]), 1e-5));
        Assert.All(month.Index(), m => Assert.Equal(m.Item, fit.Model.DiscountedPurchases(1, 30, 0, customers[m.Index]), 1e-5));
        Assert.All(month.Index(), m => Assert.Equal(m.Item / 2, fit.Model.DiscountedPurchases(1, 30, 1, customers[m.Index]), 1e-5));
    }

    [Theory]
    [InlineData("NBD")]
    [InlineData("BG/NBD")]
    [InlineData("MBG/NBD")]
    [InlineData("Pareto/NBD")]
    public void Table_of_fitted_parameters(string model)
    {
        var row = Csv.Rows(File.ReadLines(Shared.FileOrSkip("expected/btyd_fitted_params.csv"))).Single(r => r["model"] == model);
        var table = Cdnow.Weeks();
        Assert.Equal(row["n_dedup"], table.Rows.Length.ToString(CultureInfo.InvariantCulture));
        var fit = Models.Fit(model, table);
        Assert.Equal(fit.LogLikelihood, fit.Model.LogLikelihood(table), 1e-6);
        Is(fit, double.Parse(row["LL"], CultureInfo.InvariantCulture), [.. row["params"].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))]);
    }
}

/// <summary>Models by the names that the tables use.</summary>
static class Models
{
    public static PurchaseFit Fit(string model, RepeatTable table) => model switch
    {
        "NBD" => PurchaseFits.Nbd(table),
        "BG/NBD" => PurchaseFits.BgNbd(table),
        "MBG/NBD" => PurchaseFits.MbgNbd(table),
        _ => PurchaseFits.ParetoNbd(table),
    };
}
