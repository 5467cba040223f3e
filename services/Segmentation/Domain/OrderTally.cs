namespace Perennial.Segmentation.Domain;

/// <summary>What customers of a cohort did in a month. Adds up over customers, cohorts, months and days.</summary>
/// <param name="Orders">Orders placed.</param>
/// <param name="Customers">Who placed at least one.</param>
/// <param name="RepeatCustomers">Who placed at least two in the month.</param>
/// <param name="Seconds">Customers whose second order it is.</param>
/// <param name="Thirds">Customers whose third order it is.</param>
/// <param name="SecondDays">Calendar days from first orders to those second ones.</param>
/// <param name="ThirdDays">Calendar days from second orders to those third ones.</param>
/// <param name="LaterDays">Calendar days to every later order from the one before.</param>
/// <param name="Amount">What was added to customers' values in the month, in the shop's currency.</param>
internal readonly record struct OrderSums(long Orders, long Customers, long RepeatCustomers, long Seconds, long Thirds, long SecondDays, long ThirdDays, long LaterDays, decimal Amount)
{
    public static OrderSums operator +(OrderSums a, OrderSums b) => new(
        a.Orders + b.Orders, a.Customers + b.Customers, a.RepeatCustomers + b.RepeatCustomers, a.Seconds + b.Seconds, a.Thirds + b.Thirds,
        a.SecondDays + b.SecondDays, a.ThirdDays + b.ThirdDays, a.LaterDays + b.LaterDays, a.Amount + b.Amount);

    public static OrderSums operator -(OrderSums a) => new(-a.Orders, -a.Customers, -a.RepeatCustomers, -a.Seconds, -a.Thirds, -a.SecondDays, -a.ThirdDays, -a.LaterDays, -a.Amount);
}

/// <summary>What a day changes of what a customer did in a month.</summary>
/// <param name="Day">In the shop's zone, since 0001-01-01: from the end of it on the change holds.</param>
/// <param name="Cohort">Month of the first order that counts; <see cref="OrderTally.NoCohort"/> where none does.</param>
/// <param name="Month">When the order was placed, or the value changed.</param>
internal readonly record struct OrderStep(int Day, int Cohort, int Month, OrderSums Sums);

/// <summary>
/// What a customer adds to a shop's orders by cohort and month, as changes by day: the sum of all changes up to a day is what counts at its end. An order that no longer
/// counts, and a customer who left, are taken back on the day when that happened. Months are numbered; see <see cref="MonthOf"/>.
/// </summary>
/// <remarks>Keeps its lists from one customer to the next. Not for several threads.</remarks>
internal sealed class OrderTally
{
    public const int NoCohort = 0;

    /// <summary>What derivations of it are named. No model's: their ids hold no slash.</summary>
    public const string Name = "tally/orders";

    readonly List<OrderStep> _steps = [];
    readonly List<(DateTimeOffset Time, int Span, bool Begins)> _changes = [];
    // Orders that count, by the place of their spans, which is by the time when they were placed.
    readonly List<int> _counting = [];
    PurchaseHistory _history = null!;
    TimeZoneInfo _zone = TimeZoneInfo.Utc;
    int _sign, _change, _point;

    /// <summary>In the place of a model, as derivations have one: nobody is in a stage of it.</summary>
    public static BoundModel Model { get; } = new(Name, 1, new LifecycleModel("", "", "", [new Stage("all", "", "", "", [], Otherwise: true)]));

    /// <summary>Months since the year 0.</summary>
    public static int MonthOf(DateOnly date) => date.Year * 12 + date.Month - 1;

    /// <summary>The first day of a month.</summary>
    public static DateOnly StartOf(int month) => new(month / 12, month % 12 + 1, 1);

    /// <summary>What <paramref name="after"/> adds less what <paramref name="before"/> added, worked out from the first day on which they differ. Holds until the next call.</summary>
    /// <param name="before">Null for nobody.</param>
    /// <param name="after">Null for nobody.</param>
    public IReadOnlyList<OrderStep> Change(PurchaseHistory? before, PurchaseHistory? after, TimeZoneInfo zone)
    {
        _steps.Clear();
        _zone = zone;
        if (FirstDifference(before, after) is var changed && changed == Calendar.Forever) return _steps;
        var start = Calendar.StartOf(Calendar.DateOf(changed, zone), zone);
        if (before is not null) Walk(before, start, -1);
        if (after is not null) Walk(after, start, 1);
        return _steps;
    }

    /// <summary>Nothing that was so before it is otherwise in the one than in the other.</summary>
    static DateTimeOffset FirstDifference(PurchaseHistory? before, PurchaseHistory? after)
    {
        if (before is null || after is null) return (before ?? after)?.FirstSeen ?? Calendar.Forever;
        var (span, point) = (0, 0);
        while (span < before.Orders.Count && span < after.Orders.Count && before.Orders[span] == after.Orders[span]) span++;
        while (point < before.Points.Count && point < after.Points.Count && before.Points[point].From == after.Points[point].From && before.Points[point].Value == after.Points[point].Value) point++;
        var first = before.End == after.End ? Calendar.Forever : Earlier(before.End, after.End);
        foreach (var history in (ReadOnlySpan<PurchaseHistory>)[before, after])
        {
            for (var i = span; i < history.Orders.Count; i++) first = Earlier(first, history.Orders[i].From);
            if (point < history.Points.Count) first = Earlier(first, history.Points[point].From);
        }
        return first;
    }

