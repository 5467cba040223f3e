namespace Perennial.Segmentation.Domain;

/// <summary>The stage of a customer, and the rule that says so.</summary>
/// <param name="Rule">Null in the stage that takes the others.</param>
internal sealed record Placement(Stage Stage, Rule? Rule)
{
    /// <summary>For example "loyal: 4 or more orders, the last 0 to 90 days ago".</summary>
    public string Text { get; } = $"{Stage.Id}: {Rule?.ToString() ?? "none of the other stages"}";
}

/// <summary>The next change of stage by clock alone: it holds unless something comes in between.</summary>
/// <param name="Time">The first instant of <paramref name="Date"/> in the shop's zone: the boundary itself.</param>
internal sealed record StageChange(Stage Stage, DateTimeOffset Time, DateOnly Date);

/// <summary>A revision of a model together with the population it is measured against: all that a stage depends on beside the customer and the zone that counts the days.</summary>
internal sealed class BoundModel
{
    readonly Axis[] _axes;
    readonly Compiled[] _rules;
    readonly (int Axis, long[] Starts)[] _aging;
    readonly Placement? _otherwise;
    readonly Dictionary<Stage, int> _ordinals;

    sealed record Compiled(Placement Placement, (int Axis, Bounds Bounds, bool InBounds, bool Absent)[] Conditions)
    {
        public bool Holds(ReadOnlySpan<long?> values)
        {
            foreach (var (axis, bounds, inBounds, absent) in Conditions)
                if (!(values[axis] is { } value ? inBounds && bounds.Contain(value) : absent)) return false;
            return true;
        }
    }

    /// <param name="population">Has what the model needs.</param>
    public BoundModel(string id, int revision, LifecycleModel model, int populationRevision = 0, Population? population = null)
    {
        (Id, Revision, Model, PopulationRevision, Population) = (id, revision, model, populationRevision, population);
        _axes = [.. model.Axes];
        _otherwise = model.Stages.FirstOrDefault(s => s.Otherwise) is { } others ? new Placement(others, null) : null;
        _rules = [.. from stage in model.Stages from rule in stage.Rules select new Compiled(new Placement(stage, rule), [.. rule.Conditions.Select(c => (Array.IndexOf(_axes, c.Axis), c.Bounds, !c.IsOfAbsenceAlone, c.Absent))])];
        _aging = [.. _axes.Index().Where(a => a.Item.Traits.Ages).Select(a => (a.Index, Starts(a.Index)))];
        _ordinals = new(model.Stages.Index().Select(s => KeyValuePair.Create(s.Item, s.Index)), ReferenceEqualityComparer.Instance);
        Sources = _axes.Aggregate(default(Sources), (sources, axis) => sources | axis.Traits.Sources);
    }

    public string Id { get; }
    public int Revision { get; }
    public LifecycleModel Model { get; }
    /// <summary>0 where there is none.</summary>
    public int PopulationRevision { get; }
    public Population? Population { get; }
    public IReadOnlyList<Axis> Axes => _axes;

    /// <summary>What of a history it reads.</summary>
    public Sources Sources { get; }

    /// <summary>The place of one of the model's own stages among them, from 0.</summary>
    public int OrdinalOf(Stage stage) => _ordinals[stage];

    /// <param name="today">See <see cref="Standing.Value"/>.</param>
    public Placement Place(Standing standing, DateOnly today)
    {
        Span<long?> values = stackalloc long?[_axes.Length];
        for (var i = 0; i < values.Length; i++) values[i] = standing.Value(_axes[i], today, Population);
        foreach (var rule in _rules)
            if (rule.Holds(values)) return rule.Placement;
        return _otherwise ?? throw new InvalidOperationException($"Model {Id} has no stage for a customer with {Words.Of(_axes.Zip([.. values]))}.");
    }

    /// <summary>The first change that the clock alone brings after <paramref name="today"/>; null where the present stage lasts.</summary>
    public StageChange? NextByClock(Standing standing, DateOnly today, TimeZoneInfo zone)
    {
        if (_aging.Length == 0) return null;
        var turns = new List<DateOnly>();
        AddTurns(turns, standing, today);
        if (turns.Count == 0) return null;
        var present = Place(standing, today).Stage;
        foreach (var turn in turns)
        {
            // A date that the zone skipped begins with the next one.
            var time = Calendar.StartOf(turn, zone);
            var date = Calendar.DateOf(time, zone);
            if (Place(standing, date).Stage is var stage && stage != present) return new StageChange(stage, time, date);
        }
        return null;
    }

    /// <summary>The stages of a customer to whom nothing happens: from the instant that they stand at, until just before another.</summary>
    /// <param name="turns">Room to work in.</param>
    public void AddStays(StageStarts stays, Standing standing, DateTimeOffset until, TimeZoneInfo zone, List<DateOnly> turns)
    {
        var today = Calendar.DateOf(standing.Instant, zone);
        stays.Add(standing.Instant, Place(standing, today).Stage);
        if (_aging.Length == 0) return;
        turns.Clear();
        AddTurns(turns, standing, today);
        foreach (var turn in turns)
        {
            // The same date again, or one that the zone skipped and the last one began with.
            if (turn <= today) continue;
            var time = Calendar.StartOf(turn, zone);
            if (time >= until) return;
            today = Calendar.DateOf(time, zone);
            stays.Add(time, Place(standing, today).Stage);
        }
    }

    /// <summary>The dates after <paramref name="today"/> on which the clock alone may change the stage. Ascending.</summary>
    void AddTurns(List<DateOnly> turns, Standing standing, DateOnly today)
    {
        foreach (var (axis, starts) in _aging) standing.AddTurns(turns, _axes[axis], starts, today, Population);
        turns.Sort();
    }

    /// <summary>Where bounds on an axis begin, or end before.</summary>
    long[] Starts(int axis) => [.. _rules.SelectMany(r => r.Conditions)
        .Where(c => c.Axis == axis)
        .SelectMany(c => (long?[])[c.Bounds.Min, c.Bounds.Max + 1])
        .OfType<long>()
        .Distinct()];
}
