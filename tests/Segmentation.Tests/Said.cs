using Google.Type;
using Perennial.Common.V1;

namespace Perennial.Segmentation.Tests;

/// <summary>Events as a shop sends them.</summary>
static class Said
{
    internal static Money Money(decimal amount, string currency = "")
        => new() { Units = (long)decimal.Truncate(amount), Nanos = (int)((amount - decimal.Truncate(amount)) * 1_000_000_000m), CurrencyCode = currency };

    internal static Event Ordered(string order, decimal total, string currency = "")
        => new() { OrderCompleted = new OrderCompleted { OrderId = order, Amounts = new OrderAmounts { Total = Money(total, currency) } } };

    internal static Event Cancelled(string order) => new() { OrderCancelled = new OrderCancelled { OrderId = order } };

    internal static Event Refunded(string order, decimal? total = null)
        => new() { OrderRefunded = new OrderRefunded { OrderId = order, Total = total is { } t ? Money(t) : null } };

    /// <summary>What was known of the customer is theirs no longer.</summary>
    internal static Event Reset(CustomerReset.Types.Reason reason) => new() { CustomerReset = new CustomerReset { Reason = reason } };

    internal static Event Left() => new() { CustomerErased = new CustomerErased() };

    internal static Event Engaged(Channel channel, bool clicked)
        => new() { MessageEngaged = new MessageEngaged { Channel = channel, Interaction = clicked ? MessageEngaged.Types.Interaction.Clicked : MessageEngaged.Types.Interaction.Opened } };

    internal static Event Visited() => new() { PageViewed = new PageViewed { Url = "https://shop.example/" } };
}
