namespace Perennial.Segmentation.Domain;

/// <summary>
/// Which customers can be: what the features of one customer have to do with each other. <see cref="ModelCheck"/> asks it; that it leaves no customer out who
/// can be is a tested law.
/// </summary>
internal static class Customers
{
    /// <summary>Each feature is at most the next: a value of one that is there bounds the other from below.</summary>
    static readonly (Feature Less, Feature More)[] Chains =
    [
        (Feature.DaysSinceLastEvent, Feature.DaysSinceLastVisit),
        (Feature.DaysSinceLastEvent, Feature.DaysSinceLastView),
        (Feature.DaysSinceLastVisit, Feature.DaysSinceLastView),
        (Feature.DaysSinceLastEvent, Feature.DaysSinceLastOrder),
        (Feature.OrdersWithin, Feature.OrderCount),
    ];

    /// <summary>Where a value of the first is there, one of the second is.</summary>
    static readonly (Feature There, Feature ThereToo)[] Implied =
    [
        (Feature.DaysSinceLastView, Feature.DaysSinceLastVisit),
        (Feature.DaysSinceLastView, Feature.DaysSinceLastEvent),
        (Feature.DaysSinceLastVisit, Feature.DaysSinceLastEvent),
        (Feature.DaysSinceLastOrder, Feature.DaysSinceLastEvent),
    ];

    /// <summary>
    /// An axis cut at every bound of the model and wherever a dependency begins. Ascending; null, for no value, comes last where that can be.
    /// </summary>
    public static Bounds?[] Segments(Axis axis, IReadOnlyList<Axis> all, LifecycleModel model)
    {
        var traits = axis.Traits;
        var starts = new SortedSet<long>(model.Stages.SelectMany(s => s.Rules).SelectMany(r => r.Conditions).Where(c => c.Axis == axis)
            .SelectMany(c => (long?[])[c.Bounds.Min, c.Bounds.Max + 1]).OfType<long>().Concat(Thresholds(axis, all)).Where(s => !(s <= traits.Min) && !(s > traits.Max)));
        var segments = new List<Bounds?>();
        var from = traits.Min;
        foreach (var start in starts)
        {
            segments.Add(new Bounds(from, start - 1));
            from = start;
        }
        segments.Add(new Bounds(from, traits.Max));
        if (traits.Presence != Presence.Always) segments.Add(null);
        return [.. segments];
    }

    /// <summary>Where another feature begins to say something of this one.</summary>
    static IEnumerable<long> Thresholds(Axis axis, IReadOnlyList<Axis> all) => axis.Feature switch
    {
        Feature.OrderCount or Feature.OrdersWithin or Feature.ReviewCount => [1],
        Feature.Spend or Feature.SpendRelative => [1],
        Feature.DaysSinceLastOrder => all.Where(a => a.Feature == Feature.OrdersWithin).Select(a => a.WindowDays + 1L),
        _ => [],
    };

    /// <summary>A customer of the cell, the least of them; null where nobody can be in it.</summary>
    /// <param name="cell">By axis, a segment of it.</param>
    public static IReadOnlyList<(Axis Axis, long? Value)>? Example(IReadOnlyList<Axis> axes, IReadOnlyList<Bounds?> cell)
    {
        if (!OrdersAgree(axes, cell) || !WindowsAgree(axes, cell) || !PresenceAgrees(axes, cell)) return null;
        var values = cell.Select(Least).ToArray();
        // Raising each value to those that it cannot be below ends with the least customer, or beyond the cell.
        for (var raised = true; raised;)
        {
            raised = false;
            foreach (var (less, more) in Pairs(axes))
            {
                if (values[less] is not { } low || values[more] is not { } high || low <= high) continue;
                values[more] = low;
                raised = true;
            }
        }
        return values.Zip(cell).All(v => v.First is not { } value || v.Second!.Value.Contain(value)) ? [.. axes.Zip(values)] : null;
    }

    static IEnumerable<(int Less, int More)> Pairs(IReadOnlyList<Axis> axes) =>
        from less in Enumerable.Range(0, axes.Count)
        from more in Enumerable.Range(0, axes.Count)
        where Chains.Contains((axes[less].Feature, axes[more].Feature))
            || (axes[less].Feature == Feature.OrdersWithin && axes[more].Feature == Feature.OrdersWithin && axes[less].WindowDays < axes[more].WindowDays)
        select (less, more);

    /// <summary>Whether somebody with orders, or without, can have all of these values.</summary>
    static bool OrdersAgree(IReadOnlyList<Axis> axes, IReadOnlyList<Bounds?> cell)
    {
        bool? hasOrder = null;
        for (var i = 0; i < axes.Count; i++)
        {
            bool? says = axes[i] switch
            {
                { Traits.Presence: Presence.WithOrder } => cell[i] is not null,
                { Feature: Feature.OrderCount } => cell[i]!.Value.Min > 0,
                { Feature: Feature.OrdersWithin } when cell[i]!.Value.Min > 0 => true,
                { Feature: Feature.Spend or Feature.SpendRelative } when cell[i]!.Value.Min > 0 => true,
                _ => null,
            };
            if (says is null) continue;
            if (hasOrder is not null && hasOrder != says) return false;
            hasOrder = says;
        }
        return true;
    }

    /// <summary>The last order lies within a window exactly where the window holds one.</summary>
    static bool WindowsAgree(IReadOnlyList<Axis> axes, IReadOnlyList<Bounds?> cell)
        => Find(axes, Feature.DaysSinceLastOrder) is not { } last || cell[last] is not { } since
        || axes.Zip(cell).All(a => a.First.Feature != Feature.OrdersWithin || a.Second!.Value.Min > 0 == since.Max <= a.First.WindowDays);

    static bool PresenceAgrees(IReadOnlyList<Axis> axes, IReadOnlyList<Bounds?> cell)
    {
        foreach (var (there, too) in Implied)
            if (Find(axes, there) is { } first && Find(axes, too) is { } second && cell[first] is not null && cell[second] is null) return false;
        return Find(axes, Feature.LastReviewRating) is not { } rating || Find(axes, Feature.ReviewCount) is not { } reviews || cell[rating] is null || cell[reviews]!.Value.Min > 0;
    }

    static int? Find(IReadOnlyList<Axis> axes, Feature feature)
    {
        for (var i = 0; i < axes.Count; i++)
            if (axes[i].Feature == feature) return i;
        return null;
    }

    static long? Least(Bounds? segment) => segment is { } bounds ? bounds.Min ?? Math.Min(bounds.Max ?? 0, 0) : null;
}
