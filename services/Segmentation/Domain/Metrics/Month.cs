namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>A calendar month of a shop.</summary>
/// <param name="Index">Months since January of the year 0; stored.</param>
internal readonly record struct Month(int Index) : IComparable<Month>
{
    const int PerYear = 12;

    public DateOnly First => new(Index / PerYear, Index % PerYear + 1, 1);
    public DateOnly Last => new(Index / PerYear, Index % PerYear + 1, DateTime.DaysInMonth(Index / PerYear, Index % PerYear + 1));

    public static Month Of(DateOnly date) => new(date.Year * PerYear + date.Month - 1);

    public int CompareTo(Month other) => Index.CompareTo(other.Index);
}
