using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>Inclusive bounds of a whole number; no <paramref name="Max"/> means unbounded.</summary>
internal readonly record struct Bounds(int Min, int? Max)
{
    public bool Contain(int value) => value >= Min && !(value > Max);
}

/// <summary>A rectangle of orders and recency.</summary>
/// <param name="OrderCount">F: orders that count.</param>
/// <param name="DaysSinceLastOrder">R: days from the last of them; null where there is none to count from.</param>
internal sealed record Cell(Bounds OrderCount, Bounds? DaysSinceLastOrder)
{
    public bool Contains(int orders, int? days)
        => OrderCount.Contain(orders) && (days is { } r ? DaysSinceLastOrder is { } bounds && bounds.Contain(r) : DaysSinceLastOrder is null);

    /// <summary>In words, for example "4 or more orders, the last 0 to 90 days ago".</summary>
    public override string ToString() => DaysSinceLastOrder is { } days ? $"{Orders}, the last {Words(days)} days ago" : Orders;

    string Orders => OrderCount switch
    {
        (0, 0) => "no order",
        (1, 1) => "1 order",
        _ => Words(OrderCount) + " orders",
    };

    static string Words(Bounds bounds) => bounds.Max is { } max
        ? string.Create(CultureInfo.InvariantCulture, $"{bounds.Min} to {max}")
        : string.Create(CultureInfo.InvariantCulture, $"{bounds.Min} or more");
}

/// <summary>A stage of the lifecycle: where a customer is in any of its cells.</summary>
/// <param name="Id">Lower case, for example "at_risk".</param>
internal sealed record Stage(string Id, IReadOnlyList<Cell> Cells);

/// <summary>The stage of a customer, and the cell that says so.</summary>
internal sealed record Placement(Stage Stage, Cell Cell)
{
    /// <summary>For example "loyal: 4 or more orders, the last 0 to 90 days ago".</summary>
    public string Rule => $"{Stage.Id}: {Cell}";
}

/// <summary>
/// Stages as data over F (orders that count) and R (days since the last of them). The cells together are total and disjoint:
/// every customer is in exactly one stage.
/// </summary>
/// <param name="Stages">In the order in which answers list them.</param>
internal sealed record LifecycleModel(string Id, IReadOnlyList<Stage> Stages)
{
    /// <param name="days">Null exactly when <paramref name="orders"/> is 0.</param>
    public Placement Place(int orders, int? days)
    {
        foreach (var stage in Stages)
            foreach (var cell in stage.Cells)
                if (cell.Contains(orders, days)) return new Placement(stage, cell);
        throw new InvalidOperationException($"Model {Id} has no stage for {orders} orders, the last {days?.ToString(CultureInfo.InvariantCulture) ?? "no"} days ago.");
    }

    /// <summary>The next stage that days without an order bring, and at how many days; null where the present one lasts.</summary>
    public (Stage Stage, int Days)? NextByClock(int orders, int? days)
    {
        if (days is not { } now) return null;
        var present = Place(orders, now).Stage;
        foreach (var boundary in Boundaries(orders).Where(b => b > now).Order())
            if (Place(orders, boundary).Stage is var stage && stage != present) return (stage, boundary);
        return null;
    }

    /// <summary>Days at which a cell for that many orders begins.</summary>
    IEnumerable<int> Boundaries(int orders) => Stages.SelectMany(s => s.Cells)
        .Where(c => c.OrderCount.Contain(orders) && c.DaysSinceLastOrder is not null)
        .Select(c => c.DaysSinceLastOrder!.Value.Min);
}
