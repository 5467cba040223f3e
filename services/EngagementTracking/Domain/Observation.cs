namespace Perennial.EngagementTracking.Domain;

/// <summary>A channel between shop and customer. The numbers are stored and are those of the contract.</summary>
internal enum Channel
{
    Email = 1,
    Push = 2,
    Sms = 3,
    Ads = 4,
    Onsite = 5,
    Parcel = 6,
    Service = 7,
}

/// <summary>What kind of touch. The numbers are stored.</summary>
internal enum TouchKind
{
    Sent = 1,
    Delivered = 2,
    Opened = 3,
    Clicked = 4,
    Bounced = 5,
    Visit = 6,
    Action = 7,
}

/// <summary>One contact between shop and customer.</summary>
internal readonly record struct Touch(Channel Channel, TouchKind Kind)
{
    /// <summary>True for what the customer did, false for what the shop or a mail server did.</summary>
    public bool IsOwn => Kind is TouchKind.Opened or TouchKind.Clicked or TouchKind.Visit or TouchKind.Action;
}

/// <summary>The customer consents to being contacted on a channel for a purpose, or no longer does.</summary>
/// <param name="Purpose">Empty for every purpose.</param>
/// <param name="Source">Where it was said, for example "checkout" or "unsubscribe".</param>
internal readonly record struct Subscription(Channel Channel, string Purpose, bool Subscribed, string Source);

/// <summary>What one event says: its customer was there; perhaps a touch; perhaps a subscription.</summary>
internal sealed record Observation(string Shop, string Customer, DateTimeOffset Time, string MessageId, Touch? Touch = null, Subscription? Subscription = null);
