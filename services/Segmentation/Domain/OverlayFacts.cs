namespace Perennial.Segmentation.Domain;

/// <summary>What overlays are told by. Dates are the shop's.</summary>
/// <param name="OrderCount">Orders that count.</param>
/// <param name="FirstOrder">The first of them; null without one.</param>
/// <param name="OrderBefore">The one before the last; null with fewer than two.</param>
/// <param name="LastInteraction">
/// When the customer last had to do with the shop: a visit, a message opened or clicked, a share, a favourite or whatever else is a <see cref="Touch"/>, or an order. What merely concerns them,
/// as a ticket, a consent or a trait, is none.
/// </param>
internal sealed record OverlayFacts(int OrderCount, decimal Spend, DateOnly? FirstOrder, DateOnly? OrderBefore, DateOnly? LastOrder, DateOnly? LastInteraction)
{
    /// <summary>Null before the customer was first seen, and after the end.</summary>
    public static OverlayFacts? At(History history, DateTimeOffset instant, TimeZoneInfo zone)
    {
        if (history.Purchases.At(instant) is not { } purchases) return null;
        var count = 0;
        Order? first = null, before = null, newest = null;
        for (var i = 0; i < history.Purchases.Orders.Count; i++)
        {
            var span = history.Purchases.Orders[i];
            if (instant < span.From || span.To <= instant) continue;
            if (count++ == 0) first = span.Order;
            (before, newest) = (newest, span.Order);
        }
        var (last, activity) = (purchases.LastOrder?.Time, history.Activities.LastOrDefault(a => a.Time <= instant && a.Touch != default)?.Time);
        return new OverlayFacts(
            count, purchases.Value, Date(first?.Time), Date(before?.Time), Date(last),
            Date(activity > last || last is null ? activity : last));

        DateOnly? Date(DateTimeOffset? time) => time is { } known ? Calendar.DateOf(known, zone) : null;
    }
}
