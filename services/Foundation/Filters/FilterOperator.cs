namespace Perennial.Foundation.Filters;

public enum FilterOperator
{
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    /// <summary>Equal, or with a star, that there is a value.</summary>
    Has,
}

static class FilterOperators
{
    /// <summary>The longer first, where one begins with another.</summary>
    public static IReadOnlyList<(string Sign, FilterOperator Operator)> All { get; } =
    [
        ("<=", FilterOperator.AtMost),
        (">=", FilterOperator.AtLeast),
        ("!=", FilterOperator.NotEqual),
        ("<", FilterOperator.Less),
        (">", FilterOperator.Greater),
        ("=", FilterOperator.Equal),
        (":", FilterOperator.Has),
    ];

    public static string Sign(this FilterOperator comparison) => All.First(o => o.Operator == comparison).Sign;
}
