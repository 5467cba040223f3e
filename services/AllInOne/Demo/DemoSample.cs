using Perennial.AllInOne.Import;

namespace Perennial.AllInOne.Demo;

/// <summary>The order history that the demo shows; see samples/online-retail/ATTRIBUTION.md.</summary>
internal static class DemoSample
{
    public const string Shop = "online-retail";
    public const string TimeZone = "Europe/London";
    public const string Currency = "GBP";

    /// <summary>The last day it covers, in the shop's zone.</summary>
    public static readonly DateOnly LastDay = new(2011, 12, 9);

    /// <summary>Where every clock starts: the end of that day.</summary>
    public static readonly DateTimeOffset Now = new(2011, 12, 9, 23, 59, 59, TimeSpan.Zero);

    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "samples", "online-retail", "orders.csv.gz");

    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    /// <summary>The last millisecond of a day of the shop.</summary>
    public static DateTimeOffset EndOf(DateOnly day) => LocalTime.ToInstant(day.AddDays(1).ToDateTime(TimeOnly.MinValue), Zone).AddMilliseconds(-1);

    public static OrderImport Read(CancellationToken stop)
    {
        using var source = ImportFile.Open(Path);
        using var file = OrderFile.Open(source, AskedMapping.None);
        var import = OrderImport.Read(file, new LocalTime(Zone), new Currencies(Currency, ""), stop);
        return import.Refused.Count == 0 ? import : throw new InvalidDataException($"The sample is damaged: {import.Refused[0]}");
    }
}
