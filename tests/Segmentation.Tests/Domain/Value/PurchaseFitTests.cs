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
        Assert.Equal(fit.LogLikelihood, fit.Model.LogLikelihood(Cdnow.Weeks()), 1e-6);
        Assert.False(fit.AtBound);
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
        Is(Models.Fit(model, table), double.Parse(row["LL"], CultureInfo.InvariantCulture), [.. row["params"].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))]);
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
