using System.Globalization;

namespace Perennial.Segmentation.Domain;

/// <summary>What overlays mean in a shop, as of a revision.</summary>
/// <param name="VipSpendMultiple">A VIP spent at least so many times the mean spend of customers with an order; above 0.</param>
/// <param name="VipTopPercent">Or is among so many per cent of them by spend, above 0 and below 100. Exactly one of the two is given.</param>
/// <param name="WarmDays">Warm is whose last interaction lies at most so many days ago.</param>
/// <param name="NewCustomerDays">A new customer is whose first order lies at most so many days ago.</param>
internal sealed record OverlaySettings(decimal? VipSpendMultiple, decimal? VipTopPercent, int WarmDays, int NewCustomerDays)
{
    /// <summary>Of a shop that set none. Sources say "far above the average" and no number.</summary>
    public static OverlaySettings Default { get; } = new(5, null, 30, 30);

    /// <param name="topSpend">Of <see cref="VipTopPercent"/>: see <see cref="TopSpend"/>. Null while nobody has counted.</param>
    public OverlayMeasures Against(Population? population, decimal? topSpend)
    {
        var (spend, basis) = this switch
        {
            { VipTopPercent: { } percent } when topSpend is null => ((decimal?)null, $"where the top {Text(percent)} % of customers with an order begin is not counted yet"),
            { VipTopPercent: { } percent } => (topSpend, $"where the top {Text(percent)} % of customers with an order begin"),
            { VipSpendMultiple: { } multiple } when population?.AverageSpend is { } mean => (multiple * mean, $"{Text(multiple)} times the mean spend of {Text(mean)}"),
            _ => (null, "the shop's mean spend is not known: set average_spend with SetPopulation"),
        };
        return new OverlayMeasures(spend, basis, WarmDays, NewCustomerDays, population?.LapseDays);
    }

    /// <summary>The least spend among so many per cent of customers with an order, at least one of them; who spent as much belongs to them too. Null where there is none.</summary>
    public static decimal? TopSpend(IEnumerable<decimal> spends, decimal percent)
    {
        decimal[] sorted = [.. spends.OrderDescending()];
        return sorted.Length == 0 ? null : sorted[Math.Clamp((int)decimal.Ceiling(sorted.Length * percent / 100), 1, sorted.Length) - 1];
    }

    static string Text(decimal number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}

/// <summary>What overlays hold customers against: settings and population, each as of a revision.</summary>
/// <param name="VipSpend">Spend from which on a customer is a VIP; null where nobody knows yet.</param>
/// <param name="VipBasis">Where it comes from, or what it lacks.</param>
/// <param name="LapseDays">Null where nobody knows yet.</param>
internal sealed record OverlayMeasures(decimal? VipSpend, string VipBasis, int WarmDays, int NewCustomerDays, int? LapseDays);
