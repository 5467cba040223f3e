using System.Globalization;
using System.Text.RegularExpressions;

namespace Perennial.Ingestion.Domain;

/// <summary>A tenant.</summary>
/// <param name="TimeZone">IANA zone in which its calendar days are counted.</param>
/// <param name="Currency">ISO 4217, upper case; never changes once the shop is created.</param>
/// <param name="UpdateTime">When these settings were made: later for each change.</param>
internal sealed partial record Shop(string Id, string TimeZone, string Currency, DateTimeOffset CreateTime, DateTimeOffset UpdateTime)
{
    public const int IdLengthMax = 63;
    public const int TimeZoneLengthMax = 64;

    public static bool IsId(string id) => IdShape().IsMatch(id);

    public static bool IsCurrency(string code) => code is [>= 'A' and <= 'Z', >= 'A' and <= 'Z', >= 'A' and <= 'Z'];

    /// <summary>Changes with every change of the settings.</summary>
    public string Etag => UpdateTime.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>The shop with its days counted in another zone from an instant on, which is after its last change whatever the clock of this machine says.</summary>
    public Shop In(string timeZone, DateTimeOffset now) => this with { TimeZone = timeZone, UpdateTime = now > UpdateTime ? now : UpdateTime.AddMilliseconds(1) };

    public bool HasSettingsOf(Shop other) => TimeZone == other.TimeZone && Currency == other.Currency;

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex IdShape();
}
