namespace Perennial.Segmentation.Domain;

/// <summary>All that is known of a customer. What it answers at an instant depends on nothing after it.</summary>
internal sealed class History
{
    readonly IReadOnlyList<Identification> _identifications;
    Activity[]? _visits, _views, _events;
    TraitHistory? _traits;

    History(PurchaseHistory purchases, IReadOnlyList<Fact> facts, IReadOnlyList<Activity> activities, IReadOnlyList<Opinion> opinions, IReadOnlyList<Identification> identifications, string currency)
        => (Purchases, Facts, Activities, Opinions, _identifications, Currency) = (purchases, facts, activities, opinions, identifications, currency);

    public PurchaseHistory Purchases { get; }

    /// <summary>By time, each message once.</summary>
    public IReadOnlyList<Fact> Facts { get; }

    /// <summary>By time.</summary>
    public IReadOnlyList<Activity> Activities { get; }

    /// <summary>By time, each message once.</summary>
    public IReadOnlyList<Opinion> Opinions { get; }

    /// <summary>Worked out when first asked for.</summary>
    public TraitHistory Traits => _traits ??= TraitHistory.Of(_identifications);

    public string Currency { get; }
    public DateTimeOffset FirstSeen => Purchases.FirstSeen;
    public DateTimeOffset End => Purchases.End;

    /// <param name="firstSeen">Earliest event of any kind; anything earlier moves it.</param>
    /// <param name="left">When they were erased, if they were.</param>
    public static History Of(DateTimeOffset firstSeen, IEnumerable<Fact> facts, string currency, DateTimeOffset? left = null, IEnumerable<Activity>? activities = null, IEnumerable<Opinion>? opinions = null, IEnumerable<Identification>? traits = null)
    {
        var sortedFacts = Sorted(facts, static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time) : string.CompareOrdinal(a.MessageId, b.MessageId), static f => f.MessageId);
        var sortedActivities = Sorted(activities ?? [], Activity.Compare, null);
        var sortedOpinions = Sorted(opinions ?? [], Opinion.Compare, static o => o.MessageId);
        if (sortedActivities is [var activity, ..] && activity.Time < firstSeen) firstSeen = activity.Time;
        if (sortedOpinions is [var opinion, ..] && opinion.Time < firstSeen) firstSeen = opinion.Time;
        return new History(PurchaseHistory.Of(firstSeen, sortedFacts, currency, left), sortedFacts, sortedActivities, sortedOpinions, Sorted(traits ?? [], Identification.Compare, static i => i.MessageId), currency);
    }

    /// <summary>What is in order already, as a record keeps it, is taken as it is.</summary>
    /// <param name="message">By which each is there once.</param>
    static IReadOnlyList<T> Sorted<T>(IEnumerable<T> items, Comparison<T> compare, Func<T, string>? message)
    {
        IReadOnlyList<T> all = items as IReadOnlyList<T> ?? [.. items];
        for (var i = 1; i < all.Count; i++)
        {
            if (compare(all[i - 1], all[i]) < 0 || (message is null && compare(all[i - 1], all[i]) == 0)) continue;
            var sorted = all.Order(Comparer<T>.Create(compare));
            return [.. message is null ? sorted : sorted.DistinctBy(message)];
        }
        return all;
    }

    /// <summary>The same with something more.</summary>
    public History With(IReadOnlyList<Fact> facts, IReadOnlyList<Activity> activities, IReadOnlyList<Opinion> opinions)
        => Of(FirstSeen, Joined(Facts, facts), Currency, End == Calendar.Forever ? null : End, Joined(Activities, activities), Joined(Opinions, opinions), _identifications);

    static IReadOnlyList<T> Joined<T>(IReadOnlyList<T> all, IReadOnlyList<T> more) => more.Count == 0 ? all : [.. all, .. more];

    /// <summary>Every activity up to an instant, orders and what became of them among them, by time.</summary>
    public IEnumerable<Activity> ActivitiesUntil(DateTimeOffset instant)
        => (_events ??= [.. Facts.Select(OfFact).Concat(Activities).Order(Comparer<Activity>.Create(Activity.Compare))]).TakeWhile(a => a.Time <= instant);

    /// <summary>What a customer did up to an instant that says how engaged they are, in no order. An order is an action.</summary>
    public IEnumerable<(DateTimeOffset Time, Touch Touch)> TouchesUntil(DateTimeOffset instant)
    {
        for (var i = 0; i < Facts.Count; i++)
            if (Facts[i] is var fact && fact.Time <= instant && TouchOf(fact) is var touch && touch != default) yield return (fact.Time, touch);
        for (var i = 0; i < Activities.Count && Activities[i].Time <= instant; i++)
            if (Activities[i] is var activity && activity.Touch != default) yield return (activity.Time, activity.Touch);
    }

    /// <summary>The latest activity of at least that kind at an instant.</summary>
    public Activity? Last(ActivityKind kind, DateTimeOffset instant) => kind switch
    {
        // What somebody bought, cancelled or sent back is an event, too.
        ActivityKind.Event => LastFact(instant) is { } fact && (LastOf(Activities, instant) is not { } last || Activity.Compare(fact, last) > 0) ? fact : LastOf(Activities, instant),
        ActivityKind.Visit => LastOf(_visits ??= OfKind(kind), instant),
        _ => LastOf(_views ??= OfKind(kind), instant),
    };

    Activity[] OfKind(ActivityKind kind) => Activities.Count == 0 ? [] : [.. Activities.Where(a => a.Kind >= kind)];

    Activity? LastFact(DateTimeOffset instant)
    {
        var last = default(Fact);
        for (var i = Facts.Count - 1; i >= 0 && (last is null || Facts[i].Time == last.Time); i--)
            if (Facts[i].Time <= instant && (last is null || string.CompareOrdinal(Facts[i].MessageId, last.MessageId) > 0)) last = Facts[i];
        return last is null ? null : OfFact(last);
    }

    static Activity OfFact(Fact fact) => new(ActivityKind.Event, fact.Time, fact.MessageId, TouchOf(fact));

    static Touch TouchOf(Fact fact) => fact.Kind == FactKind.Ordered ? new Touch(TouchKind.Action) : default;

    static Activity? LastOf(IReadOnlyList<Activity> activities, DateTimeOffset instant)
        => Chronology.CountUntil(activities, instant, static a => a.Time) is > 0 and var count ? activities[count - 1] : null;

    /// <summary>Every instant at which what these sources say may change otherwise than by the clock, first seen included. Ascending.</summary>
    public List<DateTimeOffset> Changes(Sources sources)
    {
        var changes = new List<DateTimeOffset>(1 + Facts.Count) { FirstSeen };
        // What was bought is a sign of life, too.
        if (sources.HasFlag(Sources.Purchases) || sources.HasFlag(Sources.Activities))
        {
            for (var i = 0; i < Facts.Count; i++) changes.Add(Facts[i].Time);
        }
        if (sources.HasFlag(Sources.Activities)) changes.AddRange(Activities.Select(a => a.Time));
        if (sources.HasFlag(Sources.Opinions)) changes.AddRange(Opinions.Select(s => s.Time));
        if (sources.HasFlag(Sources.Traits)) changes.AddRange(Traits.Times);
        changes.Sort();
        var count = 0;
        for (var i = 0; i < changes.Count && changes[i] < End; i++)
            if (count == 0 || changes[count - 1] != changes[i]) changes[count++] = changes[i];
        changes.RemoveRange(count, changes.Count - count);
        return changes;
    }
}
