namespace Perennial.Segmentation.Domain;

/// <summary>An order that counts, and when it was placed.</summary>
internal sealed record Order(DateTimeOffset Time, string Id);

/// <summary>An order, and from when until just before when it counts. One that comes back has several.</summary>
internal sealed record OrderSpan(Order Order, DateTimeOffset From, DateTimeOffset To);

/// <summary>What a customer has bought, from an instant until the next entry of their history.</summary>
/// <param name="OrderCount">Orders that count (F).</param>
/// <param name="LastOrder">The latest of them; of two placed at once, the one with the greater id. Null when none counts.</param>
/// <param name="Value">Orders less refunds, in the shop's currency.</param>
internal sealed record Purchases(DateTimeOffset From, int OrderCount, Order? LastOrder, decimal Value);

/// <summary>
/// A customer's purchases at every instant: a pure fold over the set of their facts, each counting from its own time on. The order
/// in which facts come in, and how often, does not matter.
/// </summary>
internal sealed class PurchaseHistory
{
    static readonly Comparer<Order> ByTime = Comparer<Order>.Create((a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.Id, b.Id));

    readonly List<Purchases> _points = [];

    PurchaseHistory(DateTimeOffset end) => End = end;

    /// <summary>Every order that ever counts, by the time when it was placed.</summary>
    public IReadOnlyList<OrderSpan> Orders { get; private set; } = [];

    /// <summary>When they were erased: from here on they are no customer. <see cref="Calendar.Forever"/> for everybody else.</summary>
    public DateTimeOffset End { get; }

    /// <summary>The time of the customer's first event of any kind.</summary>
    public DateTimeOffset FirstSeen => _points[0].From;

    /// <summary>Ascending by time, at least one, no two neighbours alike; the last one holds for ever.</summary>
    public IReadOnlyList<Purchases> Points => _points;

    /// <param name="firstSeen">Earliest event of any kind; an earlier fact moves it.</param>
    /// <param name="left">When they were erased, if they were.</param>
    public static PurchaseHistory Of(DateTimeOffset firstSeen, IEnumerable<Fact> facts, string shopCurrency, DateTimeOffset? left = null)
    {
        var sorted = facts.Order(Comparer<Fact>.Create(Compare)).DistinctBy(f => f.MessageId).ToList();
        var history = new PurchaseHistory(left ?? Calendar.Forever);
        history._points.Add(new Purchases(sorted.Count > 0 && sorted[0].Time < firstSeen ? sorted[0].Time : firstSeen, 0, null, 0));
        var ledger = new Ledger(shopCurrency);
        for (var i = 0; i < sorted.Count; i++)
        {
            ledger.Add(sorted[i]);
            // Facts of one instant take effect together.
            if (i + 1 == sorted.Count || sorted[i + 1].Time != sorted[i].Time) history.Append(ledger.At(sorted[i].Time));
        }
        history.Orders = ledger.Spans();
        return history;
    }

    /// <summary>Null before the customer was first seen, and after the end.</summary>
    public Purchases? At(DateTimeOffset instant)
    {
        if (instant >= End) return null;
        var (low, high) = (0, _points.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_points[middle].From <= instant) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? null : _points[low - 1];
    }

    /// <summary>What was added to the customer's value, and when: the value at an instant is the sum up to and with it.</summary>
    public IEnumerable<(DateTimeOffset Time, decimal Amount)> ValueChanges()
    {
        var value = 0m;
        foreach (var point in _points)
        {
            if (point.Value == value) continue;
            yield return (point.From, point.Value - value);
            value = point.Value;
        }
    }

    void Append(Purchases next)
    {
        var last = _points[^1];
        if (next == last with { From = next.From }) return;
        if (last.From == next.From) _points.RemoveAt(_points.Count - 1);
        _points.Add(next);
    }

    /// <summary>The order in which facts take effect.</summary>
    internal static int Compare(Fact a, Fact b)
        => a.Time != b.Time ? a.Time.CompareTo(b.Time)
        : a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind)
        : string.CompareOrdinal(a.MessageId, b.MessageId);

    /// <summary>The running state of the fold.</summary>
    sealed class Ledger(string shopCurrency)
    {
        readonly Dictionary<string, OrderState> _orders = new(StringComparer.Ordinal);
        readonly SortedSet<Order> _counting = new(ByTime);
        readonly Dictionary<Order, DateTimeOffset> _countingFrom = [];
        readonly List<OrderSpan> _ended = [];
        decimal _value;

        public Purchases At(DateTimeOffset time) => new(time, _counting.Count, _counting.Max, _value);

        public void Add(Fact fact)
        {
            if (fact.OrderId.Length == 0) AddRefundOfNoOrder(fact);
            else Change(fact.OrderId, fact);
        }

        void AddRefundOfNoOrder(Fact fact)
        {
            if (!OrderState.IsForeignTo(shopCurrency, fact)) _value -= fact.Amount ?? 0;
        }

        void Change(string id, Fact fact)
        {
            var before = _orders.GetValueOrDefault(id, OrderState.Unknown);
            var after = before.After(fact, shopCurrency);
            _orders[id] = after;
            _value += after.Value - before.Value;
            if (before.Counts == after.Counts) return;
            if (after.Counts) Begin(new Order(after.PlacedTime!.Value, id), fact.Time);
            else End(new Order(before.PlacedTime!.Value, id), fact.Time);
        }

        void Begin(Order order, DateTimeOffset time)
        {
            _counting.Add(order);
            _countingFrom[order] = time;
        }

        void End(Order order, DateTimeOffset time)
        {
            _counting.Remove(order);
            if (_countingFrom.Remove(order, out var from) && from < time) _ended.Add(new OrderSpan(order, from, time));
        }

        public List<OrderSpan> Spans()
            => [.. _ended.Concat(_countingFrom.Select(c => new OrderSpan(c.Key, c.Value, Calendar.Forever))).OrderBy(s => s.Order, ByTime).ThenBy(s => s.From)];
    }
}
