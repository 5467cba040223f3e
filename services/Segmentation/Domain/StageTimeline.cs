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
    {
        var turns = new List<DateOnly>();
        return Of(history, model.Sources, (change, until, stays) => model.AddStays(stays, Standing.At(history, change, zone)!, until, zone, turns));
    }

    /// <param name="addStretch">Adds the stages between two changes.</param>
    public static IReadOnlyList<StageInterval> Of(History history, Sources sources, Action<DateTimeOffset, DateTimeOffset, StageStarts> addStretch)
    {
        var (starts, changes) = (new StageStarts(), history.Changes(sources));
        for (var i = 0; i < changes.Count; i++) addStretch(changes[i], i + 1 < changes.Count ? changes[i + 1] : history.End, starts);
        var timeline = new StageInterval[starts.Count];
        for (var i = 0; i < timeline.Length; i++) timeline[i] = new StageInterval(starts[i].From, i + 1 < timeline.Length ? starts[i + 1].From : history.End, starts[i].Stage);
        return timeline;
    }

    /// <summary>The stay in a stage that holds at an instant; null before the customer was first seen, and after the end.</summary>
    public static StageInterval? At(IReadOnlyList<StageInterval> timeline, DateTimeOffset instant)
    {
        for (var i = timeline.Count - 1; i >= 0; i--)
            if (timeline[i].From <= instant) return instant < timeline[i].To ? timeline[i] : null;
        return null;
    }

    /// <summary>When the stay began that holds at an instant: as the whole timeline says, but worked out backwards and no further than it takes.</summary>
    /// <param name="instant">At which the customer is there.</param>
    public static DateTimeOffset SinceOf(History history, BoundModel model, TimeZoneInfo zone, DateTimeOffset instant)
    {
        var (changes, starts, turns) = (history.Changes(model.Sources), new StageStarts(), new List<DateOnly>());
        (DateTimeOffset From, Stage Stage)? stay = null;
        var until = instant.AddTicks(1);
        for (var i = changes.FindLastIndex(c => c <= instant); i >= 0; i--)
        {
            starts.Clear();
            model.AddStays(starts, Standing.At(history, changes[i], zone)!, until, zone, turns);
            var last = starts[^1];
            if (stay is { } known && known.Stage != last.Stage) return known.From;
            stay = last;
            // It began by the clock.
            if (starts.Count > 1) break;
            until = changes[i];
        }
        return stay!.Value.From;
    }
}

/// <summary>Where the stays of a customer begin, in order of time.</summary>
internal sealed class StageStarts
{
    readonly List<(DateTimeOffset From, Stage Stage)> _starts = [];

    public int Count => _starts.Count;

    public (DateTimeOffset From, Stage Stage) this[Index index] => _starts[index];

    /// <summary>Neighbours of one stage are one stay.</summary>
    public void Add(DateTimeOffset from, Stage stage)
    {
        if (_starts.Count == 0 || _starts[^1].Stage != stage) _starts.Add((from, stage));
    }

    public void Clear() => _starts.Clear();
}
