namespace Perennial.EngagementTracking.Domain;

/// <summary>What a touch is worth and how fast it fades.</summary>
/// <param name="HalfLifeDays">1 or more.</param>
internal sealed record ScoreRules(int HalfLifeDays, double WarmScoreMin, double OpenWeight, double ClickWeight, double VisitWeight, double ActionWeight)
{
    public double WeightOf(TouchKind kind) => kind switch
    {
        TouchKind.Opened => OpenWeight,
        TouchKind.Clicked => ClickWeight,
        TouchKind.Visit => VisitWeight,
        TouchKind.Action => ActionWeight,
        _ => 0,
    };
}

/// <summary>How warm a customer is: exponential decay with a half-life.</summary>
internal static class Score
{
    /// <summary>
    /// Sum over touches of weight * 2^(-age / half-life), age in whole UTC days; touches after <paramref name="day"/> do not count.
    /// 0 or more. The sum runs in a fixed order, so equal touches give an equal double.
    /// </summary>
    public static double At(DateOnly day, IEnumerable<TouchDay> touches, ScoreRules rules) => touches
        .Where(t => t.Day <= day)
        .OrderBy(t => t.Day).ThenBy(t => t.Channel).ThenBy(t => t.Kind)
        .Sum(t => t.TouchCount * rules.WeightOf(t.Kind) * Decay(day.DayNumber - t.Day.DayNumber, rules.HalfLifeDays));

    /// <summary>1 on the same day, 1/2 after one half-life.</summary>
    public static double Decay(int ageDays, int halfLifeDays) => Math.Pow(2, -(double)ageDays / halfLifeDays);
}
