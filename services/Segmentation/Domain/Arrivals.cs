namespace Perennial.Segmentation.Domain;

/// <summary>What a batch of events says about one customer.</summary>
/// <param name="FirstSeen">The earliest of the events.</param>
/// <param name="Left">When they were erased; null for everybody else.</param>
/// <param name="Facts">Each message once.</param>
/// <param name="Opinions">Each message once.</param>
internal sealed record Arrivals(string Shop, string Customer, bool Identified, DateTimeOffset FirstSeen, DateTimeOffset? Left, IReadOnlyList<Fact> Facts, IReadOnlyList<Activity> Activities, IReadOnlyList<Opinion> Opinions)
{
    /// <summary>One entry per customer.</summary>
    public static IReadOnlyList<Arrivals> Of(IEnumerable<Sighting> sightings) => [.. sightings
        .GroupBy(s => (s.Shop, s.Customer))
        .Select(g => new Arrivals(
            g.Key.Shop,
            g.Key.Customer,
            g.First().Identified,
            g.Min(s => s.Time),
            g.Where(s => s.Leaves).Min(s => (DateTimeOffset?)s.Time),
            [.. g.Select(s => s.Fact).OfType<Fact>().DistinctBy(f => f.MessageId)],
            [.. g.Select(s => s.Activity).OfType<Activity>()],
            [.. g.Select(s => s.Opinion).OfType<Opinion>().DistinctBy(o => o.MessageId)]))];

    /// <summary>What it adds to what is known. <see cref="CustomerChange.IsAny"/> tells whether that is anything.</summary>
    /// <param name="known">Null for a customer never seen before. Its activities go back as far as the days of the arrivals; facts and opinions are there where the arrivals have any.</param>
    public CustomerChange Onto(Known? known, TimeZoneInfo zone)
    {
        var messages = known?.Facts.Select(f => f.MessageId).ToHashSet(StringComparer.Ordinal) ?? [];
        var opinions = known?.Opinions.Select(o => o.MessageId).ToHashSet(StringComparer.Ordinal) ?? [];
        var before = known?.Activities ?? [];
        var after = Activities.Count == 0 ? before : Activity.FirstsOfDays(before.Concat(Activities), zone);
        var first = known is null || FirstSeen < known.FirstSeen ? FirstSeen : known.FirstSeen;
        var left = Left ?? known?.Left;
        return new CustomerChange(Shop, Customer, Identified, first, left)
        {
            IsNew = known is null,
            IsRowNew = known is null || first != known.FirstSeen || left != known.Left,
            NewFacts = [.. Facts.Where(f => !messages.Contains(f.MessageId))],
            NewOpinions = [.. Opinions.Where(o => !opinions.Contains(o.MessageId))],
            NewActivities = [.. after.Except(before)],
            VoidActivities = [.. before.Except(after)],
        };
    }
}

/// <summary>What is kept of a customer, as far as it was asked for.</summary>
internal sealed record Known(DateTimeOffset FirstSeen, DateTimeOffset? Left, IReadOnlyList<Fact> Facts, IReadOnlyList<Activity> Activities, IReadOnlyList<Opinion> Opinions);

/// <summary>What a batch adds to what is known of a customer.</summary>
internal sealed record CustomerChange(string Shop, string Customer, bool Identified, DateTimeOffset FirstSeen, DateTimeOffset? Left)
{
    public bool IsNew { get; init; }

    /// <summary>What is kept beside facts, activities and opinions has changed.</summary>
    public bool IsRowNew { get; init; }

    public IReadOnlyList<Fact> NewFacts { get; init; } = [];
    public IReadOnlyList<Activity> NewActivities { get; init; } = [];

    /// <summary>Kept so far, and needed no more: others of their days came before.</summary>
    public IReadOnlyList<Activity> VoidActivities { get; init; } = [];

    public IReadOnlyList<Opinion> NewOpinions { get; init; } = [];

    public bool IsAny => IsRowNew || Changed != 0;

    /// <summary>Whether a model's stages of the customer have to be derived anew.</summary>
    public bool Touches(BoundModel model) => IsRowNew || (model.Sources & Changed) != 0;

    Sources Changed => (NewFacts.Count > 0 ? Sources.Purchases : 0) | (NewActivities.Count > 0 ? Sources.Activities : 0) | (NewOpinions.Count > 0 ? Sources.Opinions : 0);
}