    static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    /// <summary>Adds the steps of a history from the beginning of a day on.</summary>
    void Walk(PurchaseHistory history, DateTimeOffset start, int sign)
    {
        (_history, _sign) = (history, sign);
        if (history.End < start) return;
        Begin(start);
        for (var next = NextTime(); next < Calendar.Forever; next = NextTime())
        {
            var date = Calendar.DateOf(next, _zone);
            var until = Calendar.StartOf(date.AddDays(1), _zone);
            AddDay(date.DayNumber, until);
            if (history.End < until) return;
        }
    }

    /// <summary>What counts just before an instant, and what changes from it on.</summary>
    void Begin(DateTimeOffset start)
    {
        _changes.Clear();
        _counting.Clear();
        (_change, _point) = (0, 0);
        for (var i = 0; i < _history.Orders.Count; i++)
        {
            var span = _history.Orders[i];
            if (span.To < start) continue;
            if (span.From < start) _counting.Add(i);
            else _changes.Add((span.From, i, true));
            if (span.To < Calendar.Forever) _changes.Add((span.To, i, false));
        }
        if (_changes.Count > 1) _changes.Sort();
        while (_point < _history.Points.Count && _history.Points[_point].From < start) _point++;
    }

    DateTimeOffset NextTime()
    {
        var next = _history.End;
        if (_change < _changes.Count) next = Earlier(next, _changes[_change].Time);
        return _point < _history.Points.Count ? Earlier(next, _history.Points[_point].From) : next;
    }

    void AddDay(int day, DateTimeOffset until)
    {
        var last = _change;
        while (last < _changes.Count && _changes[last].Time < until) last++;
        var leaves = _history.End < until;
        var (count, value) = (_counting.Count, ValueBefore(_point));
        var rewrites = leaves || !AddToTheEnd(last);
        if (rewrites) AddAll(day, -_sign);
        for (; _change < last; _change++) Take(_changes[_change]);
        while (_point < _history.Points.Count && _history.Points[_point].From < until) _point++;
        if (leaves) return;
        if (rewrites)
        {
            AddAll(day, _sign);
            return;
        }
        for (var i = count; i < _counting.Count; i++) AddOrder(i, day, _sign);
        if (ValueBefore(_point) - value is var amount and not 0) Add(day, MonthOf(DateOnly.FromDayNumber(day)), amount, _sign);
    }

    /// <summary>Whether all that changes before a place are orders behind those that count, which leave what is counted as it is.</summary>
    bool AddToTheEnd(int last)
    {
        if (_change == last) return true;
        // What was worth something without an order comes to a cohort only now.
        if (_counting.Count == 0 && HasValueBefore(_point)) return false;
        var newest = _counting.Count == 0 ? -1 : _counting[^1];
        for (var i = _change; i < last; i++)
        {
            if (!_changes[i].Begins || _changes[i].Span < newest) return false;
            newest = _changes[i].Span;
        }
        return true;
    }

    void Take((DateTimeOffset Time, int Span, bool Begins) change)
    {
        var place = _counting.BinarySearch(change.Span);
        if (change.Begins) _counting.Insert(~place, change.Span);
        else _counting.RemoveAt(place);
    }

    /// <summary>All that counts, as done on a day.</summary>
    void AddAll(int day, int sign)
    {
        for (var i = 0; i < _counting.Count; i++) AddOrder(i, day, sign);
        for (var i = 0; i < _point; i++)
            if (ValueBefore(i + 1) - ValueBefore(i) is var amount and not 0) Add(day, MonthOf(Calendar.DateOf(_history.Points[i].From, _zone)), amount, sign);
    }

    void AddOrder(int place, int day, int sign)
    {
        var date = DateOf(place);
        var month = MonthOf(date);
        if (place == 0)
        {
            Add(day, month, month, new OrderSums(1, 1, 0, 0, 0, 0, 0, 0, 0), sign);
            return;
        }
        var before = DateOf(place - 1);
        var days = date.DayNumber - before.DayNumber;
        var isFirst = MonthOf(before) != month;
        var isSecond = !isFirst && (place == 1 || MonthOf(DateOf(place - 2)) != month);
        Add(day, MonthOf(DateOf(0)), month, new OrderSums(
            1, isFirst ? 1 : 0, isSecond ? 1 : 0,
            place == 1 ? 1 : 0, place == 2 ? 1 : 0,
            place == 1 ? days : 0, place == 2 ? days : 0, place > 2 ? days : 0, 0), sign);
    }

    void Add(int day, int month, decimal amount, int sign) => Add(day, _counting.Count == 0 ? NoCohort : MonthOf(DateOf(0)), month, new OrderSums(0, 0, 0, 0, 0, 0, 0, 0, amount), sign);

    void Add(int day, int cohort, int month, OrderSums sums, int sign) => _steps.Add(new OrderStep(day, cohort, month, sign > 0 ? sums : -sums));

    DateOnly DateOf(int place) => Calendar.DateOf(_history.Orders[_counting[place]].Order.Time, _zone);

    /// <summary>The value that holds before a point.</summary>
    decimal ValueBefore(int point) => point == 0 ? 0 : _history.Points[point - 1].Value;

    bool HasValueBefore(int point)
    {
        for (var i = 1; i <= point; i++)
            if (ValueBefore(i) != 0) return true;
        return false;
    }
}
