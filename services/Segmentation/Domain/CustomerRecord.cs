namespace Perennial.Segmentation.Domain;

/// <summary>Something about a customer, and from when until just before when this house knew it of them.</summary>
/// <param name="To"><see cref="Calendar.Forever"/> for what is known today.</param>
internal readonly record struct Known<T>(T What, DateTimeOffset From, DateTimeOffset To)
{
    public bool IsAt(DateTimeOffset instant) => From <= instant && instant < To;

    public bool IsToday => To == Calendar.Forever;
}

/// <summary>
/// All that was ever known of a customer, on two axes of time: when it happened, and when this house knew of it. Nothing in it changes but that something
/// ceases to be known: by a merge, for example, it became somebody else's. Apart from that it is a set: the order in which events come in does not matter.
/// </summary>
internal sealed class CustomerRecord
{
    public static readonly CustomerRecord Empty = new() { Seen = [], Left = [], Facts = [], Activities = [], Opinions = [] };

    /// <summary>When the customer was first seen: each entry earlier than those that were known before it.</summary>
    public required IReadOnlyList<Known<DateTimeOffset>> Seen { get; init; }

    /// <summary>When they were erased.</summary>
    public required IReadOnlyList<Known<DateTimeOffset>> Left { get; init; }

    /// <summary>By time.</summary>
    public required IReadOnlyList<Known<Fact>> Facts { get; init; }

    /// <summary>By time; see <see cref="Activity.Slot"/> for which are kept.</summary>
    public required IReadOnlyList<Known<Activity>> Activities { get; init; }

    /// <summary>By time.</summary>
    public required IReadOnlyList<Known<Opinion>> Opinions { get; init; }

    public bool IsEmpty => Seen.Count == 0;

    /// <summary>The customer as known today; null when nothing is any more.</summary>
    public History? Now(string currency, TimeZoneInfo zone, Sources sources = Sources.All) => AsKnown(null, currency, zone, sources);

    /// <summary>The customer as known at an instant, today for null; null when nothing was.</summary>
    /// <param name="sources">What else is left out.</param>
    public History? AsKnown(DateTimeOffset? known, string currency, TimeZoneInfo zone, Sources sources = Sources.All)
    {
        if (Pick(Seen, known) is not { Count: > 0 } seen) return null;
        var left = Pick(Left, known);
        return History.Of(
            seen.Min(),
            sources.HasFlag(Sources.Purchases) ? Pick(Facts, known) : [],
            currency,
            left.Count == 0 ? null : left.Min(),
            sources.HasFlag(Sources.Activities) ? Activity.FirstsOfDays(Pick(Activities, known), zone) : [],
            sources.HasFlag(Sources.Opinions) ? Pick(Opinions, known) : []);
    }

    static List<T> Pick<T>(IReadOnlyList<Known<T>> all, DateTimeOffset? known)
    {
        var picked = new List<T>(all.Count);
        for (var i = 0; i < all.Count; i++)
            if (known is { } instant ? all[i].IsAt(instant) : all[i].IsToday) picked.Add(all[i].What);
        return picked;
    }

    /// <summary>What is known today of orders and was not part of an earlier record.</summary>
    public IEnumerable<Fact> FactsBeyond(CustomerRecord before)
    {
        if (Facts.Count == before.Facts.Count) return [];
        var known = before.Facts.Select(f => f.What.MessageId).ToHashSet(StringComparer.Ordinal);
        return Facts.Where(f => f.IsToday && !known.Contains(f.What.MessageId)).Select(f => f.What);
    }

    /// <summary>Every instant at which what is known changed. Ascending.</summary>
    public IEnumerable<DateTimeOffset> KnownTimes
        => Times(Seen).Concat(Times(Left)).Concat(Times(Facts)).Concat(Times(Activities)).Concat(Times(Opinions)).Where(t => t < Calendar.Forever).Distinct().Order();

