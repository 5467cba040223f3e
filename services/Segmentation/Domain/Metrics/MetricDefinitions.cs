namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>Every metric, in the order in which they are shown.</summary>
internal static class MetricDefinitions
{
    /// <summary>What the formulas speak of.</summary>
    public const string Terms =
        "An order counts at as_of when it was placed by then, by an identified customer who was not erased, and was by then neither cancelled nor refunded in full; "
        + "it belongs to the shop-local day on which it was placed. Revenue is the value of orders less refunds, in the shop's currency, on the day of the order; a refund of no known order counts on its own day. "
        + "A customer is active on a day when an order lies in the lapse_days days that end with it, and is lost on the day on which the silence comes to lapse_days.";

    /// <summary>Those that are a number of a window.</summary>
    public static IReadOnlyList<WindowMetric> OfWindow { get; } =
    [
        new("new_customers", "New customers", MetricUnit.Customers, "customers whose first order lies in the window", "Perennial", f => new(f.NewCustomers),
            "A shop whose history was imported from the middle of its life sees old customers as new at its beginning."),
        new("customers", "Customers", MetricUnit.Customers, "customers with an order in the window", "Perennial", f => new(f.Customers)),
        new("repeat_customers", "Repeat customers", MetricUnit.Customers, "customers with two or more orders in the window", "Perennial", f => new(f.RepeatCustomers)),
        new("orders", "Orders", MetricUnit.Orders, "orders in the window", "Perennial", f => new(f.Orders)),
        new("revenue", "Revenue", MetricUnit.Money, "revenue of the window", "Perennial", f => new(f.Revenue)),
        new("active_customers", "Active customers", MetricUnit.Customers, "customers active on the last day of the window", "Perennial", f => new(f.ActiveAtEnd),
            "By lapse_days, not by the window: who is not active has not left for certain."),
        new("lost_customers", "Lost customers", MetricUnit.Customers, "times in the window that a customer ceased to be active", "Perennial", f => new(f.Lost),
            "Some of them come back: they are returned_customers then."),
        new("returned_customers", "Returned customers", MetricUnit.Customers, "times in the window that a customer who had ceased to be active ordered again", "Perennial", f => new(f.Returned)),
        new("churn_rate", "Churn rate", MetricUnit.Rate, "lost_customers / customers active on the day before the window", "Lost in the period by active at its start, the common definition", f => new(f.Lost, f.ActiveAtStart),
            "Counts who fell silent, whether or not they came back within the window. A prediction for one customer is churn_probability of GetCustomerValue.", "Nobody was active on the day before the window.", ShortOfLapse: true),
        new("customer_retention_rate", "Customer retention rate", MetricUnit.Rate, "(active_customers - new_customers) / customers active on the day before the window", "(End - new) by start, the common definition",
            f => new(f.ActiveAtEnd - f.NewCustomers, f.ActiveAtStart),
            "Who came back within the window counts as retained, so it may exceed 1, and is 1 - churn_rate + returned_customers / active at the start.", "Nobody was active on the day before the window.", ShortOfLapse: true),
        new("repeat_purchase_rate", "Repeat purchase rate", MetricUnit.Rate, "repeat_customers / customers", "Customers with two or more orders by those with one or more, both within the window", f => new(f.RepeatCustomers, f.Customers),
            "Not returning_customer_rate: somebody whose second order comes after a long time is a returning customer, and no repeat customer of the window.", "Nobody ordered in the window."),
        new("returning_customer_rate", "Returning customer rate", MetricUnit.Rate, "(customers - new_customers) / customers", "Customers of the window who had ordered before it", f => new(f.Customers - f.NewCustomers, f.Customers),
            "Not repeat_purchase_rate: somebody who orders first and again within the window is a repeat customer, and not a returning one.", "Nobody ordered in the window."),
        new("average_order_value", "Average order value", MetricUnit.MoneyPerOrder, "revenue / orders", "Klaviyo: value by number of orders", f => new(f.Revenue, f.Orders), "After refunds.", "There is no order in the window."),
        new("orders_per_customer", "Orders per customer", MetricUnit.OrdersPerCustomer, "orders / customers", "Purchase frequency, the common definition", f => new(f.Orders, f.Customers), Nobody: "Nobody ordered in the window."),
        new("days_between_orders", "Days between orders", MetricUnit.Days, "days from the order before / orders in the window that are not their customer's first", "Klar, order time lag", f => new(f.GapDays, f.Gaps),
            "Rests on those who came back alone, so it understates how long customers stay away: GetOrderGapAnalysis counts the others too. Orders of one day are 0 days apart.", "No order in the window is a customer's second or later one."),
    ];

    public static MetricDefinition RevenueByStage { get; } = new(
        "revenue_by_stage", "Revenue by stage", MetricUnit.Money, "revenue up to as_of of the customers who are in each stage at as_of", "Perennial",
        "By the stage that customers are in now, not the one in which they ordered.");

    public static MetricDefinition StageFlows { get; } = new(
        "stage_flows", "Stage flows", MetricUnit.Customers, "customers by their stages at two instants", "Perennial",
        "Who went and came back between the two is in no flow.", "GetStageFlows");

    public static MetricDefinition CohortRetention { get; } = new(
        "cohort_retention", "Retention by cohort", MetricUnit.Rate, "customers of the cohort with an order in the month / customers whose first order lies in the cohort's month", "Retention by month of first order, the common definition; Metrilo",
        "Not cumulative: who skips a month may be in the next. Where a first order is cancelled its customer moves to the month of the next one.", "GetCohortTable");

    public static MetricDefinition OrderLag { get; } = new(
        "order_lag", "Order time lag", MetricUnit.Days, "days between the days of order n and order n + 1 / customers with an order n + 1", "Klar, order time lag",
        "Rests on those who came back alone: read it beside how many did.", "GetOrderLags");

    public static IReadOnlyList<MetricDefinition> All { get; } = [.. OfWindow, RevenueByStage, StageFlows, CohortRetention, OrderLag];
}
