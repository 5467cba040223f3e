using System.Globalization;
using System.Text.RegularExpressions;

namespace Perennial.CampaignRecommendation.Domain;

/// <summary>Reasons with placeholders. Numbers come with their noun and their unit: "4 orders", "1 day", "GBP 1,234.50".</summary>
internal static partial class Template
{
    public static IReadOnlyList<string> Known { get; } = ["orders", "days", "stage", "value", "next_stage", "next_date", "score"];

    /// <summary>The names between braces, in order.</summary>
    public static IEnumerable<string> PlaceholdersOf(string template) => Placeholder().Matches(template).Select(m => m.Groups[1].Value);

    public static string Fill(string template, Inputs inputs) => Placeholder().Replace(template, match => ValueOf(match.Groups[1].Value, inputs));

    static string ValueOf(string name, Inputs inputs) => name switch
    {
        "orders" => Count(inputs.OrderCount, "order"),
        "days" => Count(inputs.DaysSinceLastOrder ?? 0, "day"),
        "stage" => Words(inputs.Stage),
        "value" => string.Create(CultureInfo.InvariantCulture, $"{inputs.CurrencyCode} {inputs.Value:N2}"),
        "next_stage" => Words(inputs.NextStage ?? inputs.Stage),
        "next_date" => (inputs.NextStageDate ?? inputs.Today).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "score" => inputs.Score.ToString("F2", CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "A playbook is checked before it is used."),
    };

    static string Count(int n, string noun) => string.Create(CultureInfo.InvariantCulture, $"{n} {noun}{(n == 1 ? "" : "s")}");

    static string Words(string stage) => stage.Replace('_', ' ');

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Placeholder();
}
