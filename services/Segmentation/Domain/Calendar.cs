using System.Runtime.CompilerServices;

namespace Perennial.Segmentation.Domain;

/// <summary>
/// A shop's calendar days as intervals of real time. Every instant belongs to exactly one day and days never run backwards:
/// where clocks are set back over midnight, a day that has begun goes on.
/// </summary>
internal static class Calendar
{
    /// <summary>An instant after every other: the end of what has no end.</summary>
    public static readonly DateTimeOffset Forever = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The day that an instant belongs to: the latest that has begun.</summary>
    public static DateOnly DateOf(DateTimeOffset instant, TimeZoneInfo zone)
    {
        var days = DaysOf(zone);
        // A day begins within a day of its midnight in UTC.
        var day = Math.Max(0, (int)(instant.UtcTicks / TimeSpan.TicksPerDay) - 1);
        while (day < DateOnly.MaxValue.DayNumber && days.Of(day + 1) <= instant) day++;
        return DateOnly.FromDayNumber(day);
    }

    /// <summary>
    /// The first instant at which the zone's clocks show the date. Midnight, unless midnight is skipped: then the end of the gap (the
    /// start of the following day where the zone skipped the whole date). Of two midnights, the first.
    /// </summary>
    public static DateTimeOffset StartOf(DateOnly date, TimeZoneInfo zone) => DaysOf(zone).Of(date.DayNumber);

    static StartsOfDays DaysOf(TimeZoneInfo zone)
    {
        // Mostly one zone is asked for over and over: that takes no look into the table.
        if (_lastAsked is { } last && ReferenceEquals(last.Zone, zone)) return last;
        return _lastAsked = Starts.GetValue(zone, static z => new StartsOfDays(z));
    }

    static readonly ConditionalWeakTable<TimeZoneInfo, StartsOfDays> Starts = [];
    static StartsOfDays? _lastAsked;

    /// <summary>A zone's rules answer slowly, and the same days are asked for again and again: a stretch of them is worked out when it is first asked for.</summary>
    sealed class StartsOfDays(TimeZoneInfo zone)
    {
        const int StretchBits = 9, StretchSize = 1 << StretchBits;

        readonly DateTimeOffset[]?[] _stretches = new DateTimeOffset[(DateOnly.MaxValue.DayNumber >> StretchBits) + 1][];

        public TimeZoneInfo Zone => zone;

        public DateTimeOffset Of(int day) => (_stretches[day >> StretchBits] ??= Stretch(day >> StretchBits << StretchBits))[day & (StretchSize - 1)];

        DateTimeOffset[] Stretch(int first)
            => [.. Enumerable.Range(first, Math.Min(StretchSize, DateOnly.MaxValue.DayNumber + 1 - first)).Select(DateOnly.FromDayNumber).Select(d => IsAtEdge(d) ? new DateTimeOffset(d.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : Reckon(d, zone))];

        // Where time itself begins and ends there is no room for an offset.
        static bool IsAtEdge(DateOnly date) => date.DayNumber < 2 || date.DayNumber > DateOnly.MaxValue.DayNumber - 2;
    }

    static DateTimeOffset Reckon(DateOnly date, TimeZoneInfo zone)
    {
        var midnight = new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var before = zone.GetUtcOffset(midnight.AddDays(-1));
        var after = zone.GetUtcOffset(midnight.AddDays(1));
        if (before == after) return midnight - before;
        var (early, late) = before > after ? (midnight - before, midnight - after) : (midnight - after, midnight - before);
        if (ShowsMidnight(early)) return early;
        if (ShowsMidnight(late)) return late;
        return EndOfGap(early, late, zone);

        bool ShowsMidnight(DateTimeOffset instant) => instant + zone.GetUtcOffset(instant) == midnight;
    }

    /// <summary>The instant in (<paramref name="low"/>, <paramref name="high"/>] at which the offset changes, to the millisecond.</summary>
    static DateTimeOffset EndOfGap(DateTimeOffset low, DateTimeOffset high, TimeZoneInfo zone)
    {
        var offset = zone.GetUtcOffset(low);
        var (from, to) = (low.ToUnixTimeMilliseconds(), high.ToUnixTimeMilliseconds());
        while (to - from > 1)
        {
            var middle = from + (to - from) / 2;
            if (zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(middle)) == offset) from = middle;
            else to = middle;
        }
        return DateTimeOffset.FromUnixTimeMilliseconds(to);
    }
}
