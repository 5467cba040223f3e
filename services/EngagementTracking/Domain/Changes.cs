namespace Perennial.EngagementTracking.Domain;

/// <summary>A customer and the time of their first event of any kind.</summary>
internal sealed record Sighting
{
    public required string Shop { get; init; }
    public required string Customer { get; init; }
    public required DateTimeOffset FirstSeenTime { get; init; }
}

/// <summary>Touches of one kind on one channel on one UTC day. Counts are integers, so adding in any order gives the same.</summary>
internal sealed record TouchDay
{
    public required string Shop { get; init; }
    public required string Customer { get; init; }
    public required DateOnly Day { get; init; }
    public required Channel Channel { get; init; }
    public required TouchKind Kind { get; init; }
    public required long TouchCount { get; init; }
    public required DateTimeOffset LastTime { get; init; }

    public Touch Touch => new(Channel, Kind);

    public TouchDay Plus(TouchDay other) => this with
    {
        TouchCount = TouchCount + other.TouchCount,
        LastTime = LastTime > other.LastTime ? LastTime : other.LastTime,
    };
}

/// <summary>A consent given or withdrawn. All are kept, as proof and since the latest at an instant decides.</summary>
internal sealed record SubscriptionFact
{
    public required string Shop { get; init; }
    public required string Customer { get; init; }
    public required Channel Channel { get; init; }
    public required DateTimeOffset FactTime { get; init; }
    public required string MessageId { get; init; }
    public required string Purpose { get; init; }
    public required bool Subscribed { get; init; }
    public required string Source { get; init; }
}

/// <summary>What a batch adds to the state. Of(a and b) adds the same as Of(a), then Of(b), in either order.</summary>
internal sealed record Changes(IReadOnlyList<Sighting> Sightings, IReadOnlyList<TouchDay> TouchDays, IReadOnlyList<SubscriptionFact> Subscriptions)
{
    /// <summary>Customers of whom nothing that came before the batch counts any more.</summary>
    public IReadOnlyList<(string Shop, string Customer)> Resets { get; init; } = [];

    public static Changes Of(IReadOnlyCollection<Observation> observations, IReadOnlyList<(string Shop, string Customer)>? resets = null) => new(
        [.. observations.GroupBy(o => (o.Shop, o.Customer)).Select(g => new Sighting { Shop = g.Key.Shop, Customer = g.Key.Customer, FirstSeenTime = g.Min(o => o.Time) })],
        Sum(observations.Where(o => o.Touch is not null).Select(o => TouchDayOf(o, o.Touch!.Value))),
        [.. observations.Where(o => o.Subscription is not null).Select(o => FactOf(o, o.Subscription!.Value))])
    {
        Resets = resets ?? [],
    };

    /// <summary>Rows of the same customer, day, channel and kind become one.</summary>
    public static IReadOnlyList<TouchDay> Sum(IEnumerable<TouchDay> rows)
        => [.. rows.GroupBy(r => (r.Shop, r.Customer, r.Day, r.Touch)).Select(g => g.Aggregate((a, b) => a.Plus(b)))];

    static TouchDay TouchDayOf(Observation o, Touch touch) => new()
    {
        Shop = o.Shop,
        Customer = o.Customer,
        Day = DateOnly.FromDateTime(o.Time.UtcDateTime),
        Channel = touch.Channel,
        Kind = touch.Kind,
        TouchCount = 1,
        LastTime = o.Time,
    };

    static SubscriptionFact FactOf(Observation o, Subscription subscription) => new()
    {
        Shop = o.Shop,
        Customer = o.Customer,
        Channel = subscription.Channel,
        FactTime = o.Time,
        MessageId = o.MessageId,
        Purpose = subscription.Purpose,
        Subscribed = subscription.Subscribed,
        Source = subscription.Source,
    };
}
