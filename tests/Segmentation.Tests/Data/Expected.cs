using System.Globalization;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests.Data;

/// <summary>Counts and flows that were computed independently, read from beside the repository.</summary>
static class Expected
{
    /// <summary>"At risk" -> "at_risk".</summary>
    public static string StageId(string name) => name.ToLowerInvariant().Replace(' ', '_');

    /// <summary>Customers per stage (prospects left out: the table holds buyers alone), and those who had not ordered yet.</summary>
    public static (Dictionary<string, long> Stages, long NotYet) Counts(string dataset, string asOf)
    {
        var rows = Rows("expected/clc_segment_counts.csv");
        var row = rows.Single(r => r["dataset"] == dataset && r["as_of"] == asOf && r["order_unit"] == "order" && r["recency"] == "date");
        string[] names = ["New", "Promising", "Loyal", "Drifting", "Sleeper", "At risk", "Red alert"];
        return (names.ToDictionary(StageId, n => Number(row[n])), Number(row["not_yet_ordered_by_asof"]));
    }

    public static Dictionary<(string From, string To), long> Flows(string dataset, string from, string to)
        => Rows("expected/clc_transitions.csv")
            .Where(r => r["dataset"] == dataset && r["from_date"] == from && r["to_date"] == to)
            .ToDictionary(r => (StageId(r["from_seg"]), StageId(r["to_seg"])), r => Number(r["customers"]));

    static IEnumerable<Dictionary<string, string>> Rows(string path) => Csv.Rows(File.ReadLines(Shared.FileOrSkip(path)));

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
