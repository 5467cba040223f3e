namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>What a cohort did in one month.</summary>
/// <param name="Offset">Months after that of the first order, which is 0.</param>
/// <param name="Customers">Of the cohort with an order in the month.</param>
/// <param name="Revenue">Less refunds; refunds from before the first order at offset 0.</param>
/// <param name="IsPartial">The month is not over at as_of.</param>
internal sealed record CohortCell(int Offset, long Customers, long Orders, decimal Revenue, bool IsPartial);

/// <summary>Customers by the month of their first order that counts.</summary>
/// <param name="Cells">One per month that had begun at as_of, from offset 0 on.</param>
internal sealed record Cohort(Month Month, IReadOnlyList<CohortCell> Cells)
{
    /// <summary>Who ordered first in the month: each of them did so in it.</summary>
    public long Size => Cells[0].Customers;

    /// <summary>Null where nobody is in the cohort.</summary>
    public decimal? Retention(CohortCell cell) => Ratio.Quotient(cell.Customers, Size);
}

/// <summary>Cohorts by month of first order, and what became of them.</summary>
internal static class CohortTable
{
    /// <summary>The tallies that <see cref="Of"/> needs.</summary>
    public static TallyRange Range(Month from, Month to) => new(TallyKind.Cohort, from.Index, to.Index, int.MinValue, int.MaxValue);

    /// <param name="from">First of the cohorts; each month up to <paramref name="to"/> is one, also those that nobody is in.</param>
    /// <param name="to">Not after <paramref name="today"/>.</param>
    public static IReadOnlyList<Cohort> Of(IReadOnlyDictionary<TallyKey, Measures> tallies, Month from, Month to, DateOnly today)
    {
        var latest = Month.Of(today);
        return [.. Enumerable.Range(from.Index, to.Index - from.Index + 1).Select(m => new Cohort(new Month(m), [.. Enumerable.Range(m, latest.Index - m + 1).Select(month => Cell(m, month))]))];

        CohortCell Cell(int cohort, int month)
        {
            var sum = tallies.TryGetValue(new TallyKey(TallyKind.Cohort, cohort, month), out var found) ? found : default;
            return new CohortCell(month - cohort, sum.Customers, sum.Orders, sum.Revenue, IsPartial: month == latest.Index && today < latest.Last);
        }
    }
}
