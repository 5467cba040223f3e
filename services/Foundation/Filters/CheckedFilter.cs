namespace Perennial.Foundation.Filters;

/// <summary>A filter of which every field is there and every value is of its field's type.</summary>
public abstract record CheckedFilter
{
    CheckedFilter()
    {
    }

    /// <summary>Holds always.</summary>
    public sealed record Everything : CheckedFilter;

    public sealed record And(CheckedFilter Left, CheckedFilter Right) : CheckedFilter;

    public sealed record Or(CheckedFilter Left, CheckedFilter Right) : CheckedFilter;

    public sealed record Not(CheckedFilter Operand) : CheckedFilter;

    /// <summary>There is a value.</summary>
    /// <param name="Key">Of a map; else empty.</param>
    public sealed record Presence(FilterField Field, string Key) : CheckedFilter;

    /// <summary>There is a value, of the type of the one that it is compared with, and the comparison holds.</summary>
    /// <param name="Key">Of a map; else empty.</param>
    /// <param name="Operator">Any but <see cref="FilterOperator.Has"/>; with a pattern, with an id or a flag only equal or not.</param>
    public sealed record Comparison(FilterField Field, string Key, FilterOperator Operator, FilterValue Value) : CheckedFilter;
}

/// <summary>A value that a filter compares with.</summary>
public abstract record FilterValue
{
    FilterValue()
    {
    }

    /// <summary>A text or an id, told apart by case; less and greater by code units.</summary>
    public sealed record Text(string Value) : FilterValue;

    /// <summary>A text in which every star stands for any characters, none too.</summary>
    public sealed record Pattern(string Value) : FilterValue;

    public sealed record Number(decimal Value) : FilterValue;

    public sealed record Flag(bool Value) : FilterValue;

    public sealed record Instant(DateTimeOffset Value) : FilterValue;

    public sealed record Date(DateOnly Value) : FilterValue;

    public sealed record Duration(TimeSpan Value) : FilterValue;
}
