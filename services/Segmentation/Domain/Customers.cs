namespace Perennial.Segmentation.Domain;

/// <summary>
/// Which customers can be: what the features of one customer have to do with each other. <see cref="ModelCheck"/> asks it; that it leaves no customer out who
/// can be is a tested law.
/// </summary>
internal sealed class Customers
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

    readonly Axis[] _axes;
    readonly (int Less, int More)[] _chains;
    readonly (int There, int ThereToo)[] _implied;
    readonly int _sinceOrder, _rating, _reviews;

    public Customers(IEnumerable<Axis> axes)
    {
        _axes = [.. axes];
        var places = Enumerable.Range(0, _axes.Length);
        _chains = [.. from less in places from more in places where IsAtMost(_axes[less], _axes[more]) select (less, more)];
        _implied = [.. from there in places from too in places where Implied.Contains((_axes[there].Feature, _axes[too].Feature)) select (there, too)];
        (_sinceOrder, _rating, _reviews) = (Place(Feature.DaysSinceLastOrder), Place(Feature.LastReviewRating), Place(Feature.ReviewCount));
    }

    static bool IsAtMost(Axis less, Axis more) => Chains.Contains((less.Feature, more.Feature))
        || (less.Feature == Feature.OrdersWithin && more.Feature == Feature.OrdersWithin && less.WindowDays < more.WindowDays);

    /// <summary>-1 where the model does not ask for it.</summary>
    int Place(Feature feature) => Array.FindIndex(_axes, a => a.Feature == feature);

    /// <summary>
    /// An axis cut at every bound of the model and wherever a dependency begins. Ascending; null, for no value, comes last where that can be.
    /// </summary>
    public Bounds?[] Segments(Axis axis, LifecycleModel model)
    {
        var traits = axis.Traits;
        var starts = new SortedSet<long>(model.Stages.SelectMany(s => s.Rules).SelectMany(r => r.Conditions).Where(c => c.Axis == axis)
            .SelectMany(c => (long?[])[c.Bounds.Min, c.Bounds.Max + 1]).OfType<long>().Concat(Thresholds(axis)).Where(s => !(s <= traits.Min) && !(s > traits.Max)));
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
    IEnumerable<long> Thresholds(Axis axis) => axis.Feature switch
    {
        Feature.OrderCount or Feature.OrdersWithin or Feature.ReviewCount or Feature.Spend or Feature.SpendRelative => [1],
        Feature.DaysSinceLastOrder => _axes.Where(a => a.Feature == Feature.OrdersWithin).Select(a => a.WindowDays + 1L),
        _ => [],
    };

    /// <summary>A customer of the cell, the least of them; null where nobody can be in it.</summary>
    /// <param name="cell">By axis, a segment of it.</param>
    public IReadOnlyList<(Axis Axis, long? Value)>? Example(IReadOnlyList<Bounds?> cell)
    {
        if (!OrdersAgree(cell) || !WindowsAgree(cell) || !PresenceAgrees(cell)) return null;
        var values = new long?[cell.Count];
        for (var i = 0; i < values.Length; i++) values[i] = Least(cell[i]);
        // Raising each value to those that it cannot be below ends with the least customer, or beyond the cell.
        for (var raised = true; raised;)
        {
            raised = false;
            foreach (var (less, more) in _chains)
            {
                if (!(values[less] > values[more])) continue;
                values[more] = values[less];
                raised = true;
            }
        }
        for (var i = 0; i < values.Length; i++)
            if (values[i] is { } value && !cell[i]!.Value.Contain(value)) return null;
        return [.. _axes.Zip(values)];
    }

    /// <summary>Whether somebody with orders, or without, can have all of these values.</summary>
    bool OrdersAgree(IReadOnlyList<Bounds?> cell)
    {
        bool? hasOrder = null;
        for (var i = 0; i < _axes.Length; i++)
        {
            if (SaysOfOrders(_axes[i], cell[i]) is not { } says) continue;
            if (hasOrder is not null && hasOrder != says) return false;
            hasOrder = says;
        }
        return true;
    }

    static bool? SaysOfOrders(Axis axis, Bounds? segment) => axis.Feature switch
    {
        Feature.OrderCount => segment!.Value.Min > 0,
        Feature.OrdersWithin or Feature.Spend or Feature.SpendRelative => segment!.Value.Min > 0 ? true : null,
        _ => axis.Traits.Presence == Presence.WithOrder ? segment is not null : null,
    };

    /// <summary>The last order lies within a window exactly where the window holds one.</summary>
    bool WindowsAgree(IReadOnlyList<Bounds?> cell)
    {
        if (_sinceOrder < 0 || cell[_sinceOrder] is not { } since) return true;
        for (var i = 0; i < _axes.Length; i++)
            if (_axes[i].Feature == Feature.OrdersWithin && cell[i]!.Value.Min > 0 != since.Max <= _axes[i].WindowDays) return false;
        return true;
    }

    bool PresenceAgrees(IReadOnlyList<Bounds?> cell)
    {
        foreach (var (there, too) in _implied)
            if (cell[there] is not null && cell[too] is null) return false;
        return _rating < 0 || _reviews < 0 || cell[_rating] is null || cell[_reviews]!.Value.Min > 0;
    }

    static long? Least(Bounds? segment) => segment is { } bounds ? bounds.Min ?? Math.Min(bounds.Max ?? 0, 0) : null;
}
