namespace Perennial.Segmentation.Domain;

/// <summary>What a batch of events says about one customer.</summary>
/// <param name="FirstSeen">The earliest of the events.</param>
/// <param name="Left">When they were erased; null for everybody else.</param>
/// <param name="Facts">Each message once.</param>
internal sealed record Arrivals(string Shop, string Customer, bool Identified, DateTimeOffset FirstSeen, DateTimeOffset? Left, IReadOnlyList<Fact> Facts)
{
    /// <summary>One entry per customer.</summary>
    public static IReadOnlyList<Arrivals> Of(IEnumerable<Sighting> sightings) => [.. sightings
        .GroupBy(s => (s.Shop, s.Customer))
        .Select(g => new Arrivals(g.Key.Shop, g.Key.Customer, g.First().Identified, g.Min(s => s.Time), g.Where(s => s.Leaves).Min(s => (DateTimeOffset?)s.Time), [.. g.Select(s => s.Fact).OfType<Fact>().DistinctBy(f => f.MessageId)]))];

    /// <summary>The change for a customer never seen before.</summary>
    public CustomerChange OntoNothing() => new(Shop, Customer, Identified, FirstSeen, Left, Facts, Facts, IsNew: true, IsRowNew: true);

    /// <summary>Whether it may change anything for a customer of whom this is known.</summary>
    public bool MayChange(DateTimeOffset firstSeen, DateTimeOffset? left) => Facts.Count > 0 || FirstSeen < firstSeen || (Left is not null && Left != left);

    /// <summary>The change for a customer of whom this is known; null when it holds all of it already.</summary>
    public CustomerChange? Onto(DateTimeOffset firstSeen, DateTimeOffset? left, IReadOnlyList<Fact> known)
    {
        var messages = known.Select(f => f.MessageId).ToHashSet(StringComparer.Ordinal);
        var added = Facts.Where(f => !messages.Contains(f.MessageId)).ToList();
        var (first, last) = (FirstSeen < firstSeen ? FirstSeen : firstSeen, Left ?? left);
        var isRowNew = first != firstSeen || last != left;
        return added.Count == 0 && !isRowNew ? null : new(Shop, Customer, Identified, first, last, added, [.. known, .. added], IsNew: false, isRowNew);
    }
}

/// <summary>What is known of a customer after a batch that said something new.</summary>
/// <param name="NewFacts">Those not known before.</param>
/// <param name="Facts">All of them.</param>
/// <param name="IsRowNew">What is kept beside the facts has changed.</param>
internal sealed record CustomerChange(string Shop, string Customer, bool Identified, DateTimeOffset FirstSeen, DateTimeOffset? Left, IReadOnlyList<Fact> NewFacts, IReadOnlyList<Fact> Facts, bool IsNew, bool IsRowNew);
