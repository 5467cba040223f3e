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
    public static IReadOnlyList<StageInterval> Of(PurchaseHistory history, LifecycleModel model, TimeZoneInfo zone)
    {
        var timeline = new List<StageInterval>();
        for (var i = 0; i < history.Points.Count && history.Points[i].From < history.End; i++)
        {
            var until = i + 1 < history.Points.Count && history.Points[i + 1].From < history.End ? history.Points[i + 1].From : history.End;
            foreach (var (from, stage) in Stretch(history.Points[i], until, model, zone)) Append(timeline, from, stage);
        }
        if (timeline is [.., var last]) timeline[^1] = last with { To = history.End };
        return timeline;
    }

    /// <summary>The stay in a stage that holds at an instant; null before the customer was first seen, and after the end.</summary>
    public static StageInterval? At(IReadOnlyList<StageInterval> timeline, DateTimeOffset instant)
        => timeline.LastOrDefault(i => i.From <= instant && instant < i.To);

    /// <summary>The stages of a customer whose purchases stay as they are, each with its start.</summary>
    static IEnumerable<(DateTimeOffset From, Stage Stage)> Stretch(Purchases purchases, DateTimeOffset until, LifecycleModel model, TimeZoneInfo zone)
    {
        if (purchases.LastOrder is not { } last)
        {
            yield return (purchases.From, model.Place(purchases.OrderCount, null).Stage);
            yield break;
        }
        var lastDate = Calendar.DateOf(last.Time, zone);
        var days = Calendar.DateOf(purchases.From, zone).DayNumber - lastDate.DayNumber;
        yield return (purchases.From, model.Place(purchases.OrderCount, days).Stage);
        while (model.NextByClock(purchases.OrderCount, days) is { } next && Calendar.StartOf(lastDate.AddDays(next.Days), zone) is var from && from < until)
        {
            yield return (from, next.Stage);
            days = next.Days;
        }
    }

    /// <summary>Ends the last interval where the next begins, unless both are of one stage.</summary>
    static void Append(List<StageInterval> timeline, DateTimeOffset from, Stage stage)
    {
        if (timeline is [.., var last])
        {
            if (last.Stage == stage) return;
            timeline[^1] = last with { To = from };
        }
        timeline.Add(new StageInterval(from, Calendar.Forever, stage));
    }
}
