using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Tests.Data;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Which model a shop gets, what is withheld and why.</summary>
public sealed class ValueModelTests
{
    const int AsOf = 1_000, Holdout = 90;
    static readonly ForecastTerms Terms = new(0.1, 1, 1_095);

    static PlacedOrder[] On(params int[] days) => [.. days.Select(d => new PlacedOrder(d, 20))];

    static ValueModel Fit(IEnumerable<PlacedOrder[]> customers, int asOf = AsOf)
    {
        var sample = new ValueSample(asOf, Holdout);
        foreach (var orders in customers) sample.Add(orders);
        return sample.Fit(0.2);
    }

    /// <summary>Poisson buyers who never stop, of Gamma rates: the data cannot say anything about stopping.</summary>
    static IEnumerable<PlacedOrder[]> NobodyStops()
    {
        var random = new Random(11);
        for (var i = 0; i < 2_000; i++)
        {
            var (rate, days) = (-Math.Log(random.NextDouble()) / 60, new List<int>());
            for (double t = AsOf - random.Next(300, 900); t <= AsOf; t += Math.Max(1, -Math.Log(random.NextDouble()) / rate)) days.Add((int)t);
            yield return On([.. days.Distinct()]);
        }
    }

    static IEnumerable<PlacedOrder[]> CdnowOrders(int asOf) => Cdnow.Read().Where(c => c.Days[0] <= asOf)
        .Select(c => c.OrderDays.Zip(c.OrderAmounts).Where(o => o.First <= asOf).Select(o => new PlacedOrder(o.First, o.Second)).ToArray());

    [Fact]
    public void A_shop_where_nobody_stops_falls_back_to_NBD_and_says_so()
    {
        var model = Fit(NobodyStops());
        Assert.Equal(PurchaseModelKind.Nbd, model.Chosen);
        Assert.False(model.IsDropoutIdentified);
        Assert.StartsWith("Dropout not identified", model.Why, StringComparison.Ordinal);
        Assert.All(model.Models.Skip(1), m => Assert.False(m.IsIdentified));
        Assert.NotNull(model.Lapse.Days);

        var silent = CustomerForecast.Of(On(AsOf - 900, AsOf - 800 + 0), AsOf, model, Terms);
        Assert.Contains(silent.Withheld, w => w is { Field: "churn_probability", Reason: WithheldReason.DropoutNotIdentified });
        Assert.Null(silent.PredictedOrders);
        var recent = CustomerForecast.Of(On(AsOf - 100, AsOf - 50, AsOf - 2), AsOf, model, Terms);
        Assert.True(recent.PredictedOrders > 1);
        Assert.Null(recent.AliveProbability);
        Assert.Equal(model.Lapse.Days, recent.LapsesAfterDays);
    }

    [Fact]
    public void Cdnow_gets_MBG_with_its_accuracy()
    {
        var model = Fit(CdnowOrders(Cdnow.CalibrationEnd), Cdnow.CalibrationEnd);
        Assert.Equal(PurchaseModelKind.MbgNbd, model.Chosen);
        Assert.Equal((2_357, Holdout, 4), (model.Customers, model.HoldoutDays, model.Models.Count));
        Assert.All(model.Models, m => Assert.NotNull(m.Holdout));
        // The likelihood in days is that in weeks less ln 7 per repeat purchase.
        Assert.Equal(-9582.136 - model.RepeatPurchases * Math.Log(7), model.ChosenModel!.LogLikelihood, 1e-2);
        Assert.Equal(946, model.Spend!.Customers);
        Assert.Empty(model.Gate.Missing());
        Assert.Equal(model.ChosenModel.ToModel().ProbabilityAlive(new(2, 30, 40)), FittedAgain(model).ProbabilityAlive(new(2, 30, 40)));

        static PurchaseModel FittedAgain(ValueModel model) => model.Models.Single(m => m.Kind == PurchaseModelKind.MbgNbd).ToModel();
    }

