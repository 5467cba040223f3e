using Perennial.Segmentation.Domain.Value;

namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>
/// The grid that audiences see predictions on: millionths. What a double holds beyond is no more than the order in which it was computed, and a customer whose value does not move would
/// cross a bound back and forth by it.
/// </summary>
internal static class PredictionSteps
{
    const int PerUnit = 1_000_000;
    const decimal Unit = 0.000_001m;
    const long Most = 1_000_000_000_000_000_000;

    /// <summary>Null where it is withheld.</summary>
    public static long? Of(Prediction prediction, FieldSource source, int day) => Of(source switch
    {
        FieldSource.PredictedClv => prediction.Clv(day),
        FieldSource.PredictedNumberOfOrders => prediction.Orders(day),
        _ => prediction.ChurnProbability(day),
    });

    public static FieldValue ValueOf(Prediction prediction, FieldSource source, int day) => FieldValue.Of(Of(prediction, source, day) is { } steps ? steps * Unit : (decimal?)null);

    /// <summary>The nearest; what lies beyond the grid is as good as its end. Null for what is no number.</summary>
    public static long? Of(double? value) => value is { } known && !double.IsNaN(known) ? (long)Math.Clamp(Math.Round(known * PerUnit), -Most, Most) : null;

    /// <summary>The nearest step below a bound, or the bound's own.</summary>
    public static long Down(decimal bound) => (long)decimal.Floor(Within(bound));

    /// <summary>The nearest step above a bound, or the bound's own.</summary>
    public static long Up(decimal bound) => (long)decimal.Ceiling(Within(bound));

    static decimal Within(decimal bound) => Math.Clamp(bound, -(Most / PerUnit) - 1, Most / PerUnit + 1) * PerUnit;
}
