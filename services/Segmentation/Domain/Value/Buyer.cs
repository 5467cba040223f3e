namespace Perennial.Segmentation.Domain.Value;

/// <summary>
/// Shop-local dates of instants, as <see cref="Calendar.DateOf"/> answers them, for millions of instants: the starts of the days between two instants are computed
/// once.
/// </summary>
internal sealed class LocalDays
{
    const long DayMillis = 86_400_000;

    readonly long[] _starts;
    readonly int _first;

    /// <param name="from">No instant asked for is earlier than the day before this one's.</param>
    /// <param name="until">None is later.</param>
    public LocalDays(TimeZoneInfo zone, DateTimeOffset from, DateTimeOffset until)
    {
        _first = Calendar.DateOf(from, zone).DayNumber - 1;
        var last = Calendar.DateOf(until, zone).DayNumber + 1;
        _starts = [.. Enumerable.Range(_first, last - _first + 1).Select(d => Calendar.StartOf(DateOnly.FromDayNumber(d), zone).ToUnixTimeMilliseconds())];
    }

    /// <summary>The day number of the date that an instant belongs to: the latest day that has begun.</summary>
    public int Of(DateTimeOffset instant)
    {
        var time = instant.ToUnixTimeMilliseconds();
        var day = (int)Math.Clamp((time - _starts[0]) / DayMillis, 0, _starts.Length - 1);
        while (day + 1 < _starts.Length && _starts[day + 1] <= time) day++;
        while (day > 0 && _starts[day] > time) day--;
        return _first + day;
    }
}

/// <summary>A customer's orders that count at an instant, and their value, folded from facts as <see cref="PurchaseHistory"/> does, without what it keeps of the time between.</summary>
/// <param name="Orders">Ascending by day.</param>
/// <param name="Value">Orders less refunds, in the shop's currency.</param>
internal sealed record Buyer(PlacedOrder[] Orders, decimal Value)
{
    static readonly Comparer<Fact> ByTime = Comparer<Fact>.Create(PurchaseHistory.Compare);

    /// <param name="facts">Of one customer, none after the instant; each message once. They are sorted.</param>
    public static Buyer Of(List<Fact> facts, string shopCurrency, LocalDays days)
    {
        // Most customers of most shops have ordered once.
        if (facts is [{ OrderId.Length: > 0 } only])
        {
            var state = OrderState.Unknown.After(only, shopCurrency);
            return new Buyer(state.Counts ? [new PlacedOrder(days.Of(only.Time), (double)state.Value)] : [], state.Value);
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
            if (order.Counts) placed.Add(new PlacedOrder(days.Of(order.PlacedTime!.Value), (double)order.Value));
        }
        // Insertion order is by first fact, and a refund may come before its order.
        placed.Sort((a, b) => a.Day.CompareTo(b.Day));
        return new Buyer([.. placed], value);
    }
}
