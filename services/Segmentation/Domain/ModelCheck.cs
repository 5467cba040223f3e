namespace Perennial.Segmentation.Domain;

internal enum FlawKind
{
    /// <summary>A customer who would be in no stage.</summary>
    Gap,
    /// <summary>A customer who would be in two.</summary>
    Overlap,
    /// <summary>A rule for nobody.</summary>
    IdleRule,
    /// <summary>More cells than are looked at.</summary>
    TooFine,
}

/// <summary>What keeps a model from being a partition of all customers that can be.</summary>
/// <param name="Stages">Of an overlap the two; of an idle rule its own.</param>
/// <param name="Example">A customer by their values; empty where there is none to show.</param>
/// <param name="Rule">Of an idle rule its index in its stage.</param>
internal sealed record Flaw(FlawKind Kind, IReadOnlyList<string> Stages, IReadOnlyList<(Axis Axis, long? Value)> Example, int Rule = 0, long Cells = 0);

/// <summary>
/// Whether a model is total and disjoint. Conditions are bounds on single features, so cutting each feature at every bound gives cells
/// of which no rule holds for a part only: looking at one customer of every cell is exact. Cells that no customer can be in do not count: see
/// <see cref="Customers"/>. Features that depend on the population are taken as free of each other and of the others, since a population may come to be that
/// makes them so.
/// </summary>
internal sealed class ModelCheck
{
    /// <summary>Most cells: with the most rules that a document may have, about a second.</summary>
    public const long CellsMax = 200_000;

    /// <summary>Flaws named of one kind.</summary>
    const int FlawsMax = 5;

    readonly Axis[] _axes;
    readonly Customers _customers;
    readonly Bounds?[][] _segments;
    readonly (Stage Stage, Rule Rule, bool IsUsed)[] _rules;
    readonly ulong[][][] _fits;
    readonly List<Flaw> _flaws = [];
    readonly bool _hasOtherwise;

    ModelCheck(LifecycleModel model)
    {
        _axes = [.. model.Axes];
        _customers = new Customers(_axes);
        _rules = [.. model.Stages.SelectMany(s => s.Rules.Select(r => (s, r, false)))];
        _hasOtherwise = model.Stages.Any(s => s.Otherwise);
        _segments = [.. _axes.Select(a => _customers.Segments(a, model))];
        _fits = [.. _axes.Index().Select(a => _segments[a.Index].Select(segment => Fits(a.Item, segment)).ToArray())];
    }

    /// <summary>Empty for a model that may be stored. Flaws come in the order of their kinds, at most a few of each.</summary>
    public static IReadOnlyList<Flaw> Of(LifecycleModel model)
    {
        var check = new ModelCheck(model);
        var cells = check._segments.Aggregate(1m, (product, segments) => Math.Min(product * segments.Length, long.MaxValue));
        if (cells > CellsMax) return [new Flaw(FlawKind.TooFine, [], [], Cells: (long)cells)];
        check.Walk(0, new Bounds?[check._axes.Length], check.AllRules());
        check.FindIdleRules();
        return [.. check._flaws.OrderBy(f => f.Kind)];
    }

    /// <summary>The rules as a set of bits.</summary>
    ulong[] AllRules()
    {
        var all = new ulong[(_rules.Length + 63) / 64];
        for (var i = 0; i < _rules.Length; i++) all[i / 64] |= 1UL << i % 64;
        return all;
    }

    /// <summary>The rules that a segment of an axis leaves possible. A segment lies within a condition's bounds or outside of them.</summary>
    ulong[] Fits(Axis axis, Bounds? segment)
    {
        var fits = AllRules();
        for (var i = 0; i < _rules.Length; i++)
        {
            foreach (var condition in _rules[i].Rule.Conditions)
                if (condition.Axis == axis && !condition.Holds(segment is { } bounds ? bounds.Min ?? bounds.Max ?? 0 : null)) fits[i / 64] &= ~(1UL << i % 64);
        }
        return fits;
    }

    void Walk(int axis, Bounds?[] cell, ulong[] rules)
    {
        if (axis == _axes.Length)
        {
            if (_customers.Example(cell) is { } example) Judge(example, rules);
            return;
        }
        for (var s = 0; s < _segments[axis].Length; s++)
        {
            cell[axis] = _segments[axis][s];
            var left = new ulong[rules.Length];
            for (var i = 0; i < left.Length; i++) left[i] = rules[i] & _fits[axis][s][i];
            Walk(axis + 1, cell, left);
        }
    }

    void Judge(IReadOnlyList<(Axis, long?)> example, ulong[] rules)
    {
        Stage? first = null;
        for (var i = 0; i < _rules.Length; i++)
        {
            if ((rules[i / 64] >> i % 64 & 1) == 0) continue;
            _rules[i].IsUsed = true;
            if (first is null) first = _rules[i].Stage;
            else if (first != _rules[i].Stage) Add(new Flaw(FlawKind.Overlap, [first.Id, _rules[i].Stage.Id], example));
        }
        if (first is null && !_hasOtherwise) Add(new Flaw(FlawKind.Gap, [], example));
    }

    void FindIdleRules()
    {
        foreach (var (stage, rule, _) in _rules.Where(r => !r.IsUsed)) Add(new Flaw(FlawKind.IdleRule, [stage.Id], [], stage.Rules.Index().First(r => ReferenceEquals(r.Item, rule)).Index));
    }

    /// <summary>One example of a pair of stages is enough.</summary>
    void Add(Flaw flaw)
    {
        if (_flaws.Count(f => f.Kind == flaw.Kind) >= FlawsMax) return;
        if (flaw.Kind == FlawKind.Overlap && _flaws.Exists(f => f.Kind == FlawKind.Overlap && f.Stages.SequenceEqual(flaw.Stages))) return;
        _flaws.Add(flaw);
    }
}
