using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>What halving over days rests on: while nothing happens, a prediction moves one way, day by day, on the grid that audiences see.</summary>
public sealed class PredictionLaws
{
    static Gen<double> Between(double low, double high) => Gen.Choose(0, 1_000_000).Select(n => low * Math.Pow(high / low, n / 1e6));

    static Gen<PurchaseModel> Model() => Gen.OneOf(
        from r in Between(0.02, 20) from alpha in Between(0.5, 5_000) select (PurchaseModel)new Nbd(r, alpha),
        from r in Between(0.02, 20) from alpha in Between(0.5, 5_000) from a in NearOneToo(0.02, 20) from b in Between(0.02, 100) from stops in Gen.Elements(false, true) select (PurchaseModel)new BetaGeometric(r, alpha, a, b, stops),
        from r in Between(0.02, 20) from alpha in Between(0.5, 5_000) from s in NearOneToo(0.02, 20) from beta in Between(0.5, 5_000) select (PurchaseModel)new ParetoNbd(r, alpha, s, beta));

    // Where formulas have a pole that can be lifted.
    static Gen<double> NearOneToo(double low, double high) => Gen.Frequency((4, Between(low, high)), (1, Between(1e-7, 1e-2).Select(d => 1 - d)), (1, Between(1e-7, 1e-2).Select(d => 1 + d)));

    /// <summary>Orders by day, the first on day 0; some of one day.</summary>
    static Gen<PlacedOrder[]> Orders() =>
        from count in Gen.Choose(1, 30)
        from gaps in Gen.ArrayOf(Gen.OneOf(Gen.Choose(0, 3), Gen.Choose(1, 200)), count - 1)
        from amounts in Gen.ArrayOf(Gen.Choose(0, 50_000), count)
        select amounts.Select((a, i) => new PlacedOrder(gaps.Take(i).Sum(), a / 100.0)).ToArray();

    [Fact]
    public void Silence_moves_a_prediction_one_way_on_every_day()
    {
        var cases = from model in Model()
                    from orders in Orders()
                    from lapse in Gen.Elements<int?>(null, 30, 400)
                    from later in Gen.OneOf(Gen.Choose(0, 60), Gen.Choose(0, 3_000), Gen.Choose(0, 40_000))
                    select (model, orders, lapse, later);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var prediction = Predictor.Of(GivenValue.Fitted(c.model, c.lapse), ForecastTerms.Default)!.Of(c.orders)!;
            var first = c.orders[^1].Day + c.later;
            return Falls(prediction.Orders) && Falls(prediction.Clv) && Falls(d => -prediction.ChurnProbability(d));

            // Once withheld, always withheld.
            bool Falls(Func<int, double?> value) => Enumerable.Range(first, 60).All(d =>
                value(d) is null == prediction.WithheldFrom <= d && (value(d + 1) is null || PredictionSteps.Of(value(d + 1)) <= PredictionSteps.Of(value(d))));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
