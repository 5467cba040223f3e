using System.Globalization;
using Perennial.Segmentation.Domain;
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
        return (StageNames.ToDictionary(StageId, n => Number(row[n])), Number(row["not_yet_ordered_by_asof"]));
    }

    public static Dictionary<(string From, string To), long> Flows(string dataset, string from, string to)
        => Rows("expected/clc_transitions.csv")
            .Where(r => r["dataset"] == dataset && r["from_date"] == from && r["to_date"] == to)
            .ToDictionary(r => (StageId(r["from_seg"]), StageId(r["to_seg"])), r => Number(r["customers"]));

    /// <summary>Customers with an order under a literal reading ("W1" or "W2"): in each stage, in none, in exactly one, in several.</summary>
    public static (long Customers, Dictionary<string, long> Stages, long Unassigned, long ExactlyOne, long TwoOrMore) Windowed(string dataset, string asOf, string reading)
    {
        var row = Rows("expected/clc_windowed_reading.csv").Single(r => r["dataset"] == dataset && r["as_of"] == asOf && r["reading"].StartsWith(reading, StringComparison.Ordinal));
        return (Number(row["customers"]), StageNames.ToDictionary(StageId, n => Number(row[n])), Number(row["unassigned"]), Number(row["exactly_one"]), Number(row["two_or_more"]));
    }

    /// <summary>Cut points of type 7, and how many customers they give each pair of recency and frequency scores, 555 and 111.</summary>
    public static (long Customers, RfmCuts Cuts, Dictionary<(long R, long F), long> Grid, long Best, long Worst) Rfm(string dataset, string asOf)
    {
        var row = Rows("expected/rfm_summary.csv").Single(IsWanted);
        var grid = Rows("expected/rfm_grid_RF.csv").Where(IsWanted).ToDictionary(r => (Number(r["R_score"]), Number(r["F_score"])), r => Number(r["customers"]));
        return (Number(row["customers"]), new(Cuts("R_cuts"), Cuts("F_cuts"), Cuts("M_cuts")), grid, Number(row["rfm555"]), Number(row["rfm111"]));

        bool IsWanted(Dictionary<string, string> r) => r["dataset"] == dataset && r["as_of"] == asOf && r["method"] == "cutpoint_type7";

        // Binary fractions, where the quantiles have few decimals.
        decimal[] Cuts(string name) => [.. row[name].Trim('[', ']').Split(',').Select(c => decimal.Round(decimal.Parse(c, CultureInfo.InvariantCulture), 4))];
    }

    static readonly string[] StageNames = ["New", "Promising", "Loyal", "Drifting", "Sleeper", "At risk", "Red alert"];

    static IEnumerable<Dictionary<string, string>> Rows(string path) => Csv.Rows(File.ReadLines(Shared.FileOrSkip(path)));

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
