namespace Perennial.Segmentation.Domain;

/// <summary>All that is known of a customer. What it answers at an instant depends on nothing after it.</summary>
internal sealed class History
{
    readonly Activity[][] _activities;

    History(PurchaseHistory purchases, IReadOnlyList<Fact> facts, IReadOnlyList<Activity> activities, IReadOnlyList<Opinion> opinions, string currency)
    {
        (Purchases, Facts, Activities, Opinions, Currency) = (purchases, facts, activities, opinions, currency);
        // What somebody bought, cancelled or sent back is an event, too.
        var events = facts.Select(f => new Activity(ActivityKind.Event, f.Time, f.MessageId)).Concat(activities).Order(Comparer<Activity>.Create(Activity.Compare)).ToArray();
        _activities = [events, [.. events.Where(a => a.Kind >= ActivityKind.Visit)], [.. events.Where(a => a.Kind >= ActivityKind.View)]];
    }

    public PurchaseHistory Purchases { get; }

    /// <summary>By time, each message once.</summary>
    public IReadOnlyList<Fact> Facts { get; }

    /// <summary>By time.</summary>
    public IReadOnlyList<Activity> Activities { get; }

    /// <summary>By time, each message once.</summary>
    public IReadOnlyList<Opinion> Opinions { get; }

    public string Currency { get; }
    public DateTimeOffset FirstSeen => Purchases.FirstSeen;
    public DateTimeOffset End => Purchases.End;

    /// <param name="firstSeen">Earliest event of any kind; anything earlier moves it.</param>
    /// <param name="left">When they were erased, if they were.</param>
    public static History Of(DateTimeOffset firstSeen, IEnumerable<Fact> facts, string currency, DateTimeOffset? left = null, IEnumerable<Activity>? activities = null, IEnumerable<Opinion>? opinions = null)
    {
        Fact[] sortedFacts = [.. facts.OrderBy(f => f.Time).ThenBy(f => f.MessageId, StringComparer.Ordinal).DistinctBy(f => f.MessageId)];
        Activity[] sortedActivities = [.. (activities ?? []).Order(Comparer<Activity>.Create(Activity.Compare))];
        Opinion[] sortedOpinions = [.. (opinions ?? []).Order(Comparer<Opinion>.Create(Opinion.Compare)).DistinctBy(s => s.MessageId)];
        if (sortedActivities is [var activity, ..] && activity.Time < firstSeen) firstSeen = activity.Time;
        if (sortedOpinions is [var opinion, ..] && opinion.Time < firstSeen) firstSeen = opinion.Time;
        return new History(PurchaseHistory.Of(firstSeen, sortedFacts, currency, left), sortedFacts, sortedActivities, sortedOpinions, currency);
    }

    /// <summary>The same with something more.</summary>
    public History With(IEnumerable<Fact> facts, IEnumerable<Activity> activities, IEnumerable<Opinion> opinions)
        => Of(FirstSeen, Facts.Concat(facts), Currency, End == Calendar.Forever ? null : End, Activities.Concat(activities), Opinions.Concat(opinions));

    /// <summary>The latest activity of at least that kind at an instant.</summary>
    public Activity? Last(ActivityKind kind, DateTimeOffset instant)
    {
        var activities = _activities[(int)kind - 1];
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
    public IEnumerable<DateTimeOffset> Changes(Sources sources)
    {
        var changes = new SortedSet<DateTimeOffset> { FirstSeen };
        if (sources.HasFlag(Sources.Purchases))
        {
            changes.UnionWith(Purchases.Points.Select(p => p.From));
            changes.UnionWith(Purchases.Orders.SelectMany(o => (DateTimeOffset[])[o.From, o.To]));
        }
        if (sources.HasFlag(Sources.Activities)) changes.UnionWith(_activities[0].Select(a => a.Time));
        if (sources.HasFlag(Sources.Opinions)) changes.UnionWith(Opinions.Select(s => s.Time));
        return changes.Where(c => c < End);
    }
}
