namespace Perennial.Segmentation.Domain;

/// <summary>All that is known of a customer. What it answers at an instant depends on nothing after it.</summary>
internal sealed class History
{
    readonly IReadOnlyList<Identification> _identifications;
    Activity[][]? _byKind;
    TraitHistory? _traits;

    History(PurchaseHistory purchases, IReadOnlyList<Fact> facts, IReadOnlyList<Activity> activities, IReadOnlyList<Opinion> opinions, IReadOnlyList<Identification> identifications, string currency)
        => (Purchases, Facts, Activities, Opinions, _identifications, Currency) = (purchases, facts, activities, opinions, identifications, currency);

    /// <summary>Activities of at least each kind, from the lowest; worked out when first asked for.</summary>
    Activity[][] ByKind
    {
        get
        {
            if (_byKind is not null) return _byKind;
            // What somebody bought, cancelled or sent back is an event, too.
            var events = Facts.Select(f => new Activity(ActivityKind.Event, f.Time, f.MessageId, f.Kind == FactKind.Ordered ? new Touch(TouchKind.Action) : default)).Concat(Activities).Order(Comparer<Activity>.Create(Activity.Compare)).ToArray();
            return _byKind = [events, [.. events.Where(a => a.Kind >= ActivityKind.Visit)], [.. events.Where(a => a.Kind >= ActivityKind.View)]];
        }
    }

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
    public IEnumerable<Activity> ActivitiesUntil(DateTimeOffset instant) => ByKind[0].TakeWhile(a => a.Time <= instant);

    /// <summary>The latest activity of at least that kind at an instant.</summary>
    public Activity? Last(ActivityKind kind, DateTimeOffset instant)
    {
        var activities = ByKind[(int)kind - 1];
        var (low, high) = (0, activities.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (activities[middle].Time <= instant) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? null : activities[low - 1];
    }

    /// <summary>Every instant at which what these sources say may change otherwise than by the clock, first seen included. Ascending.</summary>
    public List<DateTimeOffset> Changes(Sources sources)
    {
        var changes = new List<DateTimeOffset>(1 + Facts.Count) { FirstSeen };
        if (sources.HasFlag(Sources.Purchases))
        {
            for (var i = 0; i < Facts.Count; i++) changes.Add(Facts[i].Time);
        }
        if (sources.HasFlag(Sources.Activities)) changes.AddRange(ByKind[0].Select(a => a.Time));
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
