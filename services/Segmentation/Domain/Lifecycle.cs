namespace Perennial.Segmentation.Domain;

/// <summary>Where a customer is in a model at an instant, and why.</summary>
/// <param name="Date">The date of the instant in the shop's zone.</param>
/// <param name="Next">Null where the stage lasts until something happens.</param>
internal sealed record Lifecycle(Standing Standing, DateOnly Date, Placement Placement, StageChange? Next)
{
    public Stage Stage => Placement.Stage;
    public Purchases Purchases => Standing.Purchases;

    /// <summary>R: days between the shop-local dates of the last order that counts and of the instant. Null without an order.</summary>
    public int? DaysSinceLastOrder => (int?)Standing.Value(new Axis(Feature.DaysSinceLastOrder), Date, null);

    /// <summary>
    /// Evaluates one customer at one instant, of which the outcome depends on nothing after it. Null before the customer was first
    /// seen, and after the end. Knows nothing of <see cref="StageTimeline"/>: the two are held equal by a test.
    /// </summary>
    public static Lifecycle? At(History history, BoundModel model, TimeZoneInfo zone, DateTimeOffset instant)
    {
        if (Standing.At(history, instant, zone) is not { } standing) return null;
        var date = Calendar.DateOf(instant, zone);
        var next = model.NextByClock(standing, date, zone);
        return new Lifecycle(standing, date, model.Place(standing, date), next?.Time < history.End ? next : null);
    }

    /// <summary>Only the stage and the value, for many customers.</summary>
    public static (Stage Stage, decimal Value)? StageAt(History history, BoundModel model, TimeZoneInfo zone, DateTimeOffset instant)
        => Standing.At(history, instant, zone) is { } standing ? (model.Place(standing, Calendar.DateOf(instant, zone)).Stage, standing.Purchases.Value) : null;
}
