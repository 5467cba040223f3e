using System.Text.RegularExpressions;

namespace Perennial.Ingestion.Domain;

/// <summary>A tenant: its settings never change once it is created.</summary>
/// <param name="TimeZone">IANA zone in which its calendar days are counted.</param>
/// <param name="Currency">ISO 4217, upper case.</param>
internal sealed partial record Shop(string Id, string TimeZone, string Currency, DateTimeOffset CreateTime)
{
    public const int IdLengthMax = 63;
    public const int TimeZoneLengthMax = 64;

    public static bool IsId(string id) => IdShape().IsMatch(id);

    public static bool IsCurrency(string code) => code is [>= 'A' and <= 'Z', >= 'A' and <= 'Z', >= 'A' and <= 'Z'];

    public bool HasSettingsOf(Shop other) => TimeZone == other.TimeZone && Currency == other.Currency;

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex IdShape();
}