    [Fact]
    public void A_customer_of_cdnow_is_worth_what_the_published_models_say()
    {
        var model = Fit(CdnowOrders(Cdnow.CalibrationEnd), Cdnow.CalibrationEnd);
        var best = Cdnow.Read().Single(c => c.Id == "1516");
        var forecast = CustomerForecast.Of([.. best.OrderDays.Zip(best.OrderAmounts).Where(o => o.First <= Cdnow.CalibrationEnd).Select(o => new PlacedOrder(o.First, o.Second))], Cdnow.CalibrationEnd, model, Terms);
        var purchases = model.ChosenModel!.ToModel();
        Assert.Equal(purchases.ExpectedPurchases(365, best.InDays(Cdnow.CalibrationEnd)), forecast.PredictedOrders!.Value, 1e-9);
        Assert.Equal(1 - forecast.Chances.Single(c => c.Days == 365).Probability, forecast.ChurnProbability);
        Assert.InRange(forecast.ChurnProbability!.Value, 0.03, 0.04);
        Assert.InRange(forecast.PredictedClv!.Value, 0.8 * forecast.PredictedOrders.Value * forecast.ExpectedSpend!.Value, forecast.PredictedOrders.Value * forecast.ExpectedSpend.Value);
        Assert.Equal(best.Days.Last(d => d <= Cdnow.CalibrationEnd) + 7, forecast.NextOrder!.Value, 3.0);
        Assert.Equal([0, 1, 2, 3, 4, 5], forecast.CountChances.Select(c => c.Orders));
        Assert.Equal(forecast.ChurnProbability.Value, forecast.CountChances[0].Probability, 1e-9);
        Assert.Equal(1, forecast.CountChances.Sum(c => c.Probability), 1e-12);
        Assert.True(forecast.Wait!.MedianIfActive < forecast.Wait.Median && forecast.Wait.MedianIfActive < forecast.Wait.MeanIfActive);
        Assert.True(forecast.ResidualOrders > forecast.PredictedOrders);
        Assert.Equal(forecast.ResidualOrders!.Value * forecast.ExpectedSpend!.Value, forecast.ResidualClv!.Value, 1e-9);
        Assert.Empty(forecast.Withheld);
        var half = CustomerForecast.Of(On(Cdnow.CalibrationEnd - 100, Cdnow.CalibrationEnd - 10), Cdnow.CalibrationEnd, model, Terms with { AnnualDiscount = 0, Margin = 0.5 });
        Assert.Equal(0.5 * half.PredictedOrders!.Value * half.ExpectedSpend!.Value, half.PredictedClv!.Value, 1e-9);
    }

    [Fact]
    public void Nothing_can_be_fitted_where_nobody_came_back()
    {
        var model = Fit(Enumerable.Range(0, 10).Select(i => On(900 + i, 900 + i)));
        Assert.Null(model.Chosen);
        Assert.Empty(model.Models);
        Assert.Null(model.Spend);
        Assert.Equal(0, model.RepeatPurchases);
        Assert.StartsWith("Nobody bought again", model.Why, StringComparison.Ordinal);
        Assert.All(CustomerForecast.Of(On(900), AsOf, model, Terms).Withheld, w => Assert.Equal(WithheldReason.NoModel, w.Reason));
        Assert.Equal(WithheldReason.NoOrder, CustomerForecast.Of([], AsOf, model, Terms).Withheld[0].Reason);
    }

    [Fact]
    public void An_empty_shop_has_neither_models_nor_gaps()
    {
        var model = Fit([]);
        Assert.Equal((0, null, null), (model.Customers, model.Chosen, model.Lapse.Days));
        Assert.Equal([WithheldReason.TooFewBuyers, WithheldReason.HistoryTooShort, WithheldReason.NoRepeatBuyers], model.Gate.Missing().Select(m => m.Reason));
        var gaps = new OrderGaps().Analyse(90, 0.2);
        Assert.Empty(gaps.Curve);
        Assert.Null(gaps.Naive.P50);
    }

    [Theory]
    [InlineData(499, 200, 0, 1, WithheldReason.TooFewBuyers)]
    [InlineData(500, 179, 0, 1, WithheldReason.HistoryTooShort)]
    [InlineData(500, 180, 31, 1, WithheldReason.NoRecentOrder)]
    [InlineData(500, 180, 30, 0, WithheldReason.NoRepeatBuyers)]
    [InlineData(500, 180, 30, 1, null)]
    internal void The_gate(int buyers, int history, int silent, int three, WithheldReason? reason)
        => Assert.Equal(reason is { } r ? [r] : [], new ValueGate(buyers, history, silent, three).Missing().Select(m => m.Reason));

    [Fact]
    public void Identified_models_are_told_apart_only_where_the_data_do()
    {
        static FittedModel Model(PurchaseModelKind kind, double logLikelihood, bool identified = true) => new(kind, [], logLikelihood, logLikelihood + 100, identified, null);
        var nbd = Model(PurchaseModelKind.Nbd, -100);
        Assert.Equal(PurchaseModelKind.MbgNbd, ValueModel.Choose([nbd, Model(PurchaseModelKind.MbgNbd, -92), Model(PurchaseModelKind.ParetoNbd, -90.5)]).Chosen);
        Assert.Equal(PurchaseModelKind.ParetoNbd, ValueModel.Choose([nbd, Model(PurchaseModelKind.MbgNbd, -92), Model(PurchaseModelKind.ParetoNbd, -89)]).Chosen);
        Assert.Equal(PurchaseModelKind.BgNbd, ValueModel.Choose([nbd, Model(PurchaseModelKind.MbgNbd, -92, identified: false), Model(PurchaseModelKind.BgNbd, -93)]).Chosen);
        Assert.Equal(PurchaseModelKind.Nbd, ValueModel.Choose([nbd, Model(PurchaseModelKind.MbgNbd, -99, identified: false)]).Chosen);
    }

