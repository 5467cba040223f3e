using System.ComponentModel.DataAnnotations;
using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation;

/// <summary>How value is modelled (section <c>Value</c>).</summary>
internal sealed class ValueOptions
{
    /// <summary>A shop's models are fitted again when the last revision is this old. Parameters move slowly; a day keeps thresholds fresh at the cost of one reading of all orders.</summary>
    [Range(1, 8_760)]
    public int RefreshHours { get; set; } = 24;

    /// <summary>How often the worker looks for shops that are due, and months that are over.</summary>
    [Range(1, 86_400)]
    public int PollSeconds { get; set; } = 600;

    /// <summary>
    /// "Comes back" means an order within so many days; and as many days before a fit are held back from it, to measure what it predicts. The published backtests use 90: a season's
    /// quarter, and short enough for a shop of half a year.
    /// </summary>
    [Range(7, 730)]
    public int HorizonDays { get; set; } = 90;

    /// <summary>Lapsed is who comes back with less than this probability.</summary>
    [Range(0.001, 0.999)]
    public double LapseLevel { get; set; } = 0.2;

    /// <summary>What a year's wait takes off predicted money.</summary>
    [Range(0.0, 10.0)]
    public double AnnualDiscountRate { get; set; } = 0.1;

    /// <summary>Share of an order's value that stays with the shop. 1 predicts revenue.</summary>
    [Range(0.0001, 1.0)]
    public double Margin { get; set; } = 1;

    /// <summary>A next order further ahead is not named: three years.</summary>
    [Range(1, 36_500)]
    public int NextOrderDaysMax { get; set; } = 1_095;

    /// <summary>Months of RFM kept per shop, the newest in which somebody ordered: a row for each buyer and month. Two years show a season beside the one before.</summary>
    [Range(1, 120)]
    public int RfmMonthsMax { get; set; } = 24;

    /// <summary>
    /// By itself, the worker freezes no month of which more than a thousandth became known in the last so many minutes: an import that is under way would be frozen half. FitValueModels does not
    /// wait.
    /// </summary>
    [Range(0, 10_080)]
    public int RfmSettleMinutes { get; set; } = 60;

    /// <summary>The house is unhealthy when the worker has not got through all shops for so long: from then on, figures are older than <see cref="RefreshHours"/> promises.</summary>
    [Range(1, 8_760)]
    public int UnhealthyHours { get; set; } = 24;

    /// <summary>Whether work that was last done then is late.</summary>
    public bool IsOverdue(DateTimeOffset done, DateTimeOffset now) => now - done > TimeSpan.FromHours(UnhealthyHours);

    public ForecastTerms ToTerms() => new(AnnualDiscountRate, Margin, NextOrderDaysMax);
}
