namespace Perennial.Segmentation.Domain;

/// <summary>A customer's stay in a stage: from <paramref name="From"/> until just before <paramref name="To"/>.</summary>
/// <param name="To"><see cref="Calendar.Forever"/> where nothing known ends it.</param>
internal sealed record StageInterval(DateTimeOffset From, DateTimeOffset To, Stage Stage);

/// <summary>
/// A customer's stages over all time, from first seen to the end, which for most is never, what the clock alone will bring included. Neighbours differ: a
/// loyal customer who orders again stays loyal since the first day.
/// </summary>
internal static class StageTimeline
{
    public static IReadOnlyList<StageInterval> Of(History history, BoundModel model, TimeZoneInfo zone)
        => Of(history, model.Sources, (change, until) => Stretch(Standing.At(history, change, zone)!, until, model, zone));

    /// <param name="stretch">The stages between two changes, each with its start.</param>
    public static IReadOnlyList<StageInterval> Of(History history, Sources sources, Func<DateTimeOffset, DateTimeOffset, IEnumerable<(DateTimeOffset From, Stage Stage)>> stretch)
    {
        var starts = new List<(DateTimeOffset From, Stage Stage)>();
        var changes = history.Changes(sources);
        changes.Add(history.End);
        for (var i = 0; i + 1 < changes.Count; i++)
        {
            foreach (var (from, stage) in stretch(changes[i], changes[i + 1]))
            {
                // Neighbours of one stage are one stay.
                if (starts.Count == 0 || starts[^1].Stage != stage) starts.Add((from, stage));
            }
        }
        var timeline = new StageInterval[starts.Count];
        for (var i = 0; i < timeline.Length; i++) timeline[i] = new StageInterval(starts[i].From, i + 1 < timeline.Length ? starts[i + 1].From : history.End, starts[i].Stage);
        return timeline;
    }

    /// <summary>The stay in a stage that holds at an instant; null before the customer was first seen, and after the end.</summary>
    public static StageInterval? At(IReadOnlyList<StageInterval> timeline, DateTimeOffset instant)
        => timeline.LastOrDefault(i => i.From <= instant && instant < i.To);

    /// <summary>When the stay began that holds at an instant: as the whole timeline says, but worked out backwards and no further than it takes.</summary>
    /// <param name="instant">At which the customer is there.</param>
    public static DateTimeOffset SinceOf(History history, BoundModel model, TimeZoneInfo zone, DateTimeOffset instant)
    {
        var changes = history.Changes(model.Sources);
        (DateTimeOffset From, Stage Stage)? stay = null;
        for (var i = changes.FindLastIndex(c => c <= instant); i >= 0; i--)
        {
            var (first, last) = (true, default((DateTimeOffset From, Stage Stage)));
            foreach (var next in Stretch(Standing.At(history, changes[i], zone)!, i + 1 < changes.Count ? changes[i + 1] : history.End, model, zone))
            {
                if (next.From > instant) break;
                first = next.From == changes[i];
                last = next;
            }
            if (stay is { } known && known.Stage != last.Stage) return known.From;
            stay = last;
            // It began by the clock.
            if (!first) break;
        }
        return stay!.Value.From;
    }

    /// <summary>The stages of a customer to whom nothing happens, each with its start.</summary>
    static IEnumerable<(DateTimeOffset From, Stage Stage)> Stretch(Standing standing, DateTimeOffset until, BoundModel model, TimeZoneInfo zone)
    {
        var today = Calendar.DateOf(standing.Instant, zone);
        yield return (standing.Instant, model.Place(standing, today).Stage);
        while (model.NextByClock(standing, today, zone) is { } next && next.Time < until)
        {
            yield return (next.Time, next.Stage);
            today = next.Date;
        }
    }
}
