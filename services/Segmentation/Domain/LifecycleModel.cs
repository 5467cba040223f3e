namespace Perennial.Segmentation.Domain;

/// <summary>One end of a condition. <paramref name="IsOpen"/>: the value itself lies outside.</summary>
internal sealed record Limit(decimal Value, bool IsOpen = false);

/// <summary>Holds when a customer's value lies between the limits; without limits, when there is a value.</summary>
/// <param name="Absent">Holds without a value too; with no limits, only then.</param>
internal sealed record Condition(Axis Axis, Limit? Lower = null, Limit? Upper = null, bool Absent = false)
{
    /// <summary>A condition on a whole number with inclusive bounds.</summary>
    public static Condition Whole(Feature feature, int? min, int? max, int windowDays = 0)
        => new(new Axis(feature, windowDays), min is { } lower ? new Limit(lower) : null, max is { } upper ? new Limit(upper) : null);

    /// <summary>What lies between the limits, in steps of the feature.</summary>
    public Bounds Bounds => new(
        Lower is null ? null : Lower.IsOpen ? Axis.Traits.Down(Lower.Value) + 1 : Axis.Traits.Up(Lower.Value),
        Upper is null ? null : Upper.IsOpen ? Axis.Traits.Up(Upper.Value) - 1 : Axis.Traits.Down(Upper.Value));

    /// <summary>Holds for customers without a value and for nobody else.</summary>
    public bool IsOfAbsenceAlone => Absent && Lower is null && Upper is null;

    public bool Holds(long? value) => value is { } steps ? !IsOfAbsenceAlone && Bounds.Contain(steps) : Absent;
}

/// <summary>Holds when all conditions hold.</summary>
internal sealed record Rule(params IReadOnlyList<Condition> Conditions)
{
    /// <summary>In words, for example "4 or more orders, the last 0 to 90 days ago".</summary>
    public override string ToString() => Words.Of(this);
}

/// <summary>Whether customers in a stage are counted as customers, for the rates of a shop. The numbers are stored.</summary>
internal enum StageRole
{
    /// <summary>The model does not say.</summary>
    None = 0,
    /// <summary>Not a customer yet.</summary>
    Prospect = 1,
    /// <summary>A customer who is not lost.</summary>
    Active = 2,
    /// <summary>Lost, until they come back.</summary>
    Lapsed = 3,
}

/// <summary>A stage of the lifecycle: where a customer is for whom any of its rules holds.</summary>
/// <param name="Id">Lower case, for example "at_risk".</param>
/// <param name="Meaning">What the stage means.</param>
/// <param name="SourceText">What the source of the model says of it.</param>
/// <param name="Otherwise">Takes everybody for whom no rule of any stage holds.</param>
internal sealed record Stage(string Id, string Title, string Meaning, string SourceText, IReadOnlyList<Rule> Rules, bool Otherwise = false, StageRole Role = StageRole.None);

/// <summary>Stages as data. What is stored passed <see cref="ModelCheck"/>: every customer is in exactly one of them.</summary>
/// <param name="Stages">In the order in which answers list them.</param>
internal sealed record LifecycleModel(string Title, string Description, string Source, IReadOnlyList<Stage> Stages)
{
    /// <summary>What its conditions ask for, each once.</summary>
    public IEnumerable<Axis> Axes => Stages.SelectMany(s => s.Rules).SelectMany(r => r.Conditions).Select(c => c.Axis).Distinct();

    /// <summary>What the population must say for it.</summary>
    public IEnumerable<PopulationPart> Needs => Axes.Select(a => a.Traits.Needs).Where(n => n != PopulationPart.None).Distinct();
}
