namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>
/// One customer's orders after some of their facts, taken in order of time, and what that adds to tallies. An order adds by the orders before it alone, so one
/// that is later than all others, the usual case, takes nothing back.
/// </summary>
internal sealed class TallyLedger(string shopCurrency, TallyPlan plan)
{
    // Beyond, nobody will see an order go out of a window.
    static readonly int LastDay = new DateOnly(9999, 12, 25).DayNumber;

    static readonly Comparer<Placed> ByTime = Comparer<Placed>.Create((a, b)
        => a.Order.Time != b.Order.Time ? a.Order.Time.CompareTo(b.Order.Time) : string.CompareOrdinal(a.Order.Id, b.Order.Id));

    readonly List<Contribution> _contributions = [];
    readonly List<Placed> _counting = [];
    readonly List<Line> _lines = [];
    readonly Dictionary<string, int> _lineOf = new(StringComparer.Ordinal);
    DateTimeOffset _now;
    int _today;

    public IReadOnlyList<Contribution> Contributions => _contributions;

    /// <summary>By <see cref="PurchaseHistory.Compare"/> not before any that was added.</summary>
    public void Add(Fact fact)
    {
        if (fact.Time != _now) (_now, _today) = (fact.Time, Day(fact.Time));
        if (fact.OrderId.Length > 0) Change(fact);
        else if (!OrderState.IsForeignTo(shopCurrency, fact) && fact.Amount is { } amount) Book(new Line(OrderState.Unknown, _today, -amount));
    }

    void Book(Line line)
    {
        _lines.Add(line);
        AddRevenue(line, 1);
    }

    void Change(Fact fact)
    {
        if (!_lineOf.TryGetValue(fact.OrderId, out var place))
        {
            _lineOf[fact.OrderId] = place = _lines.Count;
            _lines.Add(new Line(OrderState.Unknown, _today, 0));
        }
        var before = _lines[place];
        var state = before.State.After(fact, shopCurrency);
        var isPlaced = before.State.PlacedTime is null && state.PlacedTime is not null;
        var after = new Line(state, isPlaced ? _today : before.Day, state.Value);
        if ((before.Day, before.Amount) != (after.Day, after.Amount))
        {
            AddRevenue(before, -1);
            AddRevenue(after, 1);
        }
        _lines[place] = after;
        if (before.State.Counts != after.State.Counts) Count(new Placed(new Order(after.State.PlacedTime!.Value, fact.OrderId), after.Day), after.State.Counts);
    }

    /// <summary>An order begins to count, or ceases to.</summary>
    void Count(Placed order, bool counts)
    {
        var place = _counting.BinarySearch(order, ByTime);
        if (place < 0) place = ~place;
        var cohort = Cohort;
        AddOrdersFrom(place, -1);
        if (counts) _counting.Insert(place, order);
        else _counting.RemoveAt(place);
        if (Cohort != cohort)
        {
            foreach (var line in _lines) AddCohortRevenue(cohort, line, -1);
            foreach (var line in _lines) AddCohortRevenue(Cohort, line, 1);
        }
        AddOrdersFrom(place, 1);
    }

    /// <summary>The month of the first order that counts.</summary>
    Month? Cohort => _counting.Count == 0 ? null : _counting[0].Month;

    void AddRevenue(Line line, int sign)
    {
        Add(TallyKind.Day, 0, line.Day, sign * new Measures(0, Revenue: line.Amount));
        AddCohortRevenue(Cohort, line, sign);
    }

    /// <summary>What was refunded before the first order belongs to its month.</summary>
    void AddCohortRevenue(Month? cohort, Line line, int sign)
    {
        if (cohort is { } first) Add(TallyKind.Cohort, first.Index, Math.Max(first.Index, line.Month.Index), sign * new Measures(0, Revenue: line.Amount));
    }

    void AddOrdersFrom(int place, int sign)
    {
        for (var i = place; i < _counting.Count; i++) AddOrder(i, sign);
    }

    void AddOrder(int i, int sign)
    {
        var (order, isFirst) = (_counting[i], i == 0);
        var gap = isFirst ? 0 : order.Day - _counting[i - 1].Day;
        Add(TallyKind.Day, 0, order.Day, sign * new Measures(isFirst ? 1 : 0, Orders: 1, Days: gap));
        Add(TallyKind.Cohort, _counting[0].Month.Index, order.Month.Index, sign * new Measures(IsNthOfMonth(1, i) ? 1 : 0, Orders: 1));
        for (var n = 1; n <= 2; n++)
            if (IsNthOfMonth(n, i)) Add(TallyKind.Month, n, order.Month.Index, sign * new Measures(1));
        if (!isFirst && i <= OrderLags.Max) Add(TallyKind.Lag, i, OrderLags.ClassOf(gap), sign * new Measures(1, Days: gap));
        foreach (var length in plan.Lengths)
        {
            AddStay(TallyKind.Entered, TallyKind.Left, 1, length, i, sign);
            AddStay(TallyKind.EnteredTwice, TallyKind.LeftTwice, 2, length, i, sign);
        }
    }

    bool IsNthOfMonth(int n, int i)
    {
        var month = _counting[i].Month;
        return i - n + 1 >= 0 && _counting[i - n + 1].Month == month && (i - n < 0 || _counting[i - n].Month != month);
    }

    /// <summary>With the order, the latest n of them lie in one window until the first of these is out of it.</summary>
    void AddStay(TallyKind entered, TallyKind left, int n, int length, int i, int sign)
    {
        var day = _counting[i].Day;
        if (LastDayWith(n, length, i) is not { } until || until < day) return;
        // Who was in goes on, and does not leave when they would have.
        if (LastDayWith(n, length, i - 1) is { } earlier && earlier >= day) Leave(earlier, -sign);
        else Add(entered, length, day, new Measures(sign));
        Leave(until, sign);

        void Leave(int last, int leaving)
        {
            if (last < LastDay) Add(left, length, last, new Measures(leaving), Math.Max(last, _today));
        }
    }

    int? LastDayWith(int n, int length, int i) => i - n + 1 < 0 ? null : _counting[i - n + 1].Day + length - 1;

    void Add(TallyKind kind, int a, int b, Measures amount, int? day = null)
    {
        if (!amount.IsZero) _contributions.Add(new Contribution(new TallyKey(kind, a, b), day ?? _today, _now, amount));
    }

    int Day(DateTimeOffset time) => Calendar.DateOf(time, plan.Zone).DayNumber;

    /// <summary>An order that counts.</summary>
    readonly record struct Placed(Order Order, int Day)
    {
        public Month Month { get; } = Month.Of(DateOnly.FromDayNumber(Day));
    }

    /// <summary>What an order, or a refund of none, adds to revenue. Its day is that of the order; until it turns up, of what was first heard of it.</summary>
    sealed record Line(OrderState State, int Day, decimal Amount)
    {
        public Month Month { get; } = Month.Of(DateOnly.FromDayNumber(Day));
    }
}
