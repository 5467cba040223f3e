using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Tests.Domain.Value;

/// <summary>Fits as they might come out, without a population.</summary>
static class GivenValue
{
    /// <summary>A customer spends 100 an order where theirs came to 100.</summary>
    internal static readonly FittedSpend Spend = new(1, 3, 200, 0, 100, null, true);

    /// <summary>One of every model, of a rhythm of weeks.</summary>
    internal static readonly IReadOnlyList<PurchaseModel> Models =
        [new Nbd(0.5, 295), new BetaGeometric(0.6, 40, 0.8, 2.5, StopsAtFirst: false), new BetaGeometric(0.6, 40, 0.8, 2.5, StopsAtFirst: true), new ParetoNbd(0.6, 40, 0.5, 60)];

    /// <param name="lapse">The shop's threshold: beyond it nothing is predicted where the model lets nobody stop.</param>
    internal static ValueModel Fitted(PurchaseModel model, int? lapse = null, int buyers = 1_000) => new(
        new ValueGate(buyers, 400, 1, 10), buyers, 2_000, 0, [new FittedModel(model.Kind, [.. model.Parameters.Select(p => new ModelParameter(p.Name, p.Value))], -1, 5, true, null)], model.Kind, "Given.", Spend,
        new LapseThreshold(90, 0.2, lapse, "Given."), [], []);
}
