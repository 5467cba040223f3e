namespace Perennial.Segmentation.Domain.Value;

/// <summary>What is predicted of a shop's customers: by a fit, and by how orders become money.</summary>
internal sealed class Predictor
{
    readonly PurchaseModel _purchases;
    readonly GammaGamma? _spend;
    readonly int? _silence;
    readonly ForecastTerms _terms;

    Predictor(PurchaseModel purchases, GammaGamma? spend, int? silence, ForecastTerms terms) => (_purchases, _spend, _silence, _terms) = (purchases, spend, silence, terms);

    /// <summary>Null where nothing is predicted of anybody: nothing was fitted, or the shop lacks what predictions take. That was decided with the fit, and no clock changes it.</summary>
    public static Predictor? Of(ValueModel? model, ForecastTerms terms)
    {
        if (model?.ChosenModel is not { } chosen || model.Gate.Missing().Any()) return null;
        return new Predictor(chosen.ToModel(), model.Spend is { IsIdentified: true } spend ? spend.ToModel() : null, model.IsDropoutIdentified ? null : model.Lapse.Days, terms);
    }

    /// <summary>Null without an order.</summary>
    /// <param name="orders">Those that count, ascending by day.</param>
    public Prediction? Of(ReadOnlySpan<PlacedOrder> orders) => orders.IsEmpty ? null : Of(BuyerFigures.Of(orders));

    public Prediction Of(BuyerFigures buyer) => new(_purchases, buyer.Purchases, buyer.FirstDay, _spend?.Expected(buyer.Spend), buyer.LastDay + _silence, _terms);
}

/// <summary>
/// What is predicted of a customer on any day from their last order on, as long as nothing happens. Orders of one day count as one. Silence only ever lowers the expected orders and
/// raises the probability to churn, in every model, so that a bound is crossed once: on one side of it are the days up to some day, on the other all days after it.
/// </summary>
/// <param name="atLastOrder">What was known of them on the day of their last order.</param>
/// <param name="firstDay">Day number of their first order.</param>
/// <param name="expectedSpend">Of an order; null where the shop's orders do not determine it.</param>
/// <param name="withheldFrom">The first day on which nothing is predicted any more: the data do not say when customers stop, and this one has lapsed.</param>
internal sealed class Prediction(PurchaseModel purchases, RepeatPurchases atLastOrder, int firstDay, double? expectedSpend, int? withheldFrom, ForecastTerms terms)
{
    public const int Year = 365;
    const int Months = 12;

    public double? ExpectedSpend => expectedSpend;
    public int? WithheldFrom => withheldFrom;

    public RepeatPurchases Known(int day) => atLastOrder with { Age = day - firstDay };

    /// <summary>In the 365 days after a day.</summary>
    public double? Orders(int day) => IsWithheld(day) ? null : purchases.ExpectedPurchases(Year, Known(day));

    /// <summary>Worth of those orders to the shop, discounted month by month.</summary>
    public double? Clv(int day) => expectedSpend is null || IsWithheld(day) ? null
        : expectedSpend * purchases.DiscountedPurchases(Months, (double)Year / Months, Math.Pow(1 + terms.AnnualDiscount, 1.0 / Months) - 1, Known(day)) * terms.Margin;

    /// <summary>P(no order within 365 days).</summary>
    public double? ChurnProbability(int day) => IsWithheld(day) ? null : 1 - purchases.ProbabilityOfPurchase(Year, Known(day));

    bool IsWithheld(int day) => day >= withheldFrom;
}
