namespace Perennial.Foundation.Filters;

/// <summary>
/// A filter as it was written, after AIP-160 (google.aip.dev/160). Its text, read again, gives the same filter: conjunctions and disjunctions lean to the left, and whatever could be
/// misread stands in brackets.
/// </summary>
public abstract record Filter
{
    /// <summary>More than a person writes, and little enough to be read in no time.</summary>
    public const int LengthMax = 2_000;

    /// <summary>Brackets within brackets.</summary>
    public const int DepthMax = 50;

    Filter()
    {
    }

    /// <exception cref="FilterException">For every text that is no filter; no text does anything else.</exception>
    public static Filter Parse(string text) => new FilterParser(text).Parse();

    /// <exception cref="FilterException">For a field or value that the schema does not have.</exception>
    public CheckedFilter Check(FilterSchema schema) => new FilterChecker(schema).Check(this);

    public sealed override string ToString() => this switch
    {
        And and => $"{(and.Left is And ? and.Left : and.Left.Bracketed())} AND {and.Right.Bracketed()}",
        Or or => $"{(or.Left is Or ? or.Left : or.Left.Bracketed())} OR {or.Right.Bracketed()}",
        Not { Operand: Restriction } not => $"NOT {not.Operand}",
        Not not => $"NOT ({not.Operand})",
        Restriction { Operator: { } comparison } restriction => $"{restriction.Path} {comparison.Sign()} {restriction.Argument}",
        Restriction restriction => restriction.Path.ToString(),
        _ => "",
    };

    string Bracketed() => this is Restriction or Not ? ToString() : $"({this})";

    /// <summary>The empty filter.</summary>
    public sealed record Everything : Filter;

    public sealed record And(Filter Left, Filter Right) : Filter;

    public sealed record Or(Filter Left, Filter Right) : Filter;

    public sealed record Not(Filter Operand) : Filter;

    /// <param name="Operator">Null, as is the argument, where the path stands alone.</param>
    public sealed record Restriction(FilterPath Path, FilterOperator? Operator = null, FilterArgument? Argument = null) : Filter;
}

/// <summary>What a restriction compares with.</summary>
public abstract record FilterArgument
{
    FilterArgument()
    {
    }

    public sealed override string ToString() => this switch
    {
        Literal literal => literal.Word.ToString(),
        Group group => $"({group.Values})",
        _ => "",
    };

    public sealed record Literal(FilterWord Word) : FilterArgument;

    /// <summary>Values joined by AND, OR and NOT: paths that stand alone.</summary>
    public sealed record Group(Filter Values) : FilterArgument;
}
