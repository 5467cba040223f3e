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
    public static readonly CustomerRecord Empty = new() { Seen = [], Left = [], Facts = [], Activities = [], Opinions = [], Traits = [] };

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

    /// <summary>By time. Nothing is left out because it was said before: what comes in late may lie in between.</summary>
    public required IReadOnlyList<Known<Identification>> Traits { get; init; }

    public bool IsEmpty => Seen.Count == 0;

    /// <summary>The customer as known today; null when nothing is any more.</summary>
    public History? Now(string currency, TimeZoneInfo zone, Sources sources = Sources.All) => AsKnown(null, currency, zone, sources);

    /// <summary>The customer as known at an instant, today for null; null when nothing was.</summary>
    /// <param name="sources">What else is left out.</param>
    public History? AsKnown(DateTimeOffset? known, string currency, TimeZoneInfo zone, Sources sources = Sources.All)
    {
        if (Earliest(Seen, known) is not { } seen) return null;
        return History.Of(
            seen,
            sources.HasFlag(Sources.Purchases) ? Pick(Facts, known) : [],
            currency,
            Earliest(Left, known),
            sources.HasFlag(Sources.Activities) ? Activity.FirstsOfDays(Pick(Activities, known), zone) : [],
            sources.HasFlag(Sources.Opinions) ? Pick(Opinions, known) : [],
            sources.HasFlag(Sources.Traits) ? Pick(Traits, known) : []);
    }

    /// <summary>How the customer's traits changed as known today.</summary>
    public TraitHistory TraitsNow() => TraitHistory.Of(Pick(Traits, null));

    static List<T> Pick<T>(IReadOnlyList<Known<T>> all, DateTimeOffset? known)
    {
        var picked = new List<T>(all.Count);
        for (var i = 0; i < all.Count; i++)
            if (IsPicked(all[i], known)) picked.Add(all[i].What);
        return picked;
    }

    static DateTimeOffset? Earliest(IReadOnlyList<Known<DateTimeOffset>> all, DateTimeOffset? known)
    {
        DateTimeOffset? earliest = null;
        for (var i = 0; i < all.Count; i++)
            if (IsPicked(all[i], known) && !(earliest <= all[i].What)) earliest = all[i].What;
        return earliest;
    }

    static bool IsPicked<T>(in Known<T> entry, DateTimeOffset? known) => known is { } instant ? entry.IsAt(instant) : entry.IsToday;

    /// <summary>What is known today of orders and was not part of an earlier record.</summary>
    public IEnumerable<Fact> FactsBeyond(CustomerRecord before)
    {
        if (Facts.Count == before.Facts.Count) return [];
        // Few are looked through one by one.
        var known = before.Facts.Count <= FewFacts ? null : before.Facts.Select(f => f.What.MessageId).ToHashSet(StringComparer.Ordinal);
        return Facts.Where(f => f.IsToday && !(known?.Contains(f.What.MessageId) ?? before.Holds(f.What.MessageId))).Select(f => f.What);
    }

    const int FewFacts = 16;

    bool Holds(string messageId)
    {
        for (var i = 0; i < Facts.Count; i++)
            if (Facts[i].What.MessageId == messageId) return true;
        return false;
    }

    /// <summary>Every instant at which what is known changed. Ascending.</summary>
    public IEnumerable<DateTimeOffset> KnownTimes
        => Times(Seen).Concat(Times(Left)).Concat(Times(Facts)).Concat(Times(Activities)).Concat(Times(Opinions)).Concat(Times(Traits)).Where(t => t < Calendar.Forever).Distinct().Order();

    /// <summary>Message of the latest event that became known at an instant; empty where something only ceased to be known.</summary>
    /// <param name="sources">What else is left out.</param>
    public string NewsOf(DateTimeOffset known, Sources sources)
    {
        var news = new List<(DateTimeOffset Time, string MessageId)>();
        if (sources.HasFlag(Sources.Purchases)) news.AddRange(Facts.Where(f => f.From == known).Select(f => (f.What.Time, f.What.MessageId)));
        if (sources.HasFlag(Sources.Activities)) news.AddRange(Activities.Where(a => a.From == known).Select(a => (a.What.Time, a.What.MessageId)));
        if (sources.HasFlag(Sources.Opinions)) news.AddRange(Opinions.Where(o => o.From == known).Select(o => (o.What.Time, o.What.MessageId)));
        if (sources.HasFlag(Sources.Traits)) news.AddRange(Traits.Where(t => t.From == known).Select(t => (t.What.Time, t.What.MessageId)));
        return news.Count == 0 ? "" : news.Max().MessageId;
    }

    static IEnumerable<DateTimeOffset> Times<T>(IReadOnlyList<Known<T>> all) => all.SelectMany(k => (DateTimeOffset[])[k.From, k.To]);

    /// <summary>What is there already is not added again; the same record comes back when nothing is new.</summary>
    /// <param name="sightings">Of this customer, in the order of the log.</param>
    public CustomerRecord With(IEnumerable<Sighting> sightings)
    {
        var draft = new Draft(this);
        foreach (var sighting in sightings) draft.Add(sighting);
        return draft.Done();
    }

    /// <summary>What a model that reads these sources may answer otherwise than for an earlier record: a customer first seen or erased at another time is another to all.</summary>
    public bool IsNewsTo(Sources sources, CustomerRecord before)
        => !ReferenceEquals(Seen, before.Seen) || !ReferenceEquals(Left, before.Left)
        || (sources.HasFlag(Sources.Purchases) && !ReferenceEquals(Facts, before.Facts))
        || (sources.HasFlag(Sources.Activities) && !ReferenceEquals(Activities, before.Activities))
        || (sources.HasFlag(Sources.Opinions) && !ReferenceEquals(Opinions, before.Opinions))
        || (sources.HasFlag(Sources.Traits) && !ReferenceEquals(Traits, before.Traits));

    /// <summary>A record that is being added to. A list that nothing is added to stays the one it was.</summary>
    sealed class Draft(CustomerRecord record)
    {
        readonly Part<DateTimeOffset> _seen = new(record.Seen), _left = new(record.Left);
        readonly Part<Fact> _facts = new(record.Facts);
        readonly Part<Activity> _activities = new(record.Activities);
        readonly Part<Opinion> _opinions = new(record.Opinions);
        readonly Part<Identification> _traits = new(record.Traits);

        public void Add(Sighting sighting)
        {
            if (sighting.Reset != ResetKind.None)
            {
                // What was known for no time at all, as all of an erased person now is, goes.
                var known = sighting.Reset == ResetKind.Erased ? DateTimeOffset.MinValue : sighting.Known;
                _seen.End(known);
                _left.End(known);
                _facts.End(known);
                _activities.End(known);
                _opinions.End(known);
                _traits.End(known);
                return;
            }
            _seen.Extend(sighting.Time, sighting.Known, static (a, b) => a <= b);
            if (sighting.Leaves) _left.Extend(sighting.Time, sighting.Known, static (a, b) => a <= b);
            if (sighting.Fact is { } fact) _facts.Extend(fact, sighting.Known, static (a, b) => a.MessageId == b.MessageId);
            if (sighting.Activity is { } activity) _activities.Extend(activity, sighting.Known, Activity.MakesVoid);
            if (sighting.Opinion is { } opinion) _opinions.Extend(opinion, sighting.Known, static (a, b) => a.MessageId == b.MessageId);
            if (sighting.Traits is { } traits) _traits.Extend(traits, sighting.Known, static (a, b) => a.MessageId == b.MessageId);
        }

        public CustomerRecord Done() => !(_seen.Changed || _left.Changed || _facts.Changed || _activities.Changed || _opinions.Changed || _traits.Changed) ? record : new CustomerRecord
        {
            Seen = _seen.Sorted(static (a, b) => a.CompareTo(b)),
            Left = _left.Sorted(static (a, b) => a.CompareTo(b)),
            Facts = _facts.Sorted(PurchaseHistory.Compare),
            Activities = _activities.Sorted(Activity.Compare),
            Opinions = _opinions.Sorted(Opinion.Compare),
            Traits = _traits.Sorted(Identification.Compare),
        };
    }

    sealed class Part<T>(IReadOnlyList<Known<T>> before)
    {
        // A copy, once something changes.
        List<Known<T>>? _after;

        public bool Changed => _after is not null;

        /// <summary>Adds an entry unless one that was known no later says as much, and drops those of which it says as much itself.</summary>
        /// <param name="saysAsMuch">Whether with the first one known the second is not needed.</param>
        public void Extend(T what, DateTimeOffset known, Func<T, T, bool> saysAsMuch)
        {
            var all = _after ?? before;
            var isMore = false;
            for (var i = 0; i < all.Count; i++)
            {
                if (!all[i].IsToday) continue;
                if (all[i].From <= known && saysAsMuch(all[i].What, what)) return;
                isMore |= known <= all[i].From && saysAsMuch(what, all[i].What);
            }
            _after ??= Copy(1);
            if (isMore) _after.RemoveAll(k => k.IsToday && known <= k.From && saysAsMuch(what, k.What));
            _after.Add(new Known<T>(what, known, Calendar.Forever));
        }

        /// <summary>Ends what is known; what was known for no time at all goes.</summary>
        public void End(DateTimeOffset known)
        {
            if (_after is null && !before.Any(k => k.IsToday || known == DateTimeOffset.MinValue)) return;
            _after ??= Copy(0);
            _after.RemoveAll(k => k.From >= known);
            for (var i = 0; i < _after.Count; i++)
                if (_after[i].IsToday) _after[i] = _after[i] with { To = known };
        }

        // One more than there was is what mostly comes.
        List<Known<T>> Copy(int more)
        {
            var copy = new List<Known<T>>(before.Count + more);
            copy.AddRange(before);
            return copy;
        }

        public IReadOnlyList<Known<T>> Sorted(Comparison<T> compare)
        {
            if (_after is null) return before;
            // Mostly what comes happened after everything that was known.
            for (var i = 1; i < _after.Count; i++)
            {
                if (Compare(_after[i - 1], _after[i]) <= 0) continue;
                _after.Sort(Compare);
                break;
            }
            return _after;

            int Compare(Known<T> a, Known<T> b) => compare(a.What, b.What) is not 0 and var order ? order : a.From != b.From ? a.From.CompareTo(b.From) : a.To.CompareTo(b.To);
        }
    }
}
