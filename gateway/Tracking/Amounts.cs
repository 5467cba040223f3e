using System.Globalization;
using System.Text.Json;

namespace Perennial.Gateway.Tracking;

/// <summary>Money from JSON, exact: a number's digits are read as a decimal and never pass through binary floating point.</summary>
internal static class Amounts
{
    const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>A JSON number, or a string that holds one.</summary>
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
}
