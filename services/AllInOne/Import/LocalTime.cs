using System.Globalization;

namespace Perennial.AllInOne.Import;

/// <summary>
/// Reads times as shops export them. A time without an offset is read in the shop's zone: one that the clocks show twice
/// is the earlier of the two, one that they skip is moved forward by the length of the gap.
/// </summary>
/// <param name="format">How times are written, in .NET's notation; null for the ISO forms.</param>
internal sealed class LocalTime(TimeZoneInfo zone, string? format = null)
{
    static readonly string[] Local =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm",
        "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyy/MM/dd", "yyyyMMdd",
    ];

    static readonly string[] WithOffset =
    [
        "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss zzz", "yyyy-MM-dd HH:mm zzz",
    ];

    string _lastText = "";
    DateTimeOffset _last;

    /// <summary>What a person should write, for messages.</summary>
    public string Example => format ?? "2011-12-09 23:59:59, 2011-12-09 or 2011-12-09T23:59:59Z";

    /// <summary>The instant in UTC, or false where the text is no time.</summary>
    public bool TryRead(string text, out DateTimeOffset instant)
    {
        // The lines of an order follow each other and carry the same time.
        if (text.Length > 0 && text == _lastText)
        {
            instant = _last;
            return true;
        }
        if (!TryParse(text.Trim(), out instant)) return false;
        (_lastText, _last) = (text, instant);
        return true;
    }

    bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        if (DateTime.TryParseExact(text, format is null ? Local : [format], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Kind == DateTimeKind.Unspecified)
        {
            instant = ToInstant(local, zone);
            return true;
        }
        if (!DateTimeOffset.TryParseExact(Compact(text), format is null ? WithOffset : [format], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant)) return false;
        instant = instant.ToUniversalTime();
        return true;
    }

    // "2011-12-09 12:00:00 -0500" and "... UTC" are common; .NET wants a colon in the offset and a Z.
    static string Compact(string text)
    {
        if (text.EndsWith(" UTC", StringComparison.Ordinal)) return text[..^4] + "Z";
        var isShort = text.Length > 16 && text[^5] is '+' or '-' && text[^4..].All(char.IsAsciiDigit);
        return isShort ? text[..^2] + ":" + text[^2..] : text;
    }

    internal static DateTimeOffset ToInstant(DateTime local, TimeZoneInfo zone)
    {
        // In a gap the offset before it moves the time forward by the gap's length; of two, the larger offset comes first.
        var offset = zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddDays(-1))
            : zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        var utc = local.Ticks - offset.Ticks;
        return new DateTimeOffset(Math.Clamp(utc, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }
}
