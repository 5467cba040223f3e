using System.Globalization;
using System.IO.Compression;
using Perennial.Segmentation.Domain;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>The order histories of two real shops, as events. Read from beside the repository.</summary>
static class RealShops
{
    public static readonly TimeZoneInfo RetailZone = Given.London;
    public static readonly TimeZoneInfo CdnowZone = Given.Zone("America/New_York");

    /// <summary>
    /// UCI Online Retail: an order is an invoice, not C..., with a line of quantity above 0; it happened at its earliest line. C invoices
    /// are refunds of no known order. Customers without an order are left out.
    /// </summary>
    public static List<Sighting> Retail()
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(Shared.FileOrSkip("data/online_retail_2010_2011.csv.gz")), CompressionMode.Decompress));
        var lines = Csv.Rows(Lines(file)).Where(r => r["CustomerID"].Length > 0).Select(r => (
            Invoice: r["InvoiceNo"],
            Quantity: int.Parse(r["Quantity"], CultureInfo.InvariantCulture),
            Time: DateTime.Parse(r["InvoiceDate"], CultureInfo.InvariantCulture),
            Price: decimal.Parse(r["UnitPrice"], CultureInfo.InvariantCulture),
            Customer: r["CustomerID"]));
        var sightings = lines.GroupBy(l => l.Invoice)
            .Where(g => g.Key[0] == 'C' || g.Any(l => l.Quantity > 0))
            .Select(g => Invoice(g.Key, g.First().Customer, g.Min(l => l.Time), g.Sum(l => l.Quantity * l.Price)))
            .ToList();
        var buyers = sightings.Where(s => s.Fact!.Kind == FactKind.Ordered).Select(s => s.Customer).ToHashSet();
        return [.. sightings.Where(s => buyers.Contains(s.Customer))];
    }

    static IEnumerable<string> Lines(StreamReader file)
    {
        while (file.ReadLine() is { } line) yield return line;
    }

    static Sighting Invoice(string invoice, string customer, DateTime local, decimal amount)
    {
        var time = Given.Local(DateOnly.FromDateTime(local), RetailZone, local.TimeOfDay);
        var fact = invoice[0] == 'C'
            ? new Fact(FactKind.Refunded, time, invoice, "", Math.Abs(amount), "")
            : new Fact(FactKind.Ordered, time, invoice, invoice, amount, "");
        return new Sighting("retail", "user:" + customer, true, time, fact);
    }

    /// <summary>CDNOW: every row is an order on a date; the time of day is not known and taken as noon.</summary>
    public static List<Sighting> Cdnow()
        => [.. File.ReadLines(Shared.FileOrSkip("data/CDNOW_sample.txt"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length == 5)
            .Select((f, row) =>
            {
                var time = Given.Local(DateOnly.ParseExact(f[2], "yyyyMMdd", CultureInfo.InvariantCulture), CdnowZone, new(12, 0, 0));
                var fact = new Fact(FactKind.Ordered, time, $"row-{row}", $"row-{row}", decimal.Parse(f[4], CultureInfo.InvariantCulture), "");
                return new Sighting("cdnow", "user:" + f[1], true, time, fact);
            })];
}
