namespace Perennial.Segmentation.Domain.Value;

/// <summary>How predictions become money.</summary>
/// <param name="AnnualDiscount">What a year's wait takes off, for example 0.1.</param>
/// <param name="Margin">The share of an order's value that stays with the shop.</param>
/// <param name="DateDaysMax">A next order further ahead is not named.</param>
internal sealed record ForecastTerms(double AnnualDiscount, double Margin, int DateDaysMax)
{
    /// <summary>Where nobody set any: 10 % a year, revenue rather than margin, three years.</summary>
    public static ForecastTerms Default { get; } = new(0.1, 1, 1_095);
}

/// <summary>A field that is not shown, and why.</summary>
internal sealed record Withheld(string Field, WithheldReason Reason, string Explanation);

/// <summary>P(at least one order within so many days).</summary>
internal sealed record OrderChance(int Days, double Probability);

/// <summary>P(exactly so many orders within a year).</summary>
internal sealed record OrderCountChance(int Orders, double Probability)
{
    const int Exactly = 5;

    /// <summary>For 0 to 4 orders, and for 5 or more; 1 in sum.</summary>
    public static IReadOnlyList<OrderCountChance> Of(PurchaseModel model, RepeatPurchases customer)
    {
        var chances = Enumerable.Range(0, Exactly).Select(n => new OrderCountChance(n, model.Probability(n, CustomerForecast.Year, customer))).ToList();
        return [.. chances, new OrderCountChance(Exactly, Math.Max(0, 1 - chances.Sum(c => c.Probability)))];
    }
}

/// <summary>Days until the next order, from the instant of the answer on.</summary>
/// <param name="Median">Null where it never comes with a probability of one half: "no date".</param>
/// <param name="MedianIfActive">If they have not stopped; null after Pareto/NBD, where they may stop while they wait.</param>
/// <param name="MeanIfActive">Likewise; null where it is infinite, as it is for most who bought once.</param>
internal sealed record OrderWait(double? Median, double? MedianIfActive, double? MeanIfActive)
{
    public static OrderWait Of(PurchaseModel model, RepeatPurchases customer)
        => model.WaitIfActive(customer) is var wait ? new(model.MedianWait(customer), wait?.Quantile(0.5), wait?.Mean) : null!;
}

