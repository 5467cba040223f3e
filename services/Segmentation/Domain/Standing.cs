namespace Perennial.Segmentation.Domain;

/// <summary>
/// A customer at an instant, apart from what the date makes of it: days are counted from here. Of all features, only through this are values read.
/// </summary>
internal sealed class Standing
{
    readonly History _history;
    readonly TimeZoneInfo _zone;
    readonly DateOnly? _lastOrderDate;

    // A date costs a look into the zone's rules; one kind is asked for again and again, if any.
    (ActivityKind Kind, DateOnly? Date) _lastAsked;

    // Worked out when it is first asked for.
    List<(DateOnly Day, TouchKind Kind)>? _touchDays;

    Standing(History history, Purchases purchases, DateTimeOffset instant, TimeZoneInfo zone)
    {
        (_history, Purchases, Instant, _zone) = (history, purchases, instant, zone);
        _lastOrderDate = DateOf(purchases.LastOrder?.Time);
    }

    public DateTimeOffset Instant { get; }
    public Purchases Purchases { get; }

    /// <summary>Null before the customer was first seen, and after the end.</summary>
    public static Standing? At(History history, DateTimeOffset instant, TimeZoneInfo zone)
        => history.Purchases.At(instant) is { } purchases ? new Standing(history, purchases, instant, zone) : null;

