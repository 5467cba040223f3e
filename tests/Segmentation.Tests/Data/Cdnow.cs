using System.Globalization;
using Perennial.Segmentation.Domain.Value;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>The CDNOW sample as the models see it: days with a purchase and what was spent on each. Read from beside the repository.</summary>
static class Cdnow
{
    /// <summary>One customer: days (counted from 1970) ascending, each once, with the sum of that day.</summary>
    internal sealed record Customer(string Id, int[] Days, decimal[] Amounts)
    {
        /// <summary>A day once per order.</summary>
        public required int[] OrderDays { get; init; }
        public required double[] OrderAmounts { get; init; }

        public RepeatPurchases InDays(int until) => RepeatPurchases.Of(Days.AsSpan(0, Known(until)), until);

        /// <summary>In weeks, as the literature counts.</summary>
        public RepeatPurchases InWeeks(int until) => InDays(until) is var (x, last, age) ? new RepeatPurchases(x, last / 7, age / 7) : default;

        /// <summary>Mean of the repeat purchases.</summary>
        public MeanSpend Spend(int until)
        {
            var repeats = Amounts[1..Known(until)];
            return new MeanSpend(repeats.Length, repeats.Length == 0 ? 0 : (double)repeats.Average());
        }

        public int Repeats(int after, int until) => Days.Count(d => d > after && d <= until);

        int Known(int until) => Days.Count(d => d <= until);
    }

    public static readonly int CalibrationEnd = Day("1997-09-30");
    public static readonly int HoldoutEnd = Day("1998-06-30");

    public static int Day(string date) => Given.Date(date).DayNumber - new DateOnly(1970, 1, 1).DayNumber;

    static IReadOnlyList<Customer>? _read;

    /// <summary>By id.</summary>
    public static IReadOnlyList<Customer> Read() => _read ??= [.. File.ReadLines(Shared.FileOrSkip("data/CDNOW_sample.txt"))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(f => f.Length == 5)
        .Select(f => (Id: f[1], Day: Day(DateOnly.ParseExact(f[2], "yyyyMMdd", CultureInfo.InvariantCulture).ToString("O", CultureInfo.InvariantCulture)), Amount: decimal.Parse(f[4], CultureInfo.InvariantCulture)))
        .GroupBy(r => r.Id)
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => g.GroupBy(r => r.Day).OrderBy(d => d.Key).ToList() is var days ? new Customer(g.Key, [.. days.Select(d => d.Key)], [.. days.Select(d => d.Sum(r => r.Amount))]) { OrderDays = [.. g.OrderBy(r => r.Day).Select(r => r.Day)], OrderAmounts = [.. g.OrderBy(r => r.Day).Select(r => (double)r.Amount)] } : null!)];

    /// <summary>As RFM sees them at a day; only those who had ordered.</summary>
    public static RfmValues[] Rfm(int asOf) => [.. Read().Where(c => c.Days[0] <= asOf).Select(c => new RfmValues(
        asOf - c.Days.Last(d => d <= asOf),
        c.OrderDays.Count(d => d <= asOf),
        // Summed as the tables were, in binary: a sum then ties with nothing.
        c.OrderDays.Zip(c.OrderAmounts).Where(d => d.First <= asOf).Sum(d => d.Second)))];

    public static RepeatTable Weeks() => RepeatTable.Of(Read().Select(c => c.InWeeks(CalibrationEnd)));

    /// <summary>The same customers as lifetimes ships them, in this repository: weeks rounded to 0.01, means to cents.</summary>
    public static IReadOnlyList<(RepeatPurchases Known, MeanSpend Spend)> Summary()
    {
        return [.. Table.Embedded("cdnow_customers_summary.csv").Select(r => (new RepeatPurchases(r.Count("x"), r.Number("t_x"), r.Number("T")), new MeanSpend(r.Count("x"), r.Number("zbar"))))];
    }
}