/// <summary>
/// What a customer is expected to do in the next 365 days, after the shop's model. Fields are named as Klaviyo does; what is null stands in <see cref="Withheld"/> with its reason. Orders of
/// one day count as one.
/// </summary>
/// <param name="ChurnProbability">P(no order within 365 days). Never 1 - P(alive) of BG/NBD, which is 0 for every one-time buyer.</param>
/// <param name="AliveProbability">P(not stopped for good); null after BG/NBD and NBD, where it says nothing about churn.</param>
/// <param name="Chances">For 30, 90 and 365 days; empty where withheld.</param>
/// <param name="NextOrder">Median, as calculated at the most recent order; a day number.</param>
/// <param name="LapsesAfterDays">Silence from which on this customer counts as lapsed.</param>
internal sealed record CustomerForecast(
    double? PredictedOrders, double? ExpectedSpend, double? PredictedClv, double? ChurnProbability, double? AliveProbability, IReadOnlyList<OrderChance> Chances,
    int? NextOrder, int? LapsesAfterDays, IReadOnlyList<Withheld> Withheld)
{
    /// <summary>Empty where withheld.</summary>
    public IReadOnlyList<OrderCountChance> CountChances { get; init; } = [];

    public OrderWait? Wait { get; init; }

    /// <summary>All orders to come, without an end, discounted to today: after the shop's Pareto/NBD, whichever model was chosen, as the others have no such sum.</summary>
    public double? ResidualOrders { get; init; }

    /// <summary>What those are worth.</summary>
    public double? ResidualClv { get; init; }

    public const int Year = Prediction.Year;

    // In ten years of silence every model has given up; beyond, a threshold means nothing.
    const int SilenceDaysMax = 3_653;

    static readonly string[] Predicted = ["predicted_number_of_orders", "expected_order_spend", "predicted_clv", "total_clv", "churn_probability", "alive_probability", "order_chances", "order_count_chances", "next_order_wait", "discounted_residual_orders", "residual_clv", "expected_date_of_next_order", "lapses_after_days"];

    /// <param name="orders">Ascending by day, none after <paramref name="asOf"/>; may be empty.</param>
    /// <param name="model">Null while none was fitted.</param>
    public static CustomerForecast Of(ReadOnlySpan<PlacedOrder> orders, int asOf, ValueModel? model, ForecastTerms terms)
    {
        if (orders.IsEmpty) return Nothing(WithheldReason.NoOrder, "The customer has no order that counts.");
        if (model?.ChosenModel is not { } chosen) return Nothing(WithheldReason.NoModel, model?.Why ?? "No model was fitted on orders up to then; FitValueModels does, with as_of for a past instant, and a worker does on schedule.");
        if (model.Gate.Missing().FirstOrDefault() is { Explanation: not null } missing) return Nothing(missing.Reason, string.Join(" ", model.Gate.Missing().Select(m => m.Explanation)));
        var (prediction, lastDay) = (Predictor.Of(model, terms)!.Of(orders)!, orders[^1].Day);
        if (asOf >= prediction.WithheldFrom)
            return Nothing(WithheldReason.DropoutNotIdentified, $"{model.Why} This customer has been silent for {asOf - lastDay} days, and lapsed means {model.Lapse.Days} here.");
        return Of(prediction, asOf, lastDay, model, chosen.ToModel(), terms);
    }

    static CustomerForecast Of(Prediction prediction, int asOf, int lastDay, ValueModel model, PurchaseModel purchases, ForecastTerms terms)
    {
        var (known, withheld) = (prediction.Known(asOf), new List<Withheld>());
        if (prediction.ExpectedSpend is null)
        {
            foreach (var field in (string[])["expected_order_spend", "predicted_clv", "total_clv", "residual_clv"])
                withheld.Add(new(field, WithheldReason.SpendNotIdentified, "The shop's repeat orders do not determine what an order is worth on average."));
        }
        OrderChance[] chances = [.. ((int[])[30, 90, Year]).Select(d => new OrderChance(d, purchases.ProbabilityOfPurchase(d, known)))];
        var tellsAlive = purchases.Kind is PurchaseModelKind.MbgNbd or PurchaseModelKind.ParetoNbd;
        if (!tellsAlive) withheld.Add(new("alive_probability", WithheldReason.NotInModel, "P(alive) of the model that was chosen is 1 for every one-time buyer, or for everybody, and says nothing about churn."));
        var residual = Residual(known, model, terms, prediction.ExpectedSpend is not null, withheld);
        return new CustomerForecast(
            prediction.Orders(asOf), prediction.ExpectedSpend, prediction.Clv(asOf), prediction.ChurnProbability(asOf), tellsAlive ? purchases.ProbabilityAlive(known) : null, chances,
            Next(known, lastDay, purchases, terms, withheld), Lapses(known, model, purchases, withheld), withheld)
        {
            CountChances = OrderCountChance.Of(purchases, known),
            Wait = OrderWait.Of(purchases, known),
            ResidualOrders = residual,
            ResidualClv = prediction.ExpectedSpend * residual * terms.Margin,
        };
    }

    static double? Residual(RepeatPurchases known, ValueModel model, ForecastTerms terms, bool hasSpend, List<Withheld> withheld)
    {
        var fitted = model.Models.FirstOrDefault(m => m is { Kind: PurchaseModelKind.ParetoNbd, IsIdentified: true });
        var residual = (fitted?.ToModel() as ParetoNbd)?.ResidualPurchases(Special.LogOnePlus(terms.AnnualDiscount) / Year, known);
        if (residual is not null) return residual;
        var why = fitted is null ? "Only Pareto/NBD has a sum without an end, and the shop's orders do not identify it." : "Without a discount there is no sum without an end: some never stop.";
        withheld.Add(new("discounted_residual_orders", WithheldReason.NotInModel, why));
        if (hasSpend) withheld.Add(new("residual_clv", WithheldReason.NotInModel, why));
        return null;
    }

    /// <summary>As calculated at the most recent order: silence since then moves probabilities, not this date.</summary>
    static int? Next(RepeatPurchases known, int lastDay, PurchaseModel purchases, ForecastTerms terms, List<Withheld> withheld)
    {
        if (purchases.MedianWait(known with { Age = known.LastTime }) is not { } wait)
            withheld.Add(new("expected_date_of_next_order", WithheldReason.NoDate, "At their most recent order, another one was not expected with a probability of one half at any time."));
        else if (wait > terms.DateDaysMax)
            withheld.Add(new("expected_date_of_next_order", WithheldReason.DateTooFar, FormattableString.Invariant($"The median wait is {wait:F0} days, more than {terms.DateDaysMax}.")));
        else
            return lastDay + (int)Math.Ceiling(wait);
        return null;
    }

    /// <summary>Their own threshold where the model has one, the shop's where dropout is not identified.</summary>
    static int? Lapses(RepeatPurchases known, ValueModel model, PurchaseModel purchases, List<Withheld> withheld)
    {
        var days = model.IsDropoutIdentified ? purchases.SilenceUntilLapsed(known, model.Lapse.HorizonDays, model.Lapse.Level, SilenceDaysMax) : model.Lapse.Days;
        if (days is null) withheld.Add(new("lapses_after_days", WithheldReason.NoDate, model.IsDropoutIdentified ? FormattableString.Invariant($"An order within {model.Lapse.HorizonDays} days stays as probable as {100 * model.Lapse.Level:F0} % for {SilenceDaysMax} days of silence.") : model.Lapse.Explanation));
        return days;
    }

    static CustomerForecast Nothing(WithheldReason reason, string explanation)
        => new(null, null, null, null, null, [], null, null, [.. Predicted.Select(f => new Withheld(f, reason, explanation))]);
}
