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
