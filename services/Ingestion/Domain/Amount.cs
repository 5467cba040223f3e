using System.Globalization;

namespace Perennial.Ingestion.Domain;

/// <summary>What an amount of money must be: whole units and billionths of the same sign, in a currency or in the shop's.</summary>
internal static class Amount
{
    /// <summary>Below this in magnitude, so that sums of many fit the 15 places before the point that the stores keep.</summary>
    public const long UnitsLimit = 100_000_000_000_000;

    /// <summary>Null, or what is wrong.</summary>
    public static string? Fault(string currency, long units, int nanos)
    {
        if (currency.Length > 0 && !Shop.IsCurrency(currency)) return "currency_code must be ISO 4217 in upper case, or empty for the shop's currency";
        if (nanos is < -999_999_999 or > 999_999_999) return "nanos must be from -999,999,999 to 999,999,999";
        if ((units > 0 && nanos < 0) || (units < 0 && nanos > 0)) return "units and nanos must have the same sign";
        return units is > -UnitsLimit and < UnitsLimit ? null : string.Create(CultureInfo.InvariantCulture, $"must be less than {UnitsLimit:N0} in magnitude");
    }
}
