namespace Perennial.Segmentation.Domain;

/// <summary>What a shop's numbers say, by month. Numbered as in the contract.</summary>
internal enum Metric
{
    NewCustomers = 1,
    ActiveCustomers = 2,
    OrderCount = 3,
    Revenue = 4,
    AverageOrderValue = 5,
    OrdersPerCustomer = 6,
    RepeatPurchaseRate = 7,
    ReturningCustomerRate = 8,
    EverRepeatPurchaseRate = 9,
    DaysBetweenOrders = 10,
    DaysToSecondOrder = 11,
    DaysToThirdOrder = 12,
    DaysToLaterOrder = 13,
    ChurnRate = 14,
    CustomerRetentionRate = 15,
    RevenueByStage = 16,
    StageFlows = 17,
}

/// <summary>What a metric is counted in. Numbered as in the contract.</summary>
internal enum MetricUnit
{
    Customers = 1,
    Orders = 2,
    Money = 3,
    Rate = 4,
    OrdersPerCustomer = 5,
    Days = 6,
}

/// <param name="Text">What it is, in words.</param>
/// <param name="Source">Where the definition comes from.</param>
/// <param name="NeedsStages">Whether it is told by the stages of a model, so that every customer is evaluated for it.</param>
internal sealed record MetricDefinition(Metric Metric, MetricUnit Unit, string Text, string Source, bool NeedsStages = false);

/// <summary>A metric of a month.</summary>
/// <param name="Denominator">Null where it is no ratio.</param>
/// <param name="Withheld">Why there is no value, and what to do; empty where there is one.</param>
internal sealed record MetricValue(Metric Metric, decimal Numerator, decimal? Denominator = null, string Withheld = "")
{
    public decimal? Value => Withheld.Length > 0 ? null : Denominator is { } denominator ? Numerator / denominator : Numerator;
}

/// <summary>Metrics of months, from the sums of a shop's orders and from flows between stages.</summary>
internal static class ShopMetrics
{
    const string KeyFigure = "Perennial: a sum of what the log holds";
    const string TimeLag = "Order time lag per n to n+1: https://help.getklar.com/en/articles/6124165-order-time-lag; read it beside the repeat purchase rate, as only those who came back are in it";
    const string Rates = "Churn, retention and repeat purchase rates as customary in e-commerce";

    public const string CohortDefinition = "Retention of a cohort in a month: its customers with 1 or more orders in the month / all its customers. A cohort is everybody whose first order that counts was placed in one month.";
    public const string CohortSource = Rates;

    /// <summary>In the order in which answers list them.</summary>
    public static IReadOnlyList<MetricDefinition> Definitions { get; } =
    [
        new(Metric.NewCustomers, MetricUnit.Customers, "Customers whose first order was placed in the month.", KeyFigure),
        new(Metric.ActiveCustomers, MetricUnit.Customers, "Customers who placed at least one order in the month.", KeyFigure),
        new(Metric.OrderCount, MetricUnit.Orders, "Orders placed in the month that are neither cancelled nor refunded whole.", KeyFigure),
        new(Metric.Revenue, MetricUnit.Money, "What was added to the value of customers in the month: orders when they were placed, less cancellations and refunds when they happened.", KeyFigure),
        new(Metric.AverageOrderValue, MetricUnit.Money, "Revenue of the month / orders placed in it.", KeyFigure),
        new(Metric.OrdersPerCustomer, MetricUnit.OrdersPerCustomer, "Orders placed in the month / customers who placed them.", KeyFigure),
        new(Metric.RepeatPurchaseRate, MetricUnit.Rate, "Customers with 2 or more orders in the month / customers with 1 or more in it.", Rates),
        new(Metric.ReturningCustomerRate, MetricUnit.Rate, "Customers with an order in the month whose first order was in an earlier month / customers with an order in the month. Not the repeat purchase rate.", Rates),
        new(Metric.EverRepeatPurchaseRate, MetricUnit.Rate, "Customers with 2 or more orders up to the end of the month / customers with 1 or more up to then.", Rates),
        new(Metric.DaysBetweenOrders, MetricUnit.Days, "Mean calendar days to an order of the month from the customer's order before it.", TimeLag),
        new(Metric.DaysToSecondOrder, MetricUnit.Days, "Mean calendar days from the first order to a second one that was placed in the month.", TimeLag),
        new(Metric.DaysToThirdOrder, MetricUnit.Days, "Mean calendar days from the second order to a third one that was placed in the month.", TimeLag),
        new(Metric.DaysToLaterOrder, MetricUnit.Days, "Mean calendar days to a fourth or later order of the month from the one before it.", TimeLag),
        new(Metric.ChurnRate, MetricUnit.Rate, "Customers in an active stage when the month began and in a lapsed one at its end / customers in an active stage when it began.", Rates, NeedsStages: true),
        new(Metric.CustomerRetentionRate, MetricUnit.Rate, "(Customers in an active stage at the end of the month - those of them who were no customers when it began) / customers in an active stage when it began. Above 1 where more came back than were lost.", Rates, NeedsStages: true),
        new(Metric.RevenueByStage, MetricUnit.Money, "Value of the customers who are in each stage at the end of the month: all their orders less refunds up to then.", KeyFigure, NeedsStages: true),
        new(Metric.StageFlows, MetricUnit.Customers, "Customers by the stage in which they were when the month began and the one in which they are at its end.", KeyFigure, NeedsStages: true),
    ];

