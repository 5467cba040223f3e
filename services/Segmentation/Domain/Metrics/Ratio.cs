namespace Perennial.Segmentation.Domain.Metrics;

/// <summary>A number with what it was divided from; exact.</summary>
/// <param name="Denominator">Null where nothing is divided.</param>
internal readonly record struct Ratio(decimal Numerator, decimal? Denominator = null)
{
    /// <summary>Null where the denominator is 0.</summary>
    public decimal? Value => Denominator is { } denominator ? Quotient(Numerator, denominator) : Numerator;

    public static decimal? Quotient(decimal numerator, decimal denominator) => denominator == 0 ? null : numerator / denominator;
}
