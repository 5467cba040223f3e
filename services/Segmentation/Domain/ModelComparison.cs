namespace Perennial.Segmentation.Domain;

/// <summary>A customer whom two models put into different stages at the last instant of their comparison, by the stages' places in their models.</summary>
internal readonly record struct Move(int Before, int After);

/// <summary>
/// Two models over the same histories, from an instant to another, as known at a third. A customer adds to the sums what they are in either model; the order in which
/// customers come does not matter, nor how they are cut into parts.
/// </summary>
internal sealed class ModelComparison
{
    /// <summary>Days looked at between the first instant and the last.</summary>
    public const int DaysMax = 60;

    readonly DateTimeOffset _knownAt;
    readonly TimeZoneInfo _zone;
    readonly string _currency;
    readonly Sources _sources;

    // By place in the model before: the place of the stage of the same id after, -1 for none.
    readonly int[] _same;

    /// <param name="from">Not after <paramref name="to"/>.</param>
    public ModelComparison(BoundModel before, BoundModel after, DateTimeOffset from, DateTimeOffset to, DateTimeOffset knownAt, string currency, TimeZoneInfo zone)
    {
        (Before, After, _knownAt, _currency, _zone) = (before, after, knownAt, currency, zone);
        _sources = before.Sources | after.Sources | Sources.Purchases;
        Instants = [from, .. DaysBetween(from, to, zone), to];
        var stages = after.Model.Stages.Select(s => s.Id).ToList();
        _same = [.. before.Model.Stages.Select(s => stages.IndexOf(s.Id))];
    }

    public BoundModel Before { get; }
    public BoundModel After { get; }

    /// <summary>What is counted at: the first instant, the starts of days between, and the last instant.</summary>
    public IReadOnlyList<DateTimeOffset> Instants { get; }

    /// <summary>What of a record it reads.</summary>
    public Sources Sources => _sources;

    /// <summary>A customer as both models see them; null when nothing was known of them.</summary>
    public History? HistoryOf(CustomerRecord record) => record.AsKnown(_knownAt, _currency, _zone, _sources);

    public ModelComparisonSums Nothing() => new()
    {
        Before = StageSums.Nothing(Instants.Count, Before.Model.Stages.Count),
        After = StageSums.Nothing(Instants.Count, After.Model.Stages.Count),
        Flows = StageSums.Table(Before.Model.Stages.Count, After.Model.Stages.Count),
    };

    /// <summary>Adds a customer to the sums; answers how they move, if they do.</summary>
    public Move? Add(CustomerRecord record, ModelComparisonSums sums)
    {
        if (HistoryOf(record) is not { } history || Add(history, Before, sums.Before) is not { } before || Add(history, After, sums.After) is not { } after) return null;
        sums.Customers++;
        sums.Flows[before][after]++;
        if (_same[before] == after) return null;
        sums.Movers++;
        return new Move(before, after);
    }

    /// <summary>Answers the place of the stage at the last instant; null where there is none.</summary>
    int? Add(History history, BoundModel model, StageSums sums)
    {
        var timeline = StageTimeline.Of(history, model, _zone);
        AddTransitions(history, timeline, model, sums.Transitions);
        var shares = StageShares.Of(history, timeline);
        int? place = null;
        for (var (instant, share) = (0, -1); instant < Instants.Count; instant++)
        {
            while (share + 1 < shares.Count && shares[share + 1].From <= Instants[instant]) share++;
            place = share >= 0 && shares[share].Stage is { } stage ? model.OrdinalOf(stage) : null;
            if (place is not { } at) continue;
            sums.Customers[instant][at]++;
            sums.Values[instant][at] += shares[share].Value;
        }
        return place;
    }

    void AddTransitions(History history, IReadOnlyList<StageInterval> timeline, BoundModel model, long[][] transitions)
    {
        var (none, last) = (model.Model.Stages.Count, model.Model.Stages.Count);
        foreach (var stay in timeline)
        {
            var stage = model.OrdinalOf(stay.Stage);
            if (IsWithin(stay.From)) transitions[last][stage]++;
            last = stage;
        }
        if (last != none && IsWithin(history.End)) transitions[last][none]++;
    }

    bool IsWithin(DateTimeOffset instant) => Instants[0] < instant && instant <= Instants[^1];

    /// <summary>The starts of days that lie between two instants: all of them, or as many as are looked at, evenly spaced.</summary>
    static IEnumerable<DateTimeOffset> DaysBetween(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        var first = Calendar.DateOf(from, zone).DayNumber + 1L;
        var last = Calendar.DateOf(to, zone).DayNumber - (Calendar.StartOf(Calendar.DateOf(to, zone), zone) == to ? 1L : 0);
        var days = Math.Max(0, last - first + 1);
        var count = Math.Min(days, DaysMax);
        for (var i = 1; i <= count; i++) yield return Calendar.StartOf(DateOnly.FromDayNumber((int)(first + i * (days + 1) / (count + 1) - 1)), zone);
    }
}
