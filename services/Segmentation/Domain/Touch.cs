namespace Perennial.Segmentation.Domain;

/// <summary>How a customer had to do with the shop; what they did not do, as a message that was sent, is none. The numbers are stored.</summary>
internal enum TouchKind
{
    None = 0,
    Opened = 1,
    Clicked = 2,
    /// <summary>They looked, at whatever.</summary>
    Visit = 3,
    /// <summary>They did more than look: a cart, a favourite, a share, a review, an answer, an order.</summary>
    Action = 4,
}

/// <summary>A channel that messages come by. The numbers are stored and are those of the contract.</summary>
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

/// <param name="Channel">Of a message that was opened or clicked; none for what happens in the shop.</param>
internal readonly record struct Touch(TouchKind Kind, Channel Channel = Channel.None) : IComparable<Touch>
{
    public int CompareTo(Touch other) => (Kind, Channel).CompareTo((other.Kind, other.Channel));
}
