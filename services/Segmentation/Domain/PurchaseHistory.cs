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
    readonly List<Purchases> _points;

    PurchaseHistory(DateTimeOffset end, int pointsMax) => (End, _points) = (end, new List<Purchases>(pointsMax));

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
        var sorted = Sorted(facts);
        var history = new PurchaseHistory(left ?? Calendar.Forever, 1 + sorted.Count);
        history._points.Add(new Purchases(sorted.Count > 0 && sorted[0].Time < firstSeen ? sorted[0].Time : firstSeen, 0, null, 0));
        if (sorted.Count == 0) return history;
        var ledger = new Ledger(shopCurrency, sorted.Count);
        for (var i = 0; i < sorted.Count; i++)
        {
            ledger.Add(sorted[i]);
            // Facts of one instant take effect together.
            if (i + 1 == sorted.Count || sorted[i + 1].Time != sorted[i].Time) history.Append(ledger.At(sorted[i].Time));
        }
        history.Orders = ledger.Spans();
        return history;
    }

    /// <summary>In the order in which they take effect, each message once. The way in which a record keeps them already.</summary>
    static IReadOnlyList<Fact> Sorted(IEnumerable<Fact> facts)
    {
        IReadOnlyList<Fact> all = facts as IReadOnlyList<Fact> ?? [.. facts];
        for (var i = 1; i < all.Count; i++)
            if (all[i - 1].MessageId == all[i].MessageId || Compare(all[i - 1], all[i]) > 0) return [.. all.Order(Comparer<Fact>.Create(Compare)).DistinctBy(f => f.MessageId)];
        return all;
    }

    /// <summary>Null before the customer was first seen, and after the end.</summary>
    public Purchases? At(DateTimeOffset instant)
    {
        if (instant >= End) return null;
        return Chronology.CountUntil(_points, instant, static p => p.From) is > 0 and var count ? _points[count - 1] : null;
    }

    /// <summary>The first of the orders that count at an instant; null when none does.</summary>
    public Order? FirstOrderAt(DateTimeOffset instant) => Orders.FirstOrDefault(o => o.From <= instant && instant < o.To)?.Order;

    void Append(Purchases next)
    {
        var last = _points[^1];
        if (next.OrderCount == last.OrderCount && next.LastOrder == last.LastOrder && next.Value == last.Value) return;
        if (last.From == next.From) _points.RemoveAt(_points.Count - 1);
        _points.Add(next);
    }

    /// <summary>The order in which facts take effect.</summary>
    internal static int Compare(Fact a, Fact b)
        => a.Time != b.Time ? a.Time.CompareTo(b.Time)
        : a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind)
        : string.CompareOrdinal(a.MessageId, b.MessageId);

    /// <summary>The running state of the fold. Most customers have few orders, so few are looked through one by one.</summary>
    sealed class Ledger(string shopCurrency, int ordersMax)
    {
        const int FewOrders = 16;

        readonly List<(string Id, OrderState State)> _orders = new(Math.Min(ordersMax, FewOrders));
        readonly List<(Order Order, DateTimeOffset From)> _counting = new(Math.Min(ordersMax, FewOrders));
        List<OrderSpan>? _ended;
        Dictionary<string, int>? _places;
        decimal _value;

        public Purchases At(DateTimeOffset time) => new(time, _counting.Count, _counting.Count == 0 ? null : _counting[^1].Order, _value);

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
            var place = PlaceOf(id);
            var before = _orders[place].State;
            var after = before.After(fact, shopCurrency);
            _orders[place] = (id, after);
            _value += after.Value - before.Value;
            if (before.Counts == after.Counts) return;
            if (after.Counts) Begin(new Order(after.PlacedTime!.Value, id), fact.Time);
            else End(new Order(before.PlacedTime!.Value, id), fact.Time);
        }

        int PlaceOf(string id)
        {
            if (_places is not null && _places.TryGetValue(id, out var known)) return known;
            for (var i = 0; _places is null && i < _orders.Count; i++)
                if (_orders[i].Id == id) return i;
            _orders.Add((id, OrderState.Unknown));
            if (_places is not null) _places.Add(id, _orders.Count - 1);
            else if (_orders.Count == FewOrders) _places = _orders.Index().ToDictionary(o => o.Item.Id, o => o.Index, StringComparer.Ordinal);
            return _orders.Count - 1;
        }

        void Begin(Order order, DateTimeOffset time)
        {
            // By the time when it was placed: the newest, but for orders that come back.
            var place = _counting.Count;
            while (place > 0 && Compare(_counting[place - 1].Order, order) > 0) place--;
            _counting.Insert(place, (order, time));
        }

        void End(Order order, DateTimeOffset time)
        {
            var place = _counting.FindLastIndex(c => c.Order == order);
            if (_counting[place].From < time) (_ended ??= []).Add(new OrderSpan(order, _counting[place].From, time));
            _counting.RemoveAt(place);
        }

        public List<OrderSpan> Spans()
        {
            var spans = new List<OrderSpan>((_ended?.Count ?? 0) + _counting.Count);
            if (_ended is not null) spans.AddRange(_ended);
            foreach (var (order, from) in _counting) spans.Add(new OrderSpan(order, from, Calendar.Forever));
            // Those that count are in order.
            if (_ended is not null) spans.Sort(static (a, b) => Compare(a.Order, b.Order) is not 0 and var order ? order : a.From.CompareTo(b.From));
            return spans;
        }

        static int Compare(Order a, Order b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.Id, b.Id);
    }
}