    /// <summary>Null where the customer has no value.</summary>
    /// <param name="today">On or after the date of the instant, which nothing but the clock has passed since.</param>
    /// <param name="population">Holds the part that the feature needs.</param>
    public long? Value(Axis axis, DateOnly today, Population? population) => axis.Feature switch
    {
        Feature.OrderCount => Purchases.OrderCount,
        Feature.DaysSinceLastOrder or Feature.DaysSinceLastView or Feature.DaysSinceLastVisit or Feature.DaysSinceLastEvent => Days(LastDate(axis.Feature), today),
        Feature.DaysBeyondLapse => Days(LastDate(axis.Feature), today) - population!.LapseDays,
        Feature.OrdersWithin => OrdersSince(Back(today, axis.WindowDays)).Count(),
        Feature.Spend => axis.Traits.Down(Purchases.Value),
        Feature.SpendRelative => axis.Traits.Down(Purchases.Value / population!.AverageSpend!.Value),
        Feature.RecencyScore => Days(LastDate(axis.Feature), today) is { } days ? RfmCuts.PerScore + 2 - RfmCuts.Score(population!.Cuts!.Recency, days) : null,
        Feature.FrequencyScore => Purchases.LastOrder is null ? null : RfmCuts.Score(population!.Cuts!.Frequency, Purchases.OrderCount),
        Feature.MonetaryScore => Purchases.LastOrder is null ? null : RfmCuts.Score(population!.Cuts!.Monetary, Purchases.Value),
        Feature.ReferralCount or Feature.ReviewCount or Feature.ShareCount => Opinions(axis.Feature).Count(),
        Feature.LastReviewRating or Feature.LastNpsScore => Opinions(axis.Feature).LastOrDefault() is { Score: { } score } ? axis.Traits.Down(score) : null,
        Feature.EngagementScore => EngagementScore.At(TouchDays, today),
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis.Feature, "No such feature."),
    };

    /// <summary>Adds the dates after <paramref name="today"/> on which the value may enter or leave bounds that begin at one of these, in no order.</summary>
    /// <param name="starts">In steps: where bounds begin, or end before.</param>
    public void AddTurns(List<DateOnly> turns, Axis axis, IReadOnlyList<long> starts, DateOnly today, Population? population)
    {
        if (axis.Feature == Feature.OrdersWithin)
        {
            foreach (var order in OrdersSince(Back(today, axis.WindowDays))) Add(DateOf(order.Time)!.Value.DayNumber + axis.WindowDays + 1L);
        }
        else if (axis.Feature == Feature.EngagementScore)
        {
            foreach (var start in starts)
                if (EngagementScore.FallsBelow(TouchDays, start, today) is { } day) Add(day);
        }
        else if (LastDate(axis.Feature) is { DayNumber: var last })
        {
            if (axis.Feature == Feature.RecencyScore)
            {
                foreach (var cut in population!.Cuts!.Recency) Add(last + (long)decimal.Floor(cut) + 1);
                return;
            }
            var beyond = axis.Feature == Feature.DaysBeyondLapse ? population!.LapseDays!.Value : 0;
            for (var i = 0; i < starts.Count; i++) Add(last + beyond + starts[i]);
        }

        void Add(long day)
        {
            if (day > today.DayNumber && day < LastDay) turns.Add(DateOnly.FromDayNumber((int)day));
        }
    }

    // The last days before Calendar.Forever are not worth the care that a zone's offset would need.
    internal static readonly int LastDay = new DateOnly(9999, 12, 25).DayNumber;

    /// <summary>Messages of the events that a value rests on, newest first.</summary>
    public IEnumerable<string> Evidence(Axis axis, DateOnly today) => axis.Feature switch
    {
        Feature.OrderCount or Feature.FrequencyScore => OrdersSince(DateOnly.MinValue).Select(Placing),
        Feature.OrdersWithin => OrdersSince(Back(today, axis.WindowDays)).Select(Placing),
        Feature.DaysSinceLastOrder or Feature.DaysBeyondLapse or Feature.RecencyScore => Purchases.LastOrder is { } last ? [Placing(last)] : [],
        Feature.Spend or Feature.SpendRelative or Feature.MonetaryScore => _history.Facts.Where(f => f.Time <= Instant).Reverse().Select(f => f.MessageId),
        Feature.DaysSinceLastView or Feature.DaysSinceLastVisit or Feature.DaysSinceLastEvent => LastActivity(Kind(axis.Feature)) is { } last ? [last.MessageId] : [],
        Feature.LastReviewRating or Feature.LastNpsScore => Opinions(axis.Feature).TakeLast(1).Select(s => s.MessageId),
        Feature.EngagementScore => _history.ActivitiesUntil(Instant).Where(a => a.Touch != default).Reverse().Select(a => a.MessageId),
        _ => Opinions(axis.Feature).Reverse().Select(s => s.MessageId),
    };

    /// <summary>Of the orders that count, the newest first.</summary>
    public IEnumerable<DateOnly> OrderDates => OrdersSince(DateOnly.MinValue).Select(o => DateOf(o.Time)!.Value);

    /// <summary>Those that count, the newest first.</summary>
    IEnumerable<Order> OrdersSince(DateOnly date)
    {
        // By the time they were placed, so the walk ends at the window.
        for (var i = _history.Purchases.Orders.Count - 1; i >= 0; i--)
        {
            var span = _history.Purchases.Orders[i];
            if (span.Order.Time > Instant) continue;
            if (date > DateOnly.MinValue && DateOf(span.Order.Time) < date) yield break;
            if (span.From <= Instant && Instant < span.To) yield return span.Order;
        }
    }

    IEnumerable<Opinion> Opinions(Feature feature) => _history.Opinions.Count == 0 ? [] : _history.Opinions.Where(s => s.Time <= Instant && feature switch
    {
        Feature.ReferralCount => s.Kind == OpinionKind.Referral,
        Feature.ReviewCount => s.Kind == OpinionKind.Review,
        Feature.LastReviewRating => s is { Kind: OpinionKind.Review, Score: not null },
        Feature.ShareCount => s.Kind == OpinionKind.Share,
        _ => s.Kind == OpinionKind.NpsAnswer,
    });

    string Placing(Order order)
    {
        var i = 0;
        while (_history.Facts[i] is var f && !(f.OrderId == order.Id && f.Time == order.Time && f.Kind is FactKind.Ordered or FactKind.Updated)) i++;
        return _history.Facts[i].MessageId;
    }

    /// <summary>See <see cref="EngagementScore.Level"/>.</summary>
    public long? EngagementLevel => EngagementScore.Level(TouchDays);

    List<(DateOnly Day, TouchKind Kind)> TouchDays => _touchDays ??= EngagementScore.DaysOf(Touches);

    /// <summary>What the customer did up to the instant, by the shop's days, in no order.</summary>
    public IEnumerable<(DateOnly Day, Touch Touch)> Touches => _history.TouchesUntil(Instant).Select(t => (Calendar.DateOf(t.Time, _zone), t.Touch));

    Activity? LastActivity(ActivityKind kind) => _history.Last(kind, Instant);

    DateOnly? LastDate(Feature feature)
    {
        if (feature is not (Feature.DaysSinceLastView or Feature.DaysSinceLastVisit or Feature.DaysSinceLastEvent)) return _lastOrderDate;
        var kind = Kind(feature);
        if (_lastAsked.Kind != kind) _lastAsked = (kind, DateOf(LastActivity(kind)?.Time));
        return _lastAsked.Date;
    }

    static ActivityKind Kind(Feature feature) => feature switch
    {
        Feature.DaysSinceLastView => ActivityKind.View,
        Feature.DaysSinceLastVisit => ActivityKind.Visit,
        _ => ActivityKind.Event,
    };

    DateOnly? DateOf(DateTimeOffset? time) => time is { } instant ? Calendar.DateOf(instant, _zone) : null;

    static DateOnly Back(DateOnly date, int days) => DateOnly.FromDayNumber(Math.Max(0, date.DayNumber - days));

    static long? Days(DateOnly? from, DateOnly to) => to.DayNumber - from?.DayNumber;
}
