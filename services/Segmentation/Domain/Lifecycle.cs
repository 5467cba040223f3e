namespace Perennial.Segmentation.Domain;

/// <summary>The next change of stage by clock alone: it holds unless a fact comes in between.</summary>
/// <param name="Time">The first instant of <paramref name="Date"/> in the shop's zone: the boundary itself.</param>
internal sealed record StageChange(Stage Stage, DateTimeOffset Time, DateOnly Date);

/// <summary>Where a customer is in a model at an instant, and why.</summary>
/// <param name="DaysSinceLastOrder">R: days between the shop-local dates of the last order that counts and of the instant. Null without an order.</param>
/// <param name="Next">Null where the stage lasts until something happens.</param>
internal sealed record Lifecycle(Purchases Purchases, int? DaysSinceLastOrder, Placement Placement, StageChange? Next)
{
    public Stage Stage => Placement.Stage;

    /// <summary>
    /// Evaluates one customer at one instant, of which the outcome depends on nothing after it. Null before the customer was first
    /// seen, and after the end. Knows nothing of <see cref="StageTimeline"/>: the two are held equal by a test.
    /// </summary>
    public static Lifecycle? At(PurchaseHistory history, LifecycleModel model, TimeZoneInfo zone, DateTimeOffset instant)
    {
        if (history.At(instant) is not { } purchases) return null;
        if (purchases.LastOrder is not { } last) return new Lifecycle(purchases, null, model.Place(purchases.OrderCount, null), null);
        var lastDate = Calendar.DateOf(last.Time, zone);
        var days = Calendar.DateOf(instant, zone).DayNumber - lastDate.DayNumber;
        return new Lifecycle(purchases, days, model.Place(purchases.OrderCount, days), ByClock(purchases.OrderCount, days, lastDate, model, zone) is { } next && next.Time < history.End ? next : null);
    }

    static StageChange? ByClock(int orders, int days, DateOnly lastDate, LifecycleModel model, TimeZoneInfo zone)
    {
        if (model.NextByClock(orders, days) is not { } next) return null;
        var time = Calendar.StartOf(lastDate.AddDays(next.Days), zone);
        return new StageChange(next.Stage, time, Calendar.DateOf(time, zone));
    }
}