    [Fact]
    public void Spend_leaves_out_the_first_day_and_counts_days()
    {
        PlacedOrder[] orders = [new(10, 100), new(10, 50), new(12, 20), new(12, 10), new(20, 40)];
        Assert.Equal(new MeanSpend(2, 35), BuyerFigures.Of(orders).Spend);
        Assert.Equal(new MeanSpend(0, 0), BuyerFigures.Of(orders.AsSpan(0, 2)).Spend);
    }

    /// <summary>As lifetimes' tests have them: six customers up to 2015-02-07, and one whose orders come in no order.</summary>
    [Fact]
    public void Spend_as_published()
    {
        PlacedOrder[][] customers =
        [
            [new(1, 1), new(37, 2)],
            [new(1, 2)],
            [new(1, 3), new(2, 1), new(5, 5)],
            [new(16, 6), new(33, 3), new(36, 3)],
            [new(16, 3), new(17, 1), new(18, 8)],
            [new(33, 5)],
        ];
        Assert.Equal([2, 0, 3, 3, 4.5, 0], customers.Select(c => BuyerFigures.Of(c).Spend.Mean));
        var unordered = Buyer.Of([Given.Ordered("b", "2015-04-09", 20), Given.Ordered("a", "2015-03-14", 10), Given.Ordered("c", "2015-05-21", 25)], "GBP", Given.London);
        Assert.Equal(new MeanSpend(2, 22.5), BuyerFigures.Of(unordered.Orders).Spend);
    }

    [Fact]
    public void The_lapse_threshold_is_the_first_silence_below_the_level()
    {
        var gaps = new OrderGaps();
        foreach (var c in Cdnow.Read()) gaps.Add([.. c.Days.Where(d => d <= Cdnow.Day("1997-12-31"))], Cdnow.Day("1997-12-31"));
        var (analysis, survival) = (gaps.Analyse(90, 0.2), gaps.Survival());
        var days = analysis.Threshold.Days!.Value;
        Assert.InRange(days, 61, 89);
        Assert.True(survival.ReturnProbability(days, 90) < 0.2);
        Assert.All(Enumerable.Range(0, days), d => Assert.True(survival.ReturnProbability(d, 90) >= 0.2));
        Assert.Null(gaps.Analyse(90, 0.0001).Threshold.Days);
        Assert.Null(gaps.Analyse(2_000, 0.2).Threshold.Days);
        Assert.InRange(survival.ReturnError(60, 90)!.Value, 0.005, 0.02);
    }

    [Fact]
    public void Open_gaps_count_as_longer_than_they_are()
    {
        var gaps = new OrderGaps();
        gaps.Add([0, 10], 40);
        gaps.Add([0, 20], 40);
        gaps.Add([30], 40);
        // Completed 10 and 20; open 30, 20 and 10. At 10: 5 at risk, one ends; at 20: 3 at risk, one ends.
        var survival = gaps.Survival();
        Assert.Equal(5, survival.AtRisk(10));
        Assert.Equal(3, survival.AtRisk(20));
        Assert.Equal(1 - 1 / 5.0, survival.Survival(10), 1e-12);
        Assert.Equal(4 / 5.0 * 2 / 3, survival.Survival(20), 1e-12);
        Assert.Equal(15, gaps.Completed.Quantile(0.5));
        Assert.Null(survival.Quantile(0.5));
    }
}

/// <summary>Orders folded for the models are those of the purchase history.</summary>
public sealed class BuyerTests
{
    [Fact]
    public void Counts_and_values_what_the_purchase_history_does()
    {
        Prop.ForAll(Arbitrarily.Facts().ToArbitrary(), facts =>
        {
            var asOf = facts.Max(f => f.Time);
            foreach (var instant in facts.Select(f => f.Time).Append(asOf))
            {
                var known = facts.Where(f => f.Time <= instant).ToList();
                var history = PurchaseHistory.Of(known.Min(f => f.Time), known, "GBP").At(instant)!;
                var buyer = Buyer.Of([.. known], "GBP", Given.London);
                if ((history.OrderCount, history.Value) != (buyer.Orders.Length, buyer.Value)) return false;
                if (history.LastOrder is { } last && Calendar.DateOf(last.Time, Given.London).DayNumber != buyer.Orders[^1].Day) return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }
}
