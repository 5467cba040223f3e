namespace Perennial.CampaignRecommendation.Domain;

/// <summary>A channel between shop and customer. The numbers are stored and are those of the contract; None is for facts about the person.</summary>
internal enum Channel
{
    None = 0,
    Email = 1,
    Push = 2,
    Sms = 3,
    Ads = 4,
    Onsite = 5,
    Parcel = 6,
    Service = 7,
}

/// <summary>What a contact fact is about. The numbers are stored.</summary>
internal enum FactKind
{
    /// <summary>The shop told an address (1) or took it back (0). The address itself is never kept: having one is enough to decide.</summary>
    Address = 1,
    /// <summary>A <see cref="Consent"/>.</summary>
    Consent = 2,
    /// <summary>A message came back.</summary>
    Bounced = 3,
    /// <summary>A message was sent: the sender had an address.</summary>
    Sent = 4,
    /// <summary>A message was delivered, opened or clicked: the address works.</summary>
    Arrived = 5,
    /// <summary>month * 100 + day; 0 when taken back. The year is not kept.</summary>
    Birthday = 6,
}

/// <summary>Whether a channel may be used for marketing. The numbers are stored.</summary>
internal enum Consent
{
    Withdrawn = 0,
    Granted = 1,
    Unsubscribed = 2,
    Complained = 3,
}

/// <summary>The last word on one thing about one customer.</summary>
internal sealed record ContactFact
{
    public required string Shop { get; init; }
    public required string Customer { get; init; }
    public required Channel Channel { get; init; }
    public required FactKind Kind { get; init; }
    public required DateTimeOffset FactTime { get; init; }
    public required string MessageId { get; init; }
    public required int FactValue { get; init; }

    /// <summary>One fact per customer, channel and kind: the latest by (time, message id). Any order and grouping of the same facts gives the same.</summary>
    public static IReadOnlyList<ContactFact> Settle(IEnumerable<ContactFact> facts) => [.. facts
        .GroupBy(f => (f.Shop, f.Customer, f.Channel, f.Kind))
        .Select(g => g.Aggregate((a, b) => Later(a.FactTime, a.MessageId, b.FactTime, b.MessageId) ? a : b))];

    /// <summary>True when the first of two facts is the later one.</summary>
    public static bool Later(DateTimeOffset time, string messageId, DateTimeOffset otherTime, string otherMessageId)
        => time != otherTime ? time > otherTime : string.CompareOrdinal(messageId, otherMessageId) > 0;
}

/// <summary>A shop's settings as the log tells them.</summary>
internal sealed record ShopSettings
{
    public required string Shop { get; init; }
    public required string TimeZone { get; init; }
    public required string CurrencyCode { get; init; }
    public required DateTimeOffset FactTime { get; init; }
    public required string MessageId { get; init; }

    /// <summary>One per shop: the latest by (time, message id). Each change of a shop is later than the one before, so partitions may tell them at any pace.</summary>
    public static IReadOnlyList<ShopSettings> Settle(IEnumerable<ShopSettings> settings) => [.. settings
        .GroupBy(s => s.Shop)
        .Select(g => g.Aggregate((a, b) => ContactFact.Later(a.FactTime, a.MessageId, b.FactTime, b.MessageId) ? a : b))];
}

/// <summary>What a batch of the log adds to the state.</summary>
internal sealed record Changes(IReadOnlyList<ShopSettings> Shops, IReadOnlyList<ContactFact> Facts)
{
    /// <summary>Customers of whom nothing that came before the batch counts any more.</summary>
    public IReadOnlyList<(string Shop, string Customer)> Resets { get; init; } = [];

    public static Changes Of(IEnumerable<ShopSettings> shops, IEnumerable<ContactFact> facts) => new(ShopSettings.Settle(shops), ContactFact.Settle(facts));
}
