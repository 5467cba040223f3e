namespace Perennial.Segmentation.Domain.Audiences;

internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// <summary>
/// What must hold of a customer. It does or it does not: where there is no value, or one of another kind, every comparison is false, that with <see cref="Comparison.NotEqual"/> too.
/// </summary>
internal abstract record Clause
{
    Clause()
    {
    }

    /// <summary>What it asks for, each once.</summary>
    public IEnumerable<AudienceField> Fields => Leaves.Select(l => l.Field).Distinct();

    /// <summary>What it is made of.</summary>
    public IEnumerable<Leaf> Leaves => this switch
    {
        And and => and.Left.Leaves.Concat(and.Right.Leaves),
        Or or => or.Left.Leaves.Concat(or.Right.Leaves),
        Not not => not.Operand.Leaves,
        Leaf leaf => [leaf],
        _ => [],
    };

    public sealed record Everybody : Clause;

    public sealed record And(Clause Left, Clause Right) : Clause;

    public sealed record Or(Clause Left, Clause Right) : Clause;

    public sealed record Not(Clause Operand) : Clause;

    /// <summary>A clause about one field.</summary>
    public abstract record Leaf(AudienceField Field) : Clause;

    /// <summary>There is a value.</summary>
    public sealed record Present(AudienceField Field) : Leaf(Field);

    public sealed record Compared(AudienceField Field, Comparison Comparison, FieldValue Value) : Leaf(Field);

    /// <summary>The text is, or is not, like a pattern.</summary>
    public sealed record Like(AudienceField Field, Pattern Pattern, bool IsUnlike = false) : Leaf(Field);
}
