namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>Whole days of a shop that a metric looks at, up to the date of as_of at most.</summary>
/// <param name="From">Day numbers, both inclusive.</param>
/// <param name="Month">The calendar month that it is, or the part of it that has begun; null where it is none.</param>
internal sealed record MetricWindow(int From, int To, Month? Month = null)
{
    public int Days => To - From + 1;

    /// <summary>Everything up to a date.</summary>
    public static MetricWindow AllTime(DateOnly today) => new(DateOnly.MinValue.DayNumber, today.DayNumber);

    /// <summary>So many days of which the last is today.</summary>
    public static MetricWindow LastDays(int days, DateOnly today) => new(Math.Max(DateOnly.MinValue.DayNumber, today.DayNumber - days + 1), today.DayNumber);

    /// <param name="month">Has begun.</param>
    public static MetricWindow Of(Month month, DateOnly today) => new(month.First.DayNumber, Math.Min(month.Last.DayNumber, today.DayNumber), month);

    public bool IsAllTime => From == DateOnly.MinValue.DayNumber;
}
