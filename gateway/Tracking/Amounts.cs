using System.Globalization;
using System.Text.Json;
using Google.Type;

namespace Perennial.Gateway.Tracking;

/// <summary>Money from JSON, exact: a number's digits are read as a decimal and never pass through binary floating point.</summary>
internal static class Amounts
{
    const decimal NanosPerUnit = 1_000_000_000m;
    const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>A JSON number, or a string that holds one. Digits beyond the ninth, which only sums of binary fractions have, are rounded half to even.</summary>
    public static bool TryRead(JsonElement element, out decimal amount)
    {
        amount = 0;
        return element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetDecimal(out amount),
            JsonValueKind.String => decimal.TryParse(element.GetString().AsSpan().Trim(), Styles, CultureInfo.InvariantCulture, out amount),
            _ => false,
        } && Math.Abs(amount) < long.MaxValue;
    }

    public static Money ToMoney(decimal amount, string currency)
    {
        var exact = decimal.Round(amount, 9, MidpointRounding.ToEven);
        var units = decimal.Truncate(exact);
        return new Money { CurrencyCode = currency, Units = (long)units, Nanos = (int)((exact - units) * NanosPerUnit) };
    }
}
