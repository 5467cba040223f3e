namespace Perennial.Segmentation.Domain;

/// <summary>What made a stage begin. The numbers are stored.</summary>
internal enum CauseKind
{
    Event = 1,
    Clock = 2,
    FirstSeen = 3,
    Correction = 4,
    Model = 5,
    Erasure = 6,
}

/// <param name="MessageId">Of the event, where there is one.</param>
internal sealed record Cause(CauseKind Kind, string MessageId = "");

/// <summary>A customer's stage in a model as it was last told.</summary>
/// <param name="Stage">Null: they are in none, any more or yet.</param>
/// <param name="Due">When the clock alone changes it; null for never.</param>
internal sealed record Present(Stage? Stage, DateTimeOffset Since, DateTimeOffset? Due)
{
    public static Present Of(IReadOnlyList<StageInterval> timeline, DateTimeOffset now)
    {
        if (StageTimeline.At(timeline, now) is { } stay) return new Present(stay.Stage, stay.From, stay.To < Calendar.Forever ? stay.To : null);
        return now < timeline[0].From ? new Present(null, timeline[0].From, timeline[0].From) : new Present(null, timeline[^1].To, null);
    }
}

/// <summary>A change of a customer's present stage.</summary>
/// <param name="Effective">The boundary itself, or the time of the event.</param>
internal sealed record Transition(Stage? From, Stage? To, DateTimeOffset Effective, Cause Cause);

/// <summary>Changes of present stages: what the clock has brought, and what an event brings that was not known before.</summary>
internal static class Transitions
{
    /// <summary>What began a stay of a history's timeline.</summary>
    /// <param name="sources">What the model reads: nothing else began a stay in it.</param>
    public static Cause CauseOf(History history, DateTimeOffset start, Sources sources)
    {
        if (start == history.End) return new Cause(CauseKind.Erasure);
        if (sources.HasFlag(Sources.Purchases) && history.Facts.LastOrDefault(f => f.Time == start)?.MessageId is { } fact) return new Cause(CauseKind.Event, fact);
        if (sources.HasFlag(Sources.Opinions) && history.Opinions.LastOrDefault(o => o.Time == start)?.MessageId is { } opinion) return new Cause(CauseKind.Event, opinion);
        if (sources.HasFlag(Sources.Traits) && history.Traits.ChangedBy(start) is { } traits) return new Cause(CauseKind.Event, traits);
        if (start == history.FirstSeen) return new Cause(CauseKind.FirstSeen);
        return sources.HasFlag(Sources.Activities) && history.Activities.FirstOrDefault(a => a.Time == start)?.MessageId is { } activity ? new Cause(CauseKind.Event, activity) : new Cause(CauseKind.Clock);
    }

    /// <summary>What has fallen due since a stage was told, in order.</summary>
    public static IEnumerable<Transition> Due(Present told, History history, IReadOnlyList<StageInterval> timeline, DateTimeOffset now, Sources sources)
    {
        if (!(told.Due <= now)) yield break;
        var stage = told.Stage;
        foreach (var stay in timeline)
        {
            if (stay.From < told.Due || stay.From > now) continue;
            if (stay.Stage != stage) yield return new Transition(stage, stay.Stage, stay.From, CauseOf(history, stay.From, sources));
            stage = stay.Stage;
        }
        if (history.End <= now && stage is not null) yield return new Transition(stage, null, history.End, CauseOf(history, history.End, sources));
    }

    /// <summary>What has fallen due, and then what becomes known; with nothing told yet, where the customer is.</summary>
    /// <param name="told">Null for a customer of whom nothing was told.</param>
    /// <param name="before">As known so far; null for nothing.</param>
    /// <param name="after">As known from now on; null for nothing any more.</param>
    /// <param name="news">Message of the newest event, for what corrects the past.</param>
    public static List<Transition> Of(Present? told, (History History, IReadOnlyList<StageInterval> Timeline)? before, (History History, IReadOnlyList<StageInterval> Timeline)? after, DateTimeOffset now, string news, Sources sources)
    {
        var transitions = new List<Transition>();
        if (told?.Due <= now && before is var (known, timeline)) transitions.AddRange(Due(told, known, timeline, now, sources));
        var last = transitions.Count > 0 ? transitions[^1].To : told?.Stage;
        if (after is not var (history, stays))
        {
            if (last is not null) transitions.Add(new Transition(last, null, now, new Cause(CauseKind.Correction, news)));
            return transitions;
        }
        var present = Present.Of(stays, now);
        if (present.Stage == last) return transitions;
        // Not there yet, as is known now: that is news of today.
        if (present.Since > now)
        {
            transitions.Add(new Transition(last, null, now, new Cause(CauseKind.Correction, news)));
            return transitions;
        }
        var cause = CauseOf(history, present.Since, sources);
        if (cause.Kind == CauseKind.Clock && told is not null) cause = new Cause(CauseKind.Correction, news);
        transitions.Add(new Transition(last, present.Stage, present.Since, cause));
        return transitions;
    }
}
