using System.Globalization;
using System.Text.RegularExpressions;

namespace Perennial.Foundation.Filters;

/// <summary>Words of a filter as values of a field.</summary>
static partial class FilterValues
{
    /// <exception cref="FilterException">The word is no value of the field's type.</exception>
    public static FilterValue Read(FilterWord word, FilterField field) => field.Type switch
    {
        FilterType.Text => Text(word.Text),
        FilterType.Id => field.Ids.Contains(word.Text, StringComparer.Ordinal) ? new FilterValue.Text(word.Text) : throw Refusal(word, $"is none of the values of '{field.Name}'", string.Join(", ", field.Ids)),
        FilterType.Number => Number(word) ?? throw Refusal(word, "is no number", "for example 12.5"),
        FilterType.Integer => Number(word) is { } number && decimal.IsInteger(number.Value) ? number : throw Refusal(word, "is no whole number", "for example 12"),
        FilterType.Flag => Flag(word) ?? throw Refusal(word, "is neither true nor false", "true or false"),
        FilterType.Instant => Instant(word.Text) ?? throw Refusal(word, "is no instant", "it as RFC 3339 with its offset, for example 2012-04-21T11:30:00Z"),
        FilterType.Date => DateOnly.TryParseExact(word.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? new FilterValue.Date(date) : throw Refusal(word, "is no date", "for example 2012-04-21"),
        FilterType.Duration => Duration(word.Text) ?? throw Refusal(word, "is no duration", "seconds, for example 90s or 1.5s"),
        _ => word.IsQuoted ? Text(word.Text) : (FilterValue?)Number(word) ?? Flag(word) ?? Text(word.Text),
    };

    static FilterException Refusal(FilterWord word, string what, string instead) => new(word.Position, $"{FilterException.Quoted(word.Text)} {what}; write {instead}.");

    static FilterValue Text(string text) => text.Contains('*', StringComparison.Ordinal) ? new FilterValue.Pattern(text) : new FilterValue.Text(text);

    static FilterValue.Number? Number(FilterWord word)
        => decimal.TryParse(word.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? new(number) : null;

    static FilterValue.Flag? Flag(FilterWord word) => word.Text switch
    {
        "true" => new FilterValue.Flag(true),
        "false" => new FilterValue.Flag(false),
        _ => null,
    };

    static FilterValue.Instant? Instant(string text)
        => Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text.ToUpperInvariant(), CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? new(instant) : null;

    static FilterValue.Duration? Duration(string text)
    {
        if (!Seconds().IsMatch(text) || !decimal.TryParse(text.AsSpan(..^1), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)) return null;
        return Math.Abs(seconds) < TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond ? new(TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond))) : null;
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"\A-?[0-9]+(\.[0-9]{1,9})?s\z")]
    private static partial Regex Seconds();
}
