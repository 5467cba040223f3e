using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Predictions of the CDNOW sample for 39 weeks, customer by customer and in sum, against tables that somebody else computed.</summary>
public sealed class HoldoutTests
{
    const double Weeks = 39;

    static IReadOnlyList<HoldoutCustomer> Customers() => [.. Cdnow.Read().Select(c => new HoldoutCustomer(c.InWeeks(Cdnow.CalibrationEnd), c.Repeats(Cdnow.CalibrationEnd, Cdnow.HoldoutEnd)))];

    static HoldoutAccuracy Accuracy(PurchaseModel model, IReadOnlyList<HoldoutCustomer> customers) => HoldoutAccuracy.Of(model.Kind, HoldoutScores.Of(model, Weeks, customers), customers);

    static void Is(CountAccuracy counts, Table.Row row)
    {
        Assert.Equal(row.Number("MAE"), counts.MeanAbsoluteError, 0.002);
        Assert.Equal(row.Number("RMSE"), counts.RootMeanSquareError, 0.002);
        Assert.Equal(row.Number("MSLE"), counts.LogError, 0.002);
        Assert.Equal(row.Number("total_pred"), counts.TotalPredicted, row.Number("total_pred") * 0.002);
        Assert.Equal(row.Number("total_act"), counts.TotalActual);
        Assert.Equal(row.Number("agg_err_pct"), counts.TotalErrorPercent!.Value, 0.2);
        if (row.Maybe("corr") is { } correlation) Assert.Equal(correlation, counts.Correlation!.Value, 0.002);
        if (row.Maybe("spearman") is { } ranks) Assert.Equal(ranks, counts.RankCorrelation!.Value, 0.005);
    }

    [Theory]
    [InlineData("NBD")]
    [InlineData("BG/NBD")]
    [InlineData("MBG/NBD")]
    [InlineData("Pareto/NBD")]
    public void Accuracy_of_a_model(string model)
    {
        var row = Table.Rows("btyd_holdout_metrics.csv").Single(r => r["model"] == model);
        var accuracy = Accuracy(Models.Fit(model, Cdnow.Weeks()).Model, Customers());
        Is(accuracy.Purchases, row);
        Assert.Equal(0.2902, accuracy.ActiveRate, 1e-4);
        Assert.Equal(row.Number("AUC_cet"), accuracy.ExpectedAuc!.Value, 0.005);
        Assert.Equal(row.Number("AUC_pactive"), accuracy.Active.Auc!.Value, 0.005);
        Assert.Equal(row.Number("Brier_pactive"), accuracy.Active.Brier, 0.002);
        Assert.Equal(row.Number("logloss_pactive"), accuracy.Active.LogLoss, 0.002);
        Assert.Equal(row.Number("mean_pactive"), accuracy.Active.Mean, 0.002);
        Assert.Equal(row.Maybe("AUC_alive") is null, accuracy.Alive is null);
        if (accuracy.Alive is not { } alive) return;
        Assert.Equal(row.Number("AUC_alive"), alive.Auc!.Value, 0.005);
        Assert.Equal(row.Number("Brier_alive"), alive.Brier, 0.002);
        Assert.Equal(row.Number("mean_palive"), alive.Mean, 0.002);
    }

    [Fact]
    public void Accuracy_of_the_simple_rules_that_a_model_has_to_beat()
    {
        var customers = Customers();
        double[] actual = [.. customers.Select(c => (double)c.Actual)];
        double Rate(RepeatPurchases c) => c.Age == 0 ? 0 : c.Count / c.Age * Weeks;
        var rules = new Dictionary<string, Func<RepeatPurchases, double>>
        {
            ["baseline: x/T*T_star"] = Rate,
            ["baseline: x/T*T_star if R<=13w else 0"] = c => c.Age - c.LastTime <= 13 ? Rate(c) : 0,
            ["baseline: mean"] = _ => customers.Average(c => Rate(c.Known)),
            ["baseline: zero"] = _ => 0,
        };
        foreach (var (name, rule) in rules)
        {
            double[] predicted = [.. customers.Select(c => rule(c.Known))];
            var row = Table.Rows("btyd_holdout_metrics.csv").Single(r => r["model"] == name);
            Is(CountAccuracy.Of(predicted, actual), row);
            if (row.Maybe("AUC_cet") is { } auc) Assert.Equal(auc, Statistics.Auc(predicted, [.. customers.Select(c => c.Actual > 0)])!.Value, 0.005);
        }
        var recency = Table.Rows("btyd_holdout_metrics.csv").Single(r => r["model"] == "ranker: recency only");
        Assert.Equal(recency.Number("AUC_cet"), Accuracy(new Nbd(1, 1), customers).RecencyAuc!.Value, 0.005);
    }

    [Theory]
    [InlineData("BG/NBD")]
    [InlineData("MBG/NBD")]
    [InlineData("Pareto/NBD")]
    public void Expected_purchases_by_frequency(string model)
    {
        var groups = Accuracy(Models.Fit(model, Cdnow.Weeks()).Model, Customers()).Groups;
        var rows = Table.Rows("cdnow_cond_exp_by_freq.csv").ToList();
        Assert.Equal(rows.Select(r => (r.Count("x"), r.Count("n"))), groups.Select(g => (g.Count, g.Customers)));
        Assert.All(rows.Zip(groups), r => Assert.Equal(r.First.Number("actual"), r.Second.Actual, 1e-5));
        Assert.All(rows.Zip(groups), r => Assert.Equal(r.First.Number(model), r.Second.Predicted, r.First.Number(model) * 0.005));
    }

    [Fact]
    public void Every_customer()
    {
        var rows = Table.Rows("btyd_cdnow_sample_per_customer.csv").ToDictionary(r => r["cust"]);
        var customers = Cdnow.Read();
        Assert.Equal(2_357, customers.Count);
        foreach (var c in customers)
        {
            var (row, known) = (rows[c.Id], c.InWeeks(Cdnow.CalibrationEnd));
            Assert.Equal((row.Count("x"), row.Number("t_x"), row.Number("T")), (known.Count, Math.Round(known.LastTime, 8), Math.Round(known.Age, 8)));
            Assert.Equal(row.Number("zbar"), c.Spend(Cdnow.CalibrationEnd).Mean, 1e-6);
            Assert.Equal(row.Count("x_star"), c.Repeats(Cdnow.CalibrationEnd, Cdnow.HoldoutEnd));
        }
        foreach (var name in (string[])["NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD"])
        {
            var model = Models.Fit(name, Cdnow.Weeks()).Model;
            foreach (var c in customers)
            {
                var (row, known) = (rows[c.Id], c.InWeeks(Cdnow.CalibrationEnd));
                // Parameters agree to 1 %, so what follows from them does.
                Assert.Equal(row.Number(name + "_cet"), model.ExpectedPurchases(Weeks, known), 0.01 * row.Number(name + "_cet") + 1e-6);
                Assert.Equal(row.Number(name + "_pactive_Tstar"), model.ProbabilityOfPurchase(Weeks, known), 0.005);
                if (name != "NBD") Assert.Equal(row.Number(name + "_palive"), model.ProbabilityAlive(known), 0.005);
            }
        }
    }
}