    /// <summary>Metrics of a month that rest on orders alone.</summary>
    /// <param name="sums">Of cohorts and months, as of the instant of the answer.</param>
    public static IEnumerable<MetricValue> OfOrders(IReadOnlyDictionary<(int Cohort, int Month), OrderSums> sums, int month)
    {
        var (own, entered, ever) = (default(OrderSums), 0L, default(OrderSums));
        var everCustomers = 0L;
        foreach (var (key, s) in sums)
        {
            if (key.Month > month) continue;
            ever += s;
            if (key.Cohort == key.Month) everCustomers += s.Customers;
            if (key.Month != month) continue;
            own += s;
            if (key.Cohort == month) entered = s.Customers;
        }
        var later = own.Orders - entered - own.Seconds - own.Thirds;
        const string noOrder = "no order was placed in the month", noGap = "no such order was placed in the month";
        yield return new(Metric.NewCustomers, entered);
        yield return new(Metric.ActiveCustomers, own.Customers);
        yield return new(Metric.OrderCount, own.Orders);
        yield return new(Metric.Revenue, own.Amount);
        yield return Ratio(Metric.AverageOrderValue, own.Amount, own.Orders, noOrder);
        yield return Ratio(Metric.OrdersPerCustomer, own.Orders, own.Customers, noOrder);
        yield return Ratio(Metric.RepeatPurchaseRate, own.RepeatCustomers, own.Customers, noOrder);
        yield return Ratio(Metric.ReturningCustomerRate, own.Customers - entered, own.Customers, noOrder);
        yield return Ratio(Metric.EverRepeatPurchaseRate, ever.Seconds, everCustomers, "nobody had ordered by the end of the month");
        yield return Ratio(Metric.DaysBetweenOrders, own.SecondDays + own.ThirdDays + own.LaterDays, own.Orders - entered, noGap);
        yield return Ratio(Metric.DaysToSecondOrder, own.SecondDays, own.Seconds, noGap);
        yield return Ratio(Metric.DaysToThirdOrder, own.ThirdDays, own.Thirds, noGap);
        yield return Ratio(Metric.DaysToLaterOrder, own.LaterDays, later, noGap);
    }

    /// <summary>Metrics of a month that rest on stages; those that are more than a number only where they are withheld.</summary>
    /// <param name="flows">Null where there are none to tell them from.</param>
    /// <param name="withheld">Why there can be no rate, or with no flows nothing at all; empty where there can.</param>
    public static IEnumerable<MetricValue> OfStages(IReadOnlyDictionary<(Stage? From, Stage? To), StageTotal>? flows, string withheld)
    {
        if (flows is null) return Definitions.Where(d => d.NeedsStages).Select(d => new MetricValue(d.Metric, 0, null, withheld));
        if (withheld.Length > 0) return [new(Metric.ChurnRate, 0, 0, withheld), new(Metric.CustomerRetentionRate, 0, 0, withheld)];
        var active = Count(f => IsActive(f.From));
        const string nobody = "nobody was in an active stage when the month began";
        return
        [
            Ratio(Metric.ChurnRate, Count(f => IsActive(f.From) && f.To?.Role == StageRole.Lapsed), active, nobody),
            Ratio(Metric.CustomerRetentionRate, Count(f => IsActive(f.To) && (IsActive(f.From) || f.From?.Role == StageRole.Lapsed)), active, nobody),
        ];

        long Count(Func<(Stage? From, Stage? To), bool> isAsked) => flows.Where(f => isAsked(f.Key)).Sum(f => f.Value.Customers);
    }

    static bool IsActive(Stage? stage) => stage?.Role == StageRole.Active;

    /// <summary>Why no rate can be told by a model; empty where it can.</summary>
    public static string WithheldBy(BoundModel model)
    {
        var roles = model.Model.Stages.Select(s => s.Role).ToHashSet();
        return roles.Contains(StageRole.Active) && roles.Contains(StageRole.Lapsed) && !roles.Contains(StageRole.None)
            ? ""
            : $"model '{model.Id}' does not say of each stage whether its customers are prospects, active or lapsed; give its stages roles, or ask for another model";
    }

    static MetricValue Ratio(Metric metric, decimal numerator, decimal denominator, string withheld)
        => denominator == 0 ? new(metric, numerator, denominator, withheld) : new(metric, numerator, denominator);
}
