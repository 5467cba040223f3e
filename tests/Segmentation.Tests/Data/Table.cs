using System.Globalization;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>A table that was computed independently, read from beside the repository; its rows answer numbers by column.</summary>
static class Table
{
    internal sealed record Row(Dictionary<string, string> Fields)
    {
        public string this[string column] => Fields[column];

        public double Number(string column) => Fields[column] == "inf" ? double.PositiveInfinity : double.Parse(Fields[column], CultureInfo.InvariantCulture);

        public int Count(string column) => int.Parse(Fields[column], CultureInfo.InvariantCulture);

        /// <summary>Null where the field is empty.</summary>
        public double? Maybe(string column) => Fields[column].Length == 0 ? null : Number(column);
    }

    public static IEnumerable<Row> Rows(string file) => Csv.Rows(File.ReadLines(Shared.FileOrSkip("expected/" + file))).Select(f => new Row(f));

    /// <summary>One that stands in this repository.</summary>
    public static IReadOnlyList<Row> Embedded(string file)
    {
        using var text = new StreamReader(typeof(Table).Assembly.GetManifestResourceStream(file)!);
        return [.. Csv.Rows(text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(f => new Row(f))];
    }
}
