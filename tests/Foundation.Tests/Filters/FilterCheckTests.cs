using System.Globalization;
using Perennial.Foundation.Filters;

namespace Perennial.Foundation.Tests.Filters;

public sealed class FilterCheckTests
{
    static readonly FilterSchema Schema = new(
        [
            new("title", FilterType.Text),
            new("state", FilterType.Id) { Ids = ["open", "closed"] },
            new("states.other", FilterType.Id) { Ids = ["half-open"] },
            new("weight", FilterType.Number),
            new("count", FilterType.Integer),
            new("done", FilterType.Flag),
            new("create_time", FilterType.Instant),
            new("due_date", FilterType.Date),
            new("ttl", FilterType.Duration),
            new("labels", FilterType.Any, IsMap: true),
        ],
        name => name.StartsWith("count_of_", StringComparison.Ordinal) ? new FilterField(name, FilterType.Integer) : null);

    static CheckedFilter Check(string text) => Filter.Parse(text).Check(Schema);

    static CheckedFilter.Comparison Comparison(string text) => Assert.IsType<CheckedFilter.Comparison>(Check(text));

    public static TheoryData<string, FilterOperator, FilterValue> Comparisons() => new()
    {
        { "title = ann", FilterOperator.Equal, new FilterValue.Text("ann") },
        { "title:ann", FilterOperator.Equal, new FilterValue.Text("ann") },
        { "title >= \"b c\"", FilterOperator.AtLeast, new FilterValue.Text("b c") },
        { "title != \"a*\"", FilterOperator.NotEqual, new FilterValue.Pattern("a*") },
        { "title = 12", FilterOperator.Equal, new FilterValue.Text("12") },
        { "state != \"open\"", FilterOperator.NotEqual, new FilterValue.Text("open") },
        { "states.other = half-open", FilterOperator.Equal, new FilterValue.Text("half-open") },
        { "weight < -1.5", FilterOperator.Less, new FilterValue.Number(-1.5m) },
        { "weight > 2.997e9", FilterOperator.Greater, new FilterValue.Number(2_997_000_000m) },
        { "weight <= '7'", FilterOperator.AtMost, new FilterValue.Number(7) },
        { "count = 3", FilterOperator.Equal, new FilterValue.Number(3) },
        { "count_of_5 = 3.0", FilterOperator.Equal, new FilterValue.Number(3) },
        { "done", FilterOperator.Equal, new FilterValue.Flag(true) },
        { "done != true", FilterOperator.NotEqual, new FilterValue.Flag(true) },
        { "create_time < 2012-04-21T11:30:00-04:00", FilterOperator.Less, new FilterValue.Instant(DateTimeOffset.Parse("2012-04-21T15:30:00Z", CultureInfo.InvariantCulture)) },
        { "create_time < \"2012-04-21t11:30:00.25z\"", FilterOperator.Less, new FilterValue.Instant(DateTimeOffset.Parse("2012-04-21T11:30:00.25Z", CultureInfo.InvariantCulture)) },
        { "due_date = 2012-02-29", FilterOperator.Equal, new FilterValue.Date(new DateOnly(2012, 2, 29)) },
        { "ttl > 1.5s", FilterOperator.Greater, new FilterValue.Duration(TimeSpan.FromMilliseconds(1_500)) },
        { "ttl > -20s", FilterOperator.Greater, new FilterValue.Duration(TimeSpan.FromSeconds(-20)) },
        { "labels.a = 12", FilterOperator.Equal, new FilterValue.Number(12) },
        { "labels.a = \"12\"", FilterOperator.Equal, new FilterValue.Text("12") },
        { "labels.a = true", FilterOperator.Equal, new FilterValue.Flag(true) },
        { "labels.a = gold", FilterOperator.Equal, new FilterValue.Text("gold") },
    };

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void Values_are_of_their_fields_types(string text, FilterOperator comparison, FilterValue value)
    {
        var found = Comparison(text);
        Assert.Equal(comparison, found.Operator);
        Assert.Equal(value, found.Value);
    }

    [Theory]
    [InlineData("labels.plan.tier = 1", "plan.tier")]
    [InlineData("labels.\"first name\" = 1", "first name")]
    [InlineData("count = 1", "")]
    public void A_map_has_keys(string text, string key) => Assert.Equal(key, Comparison(text).Key);

