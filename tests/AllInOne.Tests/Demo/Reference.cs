using System.Globalization;
using System.IO.Compression;

namespace Perennial.AllInOne.Tests.Demo;

/// <summary>Stage counts straight from the sample's lines, by a computation that shares no code with the product.</summary>
internal static class Reference
{
    static readonly Lazy<List<Line>> Lines = new(() => [.. Read(Path.Combine(AppContext.BaseDirectory, "samples", "online-retail", "orders.csv.gz"), 0, 1, 2, 3, 4, 5)]);

    public sealed record Line(string Invoice, string Product, int Quantity, DateOnly Date, string Time, string Price, string Customer);

    public static IReadOnlyList<Line> Sample => Lines.Value;

    /// <summary>Reads invoice, product, quantity, time, price and customer from these columns of a gzipped CSV.</summary>
    public static IEnumerable<Line> Read(string path, params int[] columns)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { } text)
        {
            var fields = text.Contains('"', StringComparison.Ordinal) ? Unquote(text) : text.Split(',');
            var f = Array.ConvertAll(columns, i => fields[i]);
            yield return new Line(f[0], f[1], int.Parse(f[2], CultureInfo.InvariantCulture), DateOnly.Parse(f[3].AsSpan(0, 10), CultureInfo.InvariantCulture), f[3], f[4], f[5]);
        }
    }

    /// <summary>Customers per stage at the end of a day: V0 orders, R in calendar days of the shop.</summary>
    public static Dictionary<string, long> CountsAt(DateOnly day)
    {
        var counts = new[] { "prospect", "new", "promising", "loyal", "drifting", "sleeper", "at_risk", "red_alert" }.ToDictionary(s => s, _ => 0L);
        foreach (var customer in Sample.Where(l => l.Customer.Length > 0 && l.Date <= day).GroupBy(l => l.Customer))
        {
            var orders = customer.Where(l => l.Invoice[0] != 'C' && l.Quantity > 0).GroupBy(l => l.Invoice).Select(o => o.Min(l => l.Date)).ToList();
            counts[orders.Count == 0 ? "prospect" : Stage(orders.Count, day.DayNumber - orders.Max().DayNumber)]++;
        }
        return counts;
    }

    static string Stage(int f, int r) => f >= 4
        ? r <= 90 ? "loyal" : r <= 365 ? "at_risk" : "red_alert"
        : r > 90 ? "sleeper" : f == 1 ? r <= 30 ? "new" : "drifting" : r <= 60 ? "promising" : "drifting";

    static string[] Unquote(string line)
    {
        var (fields, field, quoted) = (new List<string>(), "", false);
        foreach (var c in line)
        {
            if (c == '"') quoted = !quoted;
            else if (c == ',' && !quoted) (_, field) = (Add(fields, field), "");
            else field += c;
        }
        fields.Add(field);
        return [.. fields];
    }

    static bool Add(List<string> fields, string field)
    {
        fields.Add(field);
        return true;
    }
}
