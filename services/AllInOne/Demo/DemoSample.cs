using Perennial.AllInOne.Import;

namespace Perennial.AllInOne.Demo;

/// <summary>The order history that the demo shows; see samples/online-retail/ATTRIBUTION.md.</summary>
internal static class DemoSample
{
    public const string Shop = "online-retail";
    public const string TimeZone = "Europe/London";
    public const string Currency = "GBP";
    public const string RefundPrefix = "C";

    /// <summary>The last day it covers, in the shop's zone.</summary>
    public static readonly DateOnly LastDay = new(2011, 12, 9);

    /// <summary>Where every clock starts: the end of that day.</summary>
    public static readonly DateTimeOffset Now = new(2011, 12, 9, 23, 59, 59, TimeSpan.Zero);

    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "samples", "online-retail", "orders.csv.gz");

    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    /// <summary>The last millisecond of a day of the shop.</summary>
    public static DateTimeOffset EndOf(DateOnly day) => LocalTime.ToInstant(day.AddDays(1).ToDateTime(TimeOnly.MinValue), Zone).AddMilliseconds(-1);

    public static (ColumnMap Columns, IReadOnlyList<Order> Orders) Read(CancellationToken stop)
    {
        using var file = OrderFile.Open(Path, []);
        var book = new OrderBook(file.Map, RefundPrefix);
        file.Read(new LocalTime(Zone), book.Add, book.Refuse, stop);
        var orders = book.Close();
        return book.Refused.Count == 0 ? (file.Map, orders) : throw new InvalidDataException($"The sample is damaged: {book.Refused[0]}");
    }
}
