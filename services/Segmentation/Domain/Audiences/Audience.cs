namespace Perennial.Segmentation.Domain.Audiences;

/// <summary>The next time that a customer enters or leaves an audience by clock alone: it holds unless something comes in between.</summary>
/// <param name="Enters">Else they leave.</param>
/// <param name="Time">The first instant of <paramref name="Date"/> in the shop's zone: the boundary itself.</param>
internal sealed record AudienceChange(bool Enters, DateTimeOffset Time, DateOnly Date);

/// <summary>A clause as it is asked of many customers.</summary>
internal sealed class Audience
{
    readonly AudienceField[] _fields;
    readonly (AudienceField Field, long[] Starts)[] _aging;
    readonly Test _test;

    delegate bool Test(ReadOnlySpan<FieldValue> values);

    public Audience(Clause clause)
    {
        Clause = clause;
        _fields = [.. clause.Fields];
        _aging = [.. _fields.Where(f => f.Ages).Select(f => (f, Starts(f)))];
        _test = Compiled(clause);
    }

    public Clause Clause { get; }

    /// <summary>What it asks for, each once.</summary>
    public IReadOnlyList<AudienceField> Fields => _fields;

    /// <param name="values">In the order of <see cref="Fields"/>.</param>
    public bool Holds(ReadOnlySpan<FieldValue> values) => _test(values);

    /// <param name="today">See <see cref="AudienceCustomer.Value"/>.</param>
    public bool Holds(AudienceCustomer customer, DateOnly today)
    {
        var values = new FieldValue[_fields.Length];
        for (var i = 0; i < values.Length; i++) values[i] = customer.Value(_fields[i], today);
        return Holds(values);
    }

    /// <summary>The first change that the clock alone brings after <paramref name="today"/>; null where it brings none up to <paramref name="last"/>, or ever.</summary>
    /// <param name="last">Nobody asks for what comes after it.</param>
    public AudienceChange? NextByClock(AudienceCustomer customer, DateOnly today, TimeZoneInfo zone, DateOnly? last = null)
    {
        if (_aging.Length == 0) return null;
        var present = Holds(customer, today);
        for (var date = today; ;)
        {
            if (_aging.Min(a => customer.NextTurn(a.Field, a.Starts, date, last ?? DateOnly.MaxValue)) is not { } turn) return null;
            // A date that the zone skipped begins with the next one.
            var time = Calendar.StartOf(turn, zone);
            date = Calendar.DateOf(time, zone);
            if (Holds(customer, date) != present) return new AudienceChange(!present, time, date);
        }
    }

    Test Compiled(Clause clause)
    {
        switch (clause)
        {
            case Clause.And and:
                var (left, right) = (Compiled(and.Left), Compiled(and.Right));
                return values => left(values) && right(values);
            case Clause.Or or:
                var (one, other) = (Compiled(or.Left), Compiled(or.Right));
                return values => one(values) || other(values);
            case Clause.Not not:
                var operand = Compiled(not.Operand);
                return values => !operand(values);
            case Clause.Leaf leaf:
                var place = Array.IndexOf(_fields, leaf.Field);
                var holds = Compiled(leaf);
                return values => holds(values[place]);
            default:
                return _ => true;
        }
    }

    static Func<FieldValue, bool> Compiled(Clause.Leaf leaf)
    {
        return leaf switch
        {
            Clause.Compared { Value: var other, Comparison: var comparison } => value => value.Kind == other.Kind && Holds(comparison, value.CompareTo(other)),
            Clause.Like { Pattern: var pattern, IsUnlike: var unlike } => value => value.AsText is { } text && pattern.Matches(text) != unlike,
            _ => value => value.Kind != FieldKind.None,
        };

        static bool Holds(Comparison comparison, int compared) => comparison switch
        {
            Comparison.Equal => compared == 0,
            Comparison.NotEqual => compared != 0,
            Comparison.Less => compared < 0,
            Comparison.AtMost => compared <= 0,
            Comparison.Greater => compared > 0,
            _ => compared >= 0,
        };
    }

    /// <summary>Where, in steps of a feature or of predictions, a comparison with it begins or ends to hold.</summary>
    long[] Starts(AudienceField field)
    {
        var bounds = Clause.Leaves.OfType<Clause.Compared>().Where(c => c.Field == field).Select(c => c.Value.AsNumber);
        if (field.IsPredicted) return [.. bounds.SelectMany(b => (long[])[PredictionSteps.Up(b), PredictionSteps.Down(b) + 1]).Distinct()];
        return field.Source == FieldSource.Feature ? [.. bounds.SelectMany(b => (long[])[field.Axis.Traits.Up(b), field.Axis.Traits.Down(b) + 1]).Distinct()] : [];
    }
}
