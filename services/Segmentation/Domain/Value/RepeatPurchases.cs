namespace Perennial.Segmentation.Domain.Value;

/// <summary>
/// What the purchase models know of a customer. Times are counted from the first purchase, in any one unit.
/// </summary>
/// <param name="Count">x: purchases after the first; several on one day are one.</param>
/// <param name="LastTime">t_x: time of the last of them, 0 without one.</param>
/// <param name="Age">T: time that the customer was observed for, at least <paramref name="LastTime"/>.</param>
internal readonly record struct RepeatPurchases(int Count, double LastTime, double Age) : IComparable<RepeatPurchases>
{
    /// <summary>Somebody on the day of their first purchase.</summary>
    public static RepeatPurchases New => default;

    /// <param name="days">Days with a purchase, ascending, each once; none after <paramref name="asOf"/>. At least one.</param>
    public static RepeatPurchases Of(ReadOnlySpan<int> days, int asOf) => new(days.Length - 1, days[^1] - days[0], asOf - days[0]);

    public int CompareTo(RepeatPurchases other)
        => Count != other.Count ? Count.CompareTo(other.Count)
        : LastTime != other.LastTime ? LastTime.CompareTo(other.LastTime)
        : Age.CompareTo(other.Age);
}

/// <summary>
/// A population for the models: equal customers are one row with a weight, so a fit costs by distinct histories, not by customers. Sorted, so that
/// the order in which customers come makes no difference, to the last bit.
/// </summary>
internal sealed class RepeatTable
{
    RepeatTable(RepeatPurchases[] rows, double[] weights) => (Rows, Weights) = (rows, weights);

    public RepeatPurchases[] Rows { get; }
    public double[] Weights { get; }

    /// <summary>Customers, that is, the sum of the weights.</summary>
    public double Customers => Weights.Sum();

    /// <summary>Repeat purchases of all customers.</summary>
    public double Repeats
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < Rows.Length; i++) sum += Weights[i] * Rows[i].Count;
            return sum;
        }
    }

    /// <summary>Mean age of a customer: the scale of time in this population. Positive.</summary>
    public double MeanAge
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < Rows.Length; i++) sum += Weights[i] * Rows[i].Age;
            return sum > 0 ? sum / Customers : 1;
        }
    }

    public static RepeatTable Of(IEnumerable<RepeatPurchases> customers) => Of([.. customers], null);

    /// <param name="weights">How often each customer counts; null for once.</param>
    public static RepeatTable Of(RepeatPurchases[] customers, double[]? weights)
    {
        var (rows, counts) = ((RepeatPurchases[])customers.Clone(), weights is null ? null : (double[])weights.Clone());
        if (counts is null) Array.Sort(rows);
        else Array.Sort(rows, counts);
        var distinct = 0;
        var sums = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if (i > 0 && rows[i] != rows[distinct - 1] || i == 0) rows[distinct++] = rows[i];
            sums[distinct - 1] += counts?[i] ?? 1;
        }
        return new RepeatTable(rows[..distinct], sums[..distinct]);
    }

    /// <summary>Every n-th row, so that at most <paramref name="rowsMax"/> are left: enough to see where a search should begin.</summary>
    public RepeatTable Thinned(int rowsMax)
    {
        if (Rows.Length <= rowsMax) return this;
        var step = (Rows.Length + rowsMax - 1) / rowsMax;
        var kept = Enumerable.Range(0, (Rows.Length + step - 1) / step).Select(i => i * step).ToList();
        return new RepeatTable([.. kept.Select(i => Rows[i])], [.. kept.Select(i => Weights[i])]);
    }
}
