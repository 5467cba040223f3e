#:property PublishAot=false
#:property AssemblyName=make-sample
#:property RootNamespace=Perennial.Samples

// Makes orders.csv.gz from the UCI Online Retail data set (see ATTRIBUTION.md), the same content every time:
//
//     dotnet run samples/online-retail/make-sample.cs -- online_retail_2010_2011.csv.gz samples/online-retail/orders.csv.gz
//
// Kept: the lines of every order (an invoice with a line of quantity > 0) and of every cancellation (an invoice "C..."),
// with or without a customer, in their order. Dropped: the columns Description and Country; lines of stock movements
// (invoices without any positive quantity); two bookkeeping lines of negative price ("Adjust bad debt").
using System.Globalization;
using System.IO.Compression;
using System.Text;

const char Quote = '"';

if (args.Length != 2)
{
    await Console.Error.WriteLineAsync("usage: dotnet run make-sample.cs -- IN.csv.gz OUT.csv.gz");
    return 2;
}

var lines = ReadAll(args[0]);
var header = Fields(lines[0]);
int Column(string name) => Array.IndexOf(header, name) is var i and >= 0 ? i : throw new InvalidDataException($"The source has no column '{name}'.");
int[] kept = [Column("InvoiceNo"), Column("StockCode"), Column("Quantity"), Column("InvoiceDate"), Column("UnitPrice"), Column("CustomerID")];
var rows = lines.Skip(1).Select(Fields).Select(fields => Array.ConvertAll(kept, i => fields[i])).ToList();

var sold = rows.Where(row => Number(row[2]) > 0).Select(row => row[0]).ToHashSet(StringComparer.Ordinal);
bool IsCancellation(string invoice) => invoice.StartsWith('C');
var sample = rows.Where(row => (IsCancellation(row[0]) || sold.Contains(row[0])) && Number(row[4]) >= 0).ToList();

Write(args[1], sample.Select(row => string.Join(',', row)).Prepend(string.Join(',', kept.Select(i => header[i]))));
var orders = sample.Where(row => !IsCancellation(row[0]) && row[5].Length > 0).ToList();
Console.WriteLine(FormattableString.Invariant(
    $"{sample.Count:N0} lines; {orders.DistinctBy(row => row[0]).Count():N0} orders of {orders.DistinctBy(row => row[5]).Count():N0} customers"));
return 0;

static List<string> ReadAll(string file)
{
    using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
    var lines = new List<string>();
    while (reader.ReadLine() is { } line) lines.Add(line);
    return lines;
}

// .NET writes no time into a gzip header: equal content gives equal bytes with the same version of its zlib.
static void Write(string file, IEnumerable<string> lines)
{
    using var writer = new StreamWriter(new GZipStream(File.Create(file), CompressionLevel.SmallestSize), new UTF8Encoding(false)) { NewLine = "\n" };
    foreach (var line in lines) writer.WriteLine(line);
}

static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

// The source quotes fields and has no line break within one. Doubled quotes occur only in Description, which is dropped.
static string[] Fields(string line)
{
    var fields = new List<string>();
    var field = new StringBuilder();
    var quoted = false;
    foreach (var c in line)
    {
        if (c == Quote) quoted = !quoted;
        else if (c == ',' && !quoted)
        {
            fields.Add(field.ToString());
            field.Clear();
        }
        else field.Append(c);
    }
    fields.Add(field.ToString());
    return [.. fields];
}
