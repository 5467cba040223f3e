namespace Perennial.Load.Log;

/// <summary>What an event of the log says. Of what one customer does within a second, the lower comes first.</summary>
enum EventKind : byte
{
    ShopConfigured,
    Identified,
    SessionStarted,
    PageViewed,
    ProductViewed,
    Searched,
    AddedToCart,
    RemovedFromCart,
    CheckoutStarted,
    Ordered,
    Cancelled,
    Returned,
    EmailSent,
    EmailDelivered,
    EmailOpened,
    EmailClicked,
    EmailUnsubscribed,
    NpsAnswered,
    ConsentChanged,
}
