namespace Perennial.Load.Log;

/// <summary>
/// A year of everything that happens in a shop, in the shares of <see cref="EventMix"/>: sessions that look, search, fill a cart and now
/// and then order; letters that are sent, opened and clicked.
/// </summary>
sealed class MixHistory
{
    const int Hour = 3_600, Day = 24 * Hour;
    readonly LogSpec _spec;
    readonly Random _random;
    readonly List<LogEvent> _events;
    readonly long _start, _end;

    MixHistory(LogSpec spec)
    {
        (_spec, _random, _events) = (spec, new Random(spec.Seed), new List<LogEvent>(spec.Events + spec.Events / 50));
        (_start, _end) = (LogEvent.SecondOf(spec.Start), LogEvent.SecondOf(LogSpec.End));
    }

    public static List<LogEvent> Generate(LogSpec spec)
    {
        var history = new MixHistory(spec);
        var sessions = (int)(spec.Events / EventMix.EventsPerSession);
        for (var i = 0; i < sessions; i++) history.AddSession();
        for (var letters = Share(sessions, EventMix.SentCount); letters > 0; letters--) history.AddLetter();
        return history._events;
    }

    void AddSession()
    {
        var (customer, second) = (Customer(), Time());
        if (Happens(EventMix.IdentifiedCount, EventMix.SessionCount)) Add(second, customer, EventKind.Identified);
        Add(second, customer, EventKind.SessionStarted);
        AddSome(ref second, customer, EventKind.PageViewed, EventMix.PageCount);
        AddSome(ref second, customer, EventKind.Searched, EventMix.SearchCount);
        AddSome(ref second, customer, EventKind.ProductViewed, EventMix.ProductCount);
        if (Happens(EventMix.ConsentCount, EventMix.SessionCount)) Add(Next(ref second), customer, EventKind.ConsentChanged);
        AddPurchase(second, customer);
    }

    /// <summary>A funnel: who orders has checked out, who checks out has filled a cart.</summary>
    void AddPurchase(long second, int customer)
    {
        var reached = _random.Next(EventMix.SessionCount);
        if (reached >= EventMix.CartCount) return;
        Add(Next(ref second), customer, EventKind.AddedToCart);
        if (Happens(EventMix.CartRemovalCount, EventMix.CartCount)) Add(Next(ref second), customer, EventKind.RemovedFromCart);
        if (reached >= EventMix.CheckoutCount) return;
        Add(Next(ref second), customer, EventKind.CheckoutStarted);
        if (reached >= EventMix.OrderCount) return;
        Add(Next(ref second), customer, EventKind.Ordered);
        if (Happens(EventMix.CancelledCount, EventMix.OrderCount)) Add(second + _random.Next(Hour, Day), customer, EventKind.Cancelled);
        else if (Happens(EventMix.ReturnedCount, EventMix.OrderCount - EventMix.CancelledCount)) Add(second + _random.Next(3 * Day, 20 * Day), customer, EventKind.Returned);
        if (Happens(EventMix.NpsCount, EventMix.OrderCount)) Add(second + _random.Next(5 * Day, 15 * Day), customer, EventKind.NpsAnswered);
    }

    void AddLetter()
    {
        var (customer, second) = (Customer(), Time());
        Add(second, customer, EventKind.EmailSent);
        if (!Happens(EventMix.DeliveredCount, EventMix.SentCount)) return;
        Add(second + 2, customer, EventKind.EmailDelivered);
        if (!Happens(EventMix.OpenedCount, EventMix.DeliveredCount)) return;
        Add(second += _random.Next(Hour, Day), customer, EventKind.EmailOpened);
        if (Happens(EventMix.ClickedCount, EventMix.OpenedCount)) Add(second + 20, customer, EventKind.EmailClicked);
        else if (Happens(EventMix.UnsubscribedCount, EventMix.OpenedCount - EventMix.ClickedCount)) Add(second + 30, customer, EventKind.EmailUnsubscribed);
    }

    /// <summary>As many as the table has in a session, on average.</summary>
    void AddSome(ref long second, int customer, EventKind kind, int count)
    {
        for (var left = count + _random.Next(EventMix.SessionCount); left >= EventMix.SessionCount; left -= EventMix.SessionCount) Add(Next(ref second), customer, kind);
    }

    // What would happen after the end of the year did not happen yet.
    void Add(long second, int customer, EventKind kind)
    {
        if (second < _end) _events.Add(new LogEvent(second, customer, kind));
    }

    long Next(ref long second) => second += _random.Next(2, 90);

    bool Happens(int count, int of) => _random.Next(of) < count;

    int Customer() => _random.Next(_spec.Customers);

    long Time() => _random.NextInt64(_start, _end);

    static long Share(int sessions, int count) => (long)sessions * count / EventMix.SessionCount;
}