    [Theory]
    [InlineData("title:*", "title", "")]
    [InlineData("labels:plan", "labels", "plan")]
    [InlineData("labels.plan:*", "labels", "plan")]
    public void The_star_asks_whether_there_is_a_value(string text, string field, string key)
    {
        var found = Assert.IsType<CheckedFilter.Presence>(Check(text));
        Assert.Equal((field, key), (found.Field.Name, found.Key));
    }

    [Theory]
    [InlineData("title = (a OR b)", "title = a OR title = b")]
    [InlineData("title:(\"a b\" AND -c)", "title = \"a b\" AND NOT title = c")]
    [InlineData("weight = (1.5 OR 2)", "weight = 1.5 OR weight = 2")]
    [InlineData("labels.plan:(gold OR silver)", "labels.plan = gold OR labels.plan = silver")]
    public void Several_values_are_a_comparison_each(string text, string spelled) => Assert.Equal(Check(spelled), Check(text));

    [Fact]
    public void Nothing_asks_for_nothing() => Assert.IsType<CheckedFilter.Everything>(Check(""));

    [Theory]
    [InlineData("colour = red", 1, "there is no field 'colour'; fields are title, state, states.other, weight, count, done, create_time, due_date, ttl, labels.{key}.")]
    [InlineData("done AND red", 10, "there is no field 'red'")]
    [InlineData("title.x = 1", 1, "there is no field 'title.x'")]
    [InlineData("title", 1, "'title' stands alone, which only those that are true or false can; compare it")]
    [InlineData("labels", 1, "'labels' has values under keys; write labels.key = value, or labels:key.")]
    [InlineData("labels = a", 1, "'labels' has values under keys")]
    [InlineData("state = opne", 9, "'opne' is none of the values of 'state'; write open, closed.")]
    [InlineData("state = Open", 9, "'Open' is none of the values of 'state'")]
    [InlineData("state < open", 9, "an id is neither less nor greater than another; compare 'state' by =, != or :.")]
    [InlineData("title > \"a*\"", 9, "a text with a wildcard is neither less nor greater")]
    [InlineData("done >= true", 9, "true or false is neither less nor greater")]
    [InlineData("labels.a > true", 12, "true or false is neither less nor greater")]
    [InlineData("weight > heavy", 10, "'heavy' is no number; write for example 12.5.")]
    [InlineData("weight > 1e40", 10, "'1e40' is no number")]
    [InlineData("weight > *", 10, "'*' is no number")]
    [InlineData("count = 2.5", 9, "'2.5' is no whole number; write for example 12.")]
    [InlineData("done = yes", 8, "'yes' is neither true nor false; write true or false.")]
    [InlineData("create_time < 2012-04-21", 15, "'2012-04-21' is no instant; write it as RFC 3339 with its offset")]
    [InlineData("create_time < 2012-04-31T00:00:00Z", 15, "'2012-04-31T00:00:00Z' is no instant")]
    [InlineData("create_time < 2012-04-21T00:00:00", 15, "'2012-04-21T00:00:00' is no instant")]
    [InlineData("create_time < 0001-01-01T00:00:00+14:00", 15, "'0001-01-01T00:00:00+14:00' is no instant")]
    [InlineData("due_date = 2011-02-29", 12, "'2011-02-29' is no date")]
    [InlineData("ttl > 20", 7, "'20' is no duration; write seconds, for example 90s or 1.5s.")]
    [InlineData("ttl > 999999999999999s", 7, "'999999999999999s' is no duration")]
    [InlineData("state != (open OR closed)", 1, "several values can follow = and : only; write NOT state = (...)")]
    [InlineData("state = (open OR done = true)", 18, "only values stand within these brackets; write state = (one OR another)")]
    public void What_the_schema_does_not_have_is_refused_with_a_remedy(string text, int position, string message)
    {
        var error = Assert.Throws<FilterException>(() => Check(text));
        Assert.Equal(position, error.Position);
        Assert.StartsWith($"position {position}: {message}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("weight > {0}")]
    [InlineData("weight = (1 OR {0})")]
    [InlineData("{0} = 1")]
    [InlineData("{0}(1)")]
    [InlineData("labels.{0} != (1 OR 2)")]
    [InlineData("labels.{0}")]
    public void A_refusal_fits_into_a_header_however_long_the_word(string filter)
        => Assert.InRange(Assert.Throws<FilterException>(() => Check(string.Format(CultureInfo.InvariantCulture, filter, new string('\u00e9', 1_900)))).Message.Length, 1, 300);
}