    static IEnumerable<DateTimeOffset> Times<T>(IReadOnlyList<Known<T>> all) => all.SelectMany(k => (DateTimeOffset[])[k.From, k.To]);

    /// <summary>What is there already is not added again; the same record comes back when nothing is new.</summary>
    /// <param name="sightings">Of this customer, in the order of the log.</param>
    public CustomerRecord With(IEnumerable<Sighting> sightings)
    {
        var draft = new Draft(this);
        foreach (var sighting in sightings) draft.Add(sighting);
        return draft.Done();
    }

    sealed class Draft(CustomerRecord record)
    {
        List<Known<DateTimeOffset>> _seen = [.. record.Seen], _left = [.. record.Left];
        List<Known<Fact>> _facts = [.. record.Facts];
        List<Known<Activity>> _activities = [.. record.Activities];
        List<Known<Opinion>> _opinions = [.. record.Opinions];
        bool _changed;

        public void Add(Sighting sighting)
        {
            switch (sighting.Reset)
            {
                case ResetKind.Erased:
                    _changed |= _seen.Count > 0;
                    (_seen, _left, _facts, _activities, _opinions) = ([], [], [], [], []);
                    return;
                case ResetKind.Moved:
                    End(_seen, sighting.Known);
                    End(_left, sighting.Known);
                    End(_facts, sighting.Known);
                    End(_activities, sighting.Known);
                    End(_opinions, sighting.Known);
                    return;
            }
            Extend(_seen, new(sighting.Time, sighting.Known, Calendar.Forever), static (a, b) => a <= b);
            if (sighting.Leaves) Extend(_left, new(sighting.Time, sighting.Known, Calendar.Forever), static (a, b) => a <= b);
            if (sighting.Fact is { } fact) Extend(_facts, new(fact, sighting.Known, Calendar.Forever), static (a, b) => a.MessageId == b.MessageId);
            if (sighting.Activity is { } activity) Extend(_activities, new(activity, sighting.Known, Calendar.Forever), Activity.MakesVoid);
            if (sighting.Opinion is { } opinion) Extend(_opinions, new(opinion, sighting.Known, Calendar.Forever), static (a, b) => a.MessageId == b.MessageId);
        }

        /// <summary>Adds an entry unless one that was known no later says as much, and drops those of which it says as much itself.</summary>
        /// <param name="saysAsMuch">Whether with the first one known the second is not needed.</param>
        void Extend<T>(List<Known<T>> all, Known<T> entry, Func<T, T, bool> saysAsMuch)
        {
            for (var i = 0; i < all.Count; i++)
                if (all[i].IsToday && all[i].From <= entry.From && saysAsMuch(all[i].What, entry.What)) return;
            all.RemoveAll(k => k.IsToday && entry.From <= k.From && saysAsMuch(entry.What, k.What));
            all.Add(entry);
            _changed = true;
        }

        /// <summary>What was known for no time at all goes.</summary>
        void End<T>(List<Known<T>> all, DateTimeOffset known)
        {
            for (var i = all.Count - 1; i >= 0; i--)
            {
                if (!all[i].IsToday) continue;
                if (all[i].From >= known) all.RemoveAt(i);
                else all[i] = all[i] with { To = known };
                _changed = true;
            }
        }

        public CustomerRecord Done() => !_changed ? record : new CustomerRecord
        {
            Seen = Sorted(_seen, static (a, b) => a.CompareTo(b)),
            Left = Sorted(_left, static (a, b) => a.CompareTo(b)),
            Facts = Sorted(_facts, PurchaseHistory.Compare),
            Activities = Sorted(_activities, Activity.Compare),
            Opinions = Sorted(_opinions, Opinion.Compare),
        };

        static List<Known<T>> Sorted<T>(List<Known<T>> all, Comparison<T> compare)
        {
            all.Sort((a, b) => compare(a.What, b.What) is not 0 and var order ? order : a.From != b.From ? a.From.CompareTo(b.From) : a.To.CompareTo(b.To));
            return all;
        }
    }
}
