namespace Perennial.Segmentation.Domain.Value;

/// <summary>A customer's orders that count at an instant, and their value, folded from facts as <see cref="PurchaseHistory"/> does, without what it keeps of the time between.</summary>
/// <param name="Orders">Ascending by day.</param>
/// <param name="Value">Orders less refunds, in the shop's currency.</param>
internal sealed record Buyer(PlacedOrder[] Orders, decimal Value)
{
    static readonly Comparer<Fact> ByTime = Comparer<Fact>.Create(PurchaseHistory.Compare);

    /// <param name="facts">Of one customer, none after the instant; each message once. They are sorted.</param>
    public static Buyer Of(List<Fact> facts, string shopCurrency, TimeZoneInfo zone)
    {
        // Most customers of most shops have ordered once.
        if (facts is [{ OrderId.Length: > 0 } only])
        {
            var state = OrderState.Unknown.After(only, shopCurrency);
            return new Buyer(state.Counts ? [new PlacedOrder(Calendar.DateOf(only.Time, zone).DayNumber, (double)state.Value)] : [], state.Value);
        }
        facts.Sort(ByTime);
        var orders = new Dictionary<string, OrderState>(facts.Count, StringComparer.Ordinal);
        var value = 0m;
        foreach (var fact in facts)
        {
            if (fact.OrderId.Length > 0) orders[fact.OrderId] = orders.GetValueOrDefault(fact.OrderId, OrderState.Unknown).After(fact, shopCurrency);
            else if (!OrderState.IsForeignTo(shopCurrency, fact)) value -= fact.Amount ?? 0;
        }
        var placed = new List<PlacedOrder>(orders.Count);
        foreach (var order in orders.Values)
        {
            value += order.Value;
            if (order.Counts) placed.Add(new PlacedOrder(Calendar.DateOf(order.PlacedTime!.Value, zone).DayNumber, (double)order.Value));
        }
        // Insertion order is by first fact, and a refund may come before its order.
        placed.Sort((a, b) => a.Day.CompareTo(b.Day));
        return new Buyer([.. placed], value);
    }
}
