namespace Perennial.Segmentation.Domain;

/// <summary>
/// How engaged a customer is: what they did on a day counts once a day and kind, and fades by half in every half-life. Weights and half-life are those that the engagement house
/// begins with; there every touch counts, which takes more than a record of days to know.
/// </summary>
internal static class EngagementScore
{
    const int HalfLifeDays = 30;

    /// <summary>After so many half-lives nothing of any score is left on its grid.</summary>
    const int HalfLivesMax = 64;

    const double StepsPerUnit = 10_000;

    /// <summary>Of a level, in a doubling of the score.</summary>
    const double LevelsPerDoubling = 1e9;

    static readonly double[] Fractions = [.. Enumerable.Range(0, HalfLifeDays).Select(d => Math.Pow(2, -(double)d / HalfLifeDays))];

    static double Weight(TouchKind kind) => kind switch
    {
        TouchKind.Opened => 0.1,
        TouchKind.Clicked => 1,
        TouchKind.Visit => 0.25,
        TouchKind.Action => 2,
        _ => 0,
    };

    /// <summary>1 on the day itself, one half after a half-life.</summary>
    static double Decay(int days) => Math.ScaleB(Fractions[days % HalfLifeDays], -(days / HalfLifeDays));

    /// <summary>Kinds of touch by day: each once.</summary>
    public static List<(DateOnly Day, TouchKind Kind)> DaysOf(IEnumerable<(DateOnly Day, Touch Touch)> touches)
    {
        var days = new List<(DateOnly Day, TouchKind Kind)>();
        foreach (var (day, touch) in touches)
            if (days.Count == 0 || days[^1] != (day, touch.Kind)) days.Add((day, touch.Kind));
        days.Sort();
        var kept = 0;
        for (var i = 0; i < days.Count; i++)
            if (kept == 0 || days[kept - 1] != days[i]) days[kept++] = days[i];
        days.RemoveRange(kept, days.Count - kept);
        return days;
    }

    /// <summary>Sum over days and kinds of weight * 2^(-days since / half-life), in ten-thousandths, rounded down. Falls, or stays, from day to day.</summary>
    /// <param name="days">None after <paramref name="today"/>, in order, so that equal days give an equal sum.</param>
    public static long At(List<(DateOnly Day, TouchKind Kind)> days, DateOnly today)
    {
        // What is a ten-thousandth but for the last bits of a sum is one.
        return (long)Math.Floor(Math.Round(Sum(days, today) * StepsPerUnit, 6));
    }

    static double Sum(List<(DateOnly Day, TouchKind Kind)> days, DateOnly today)
    {
        var sum = 0.0;
        foreach (var (day, kind) in days) sum += Weight(kind) * Decay(today.DayNumber - day.DayNumber);
        return sum;
    }

    /// <summary>Within so much of the level of a bound only the score itself, rounded as it is, tells on which side it lies.</summary>
    public const long LevelBlur = 2_000;

    /// <summary>
    /// The score as it will ever be, in one number: the binary logarithm of what it is in ten-thousandths before rounding, and one more for every half-life since day 0, in billionths.
    /// Null where it is 0 for ever.
    /// </summary>
    /// <param name="days">In order.</param>
    public static long? Level(List<(DateOnly Day, TouchKind Kind)> days)
    {
        if (days.Count == 0) return null;
        var last = days[^1].Day;
        return LevelOf(Sum(days, last) * StepsPerUnit, last.DayNumber);
    }

    /// <summary>The level of who has so many steps, above 0, on a day.</summary>
    public static long LevelOf(double steps, int day) => (long)((Math.Log2(steps) + (double)day / HalfLifeDays) * LevelsPerDoubling);

    /// <summary>The first day after <paramref name="today"/> on which the score is below so many steps; null where it is now, or for ever above.</summary>
    public static long? FallsBelow(List<(DateOnly Day, TouchKind Kind)> days, long steps, DateOnly today)
    {
        if (steps <= 0 || At(days, today) < steps) return null;
        var (above, below) = (today.DayNumber, Math.Min(today.DayNumber + HalfLifeDays * HalfLivesMax, DateOnly.MaxValue.DayNumber));
        if (At(days, DateOnly.FromDayNumber(below)) >= steps) return null;
        while (below - above > 1)
        {
            var middle = above + (below - above) / 2;
            if (At(days, DateOnly.FromDayNumber(middle)) < steps) below = middle;
            else above = middle;
        }
        return below;
    }

    /// <summary>Channels by how engaged a customer is with the messages on each, most first: opens and clicks, scored as above for each channel.</summary>
    /// <param name="touches">None after <paramref name="today"/>.</param>
    public static IReadOnlyList<Channel> Channels(IEnumerable<(DateOnly Day, Touch Touch)> touches, DateOnly today)
        => [.. touches.Where(t => t.Touch.Channel != Channel.None)
            .GroupBy(t => t.Touch.Channel)
            // Of two whose scores are worn away, the one touched later.
            .OrderByDescending(c => At(DaysOf(c), today)).ThenByDescending(c => c.Max(t => t.Day)).ThenBy(c => c.Key)
            .Select(c => c.Key)];
}
