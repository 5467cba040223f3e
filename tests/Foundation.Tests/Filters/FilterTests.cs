using Perennial.Foundation.Filters;

namespace Perennial.Foundation.Tests.Filters;

public sealed class FilterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" \t\n", "")]
    [InlineData("a", "a")]
    [InlineData("a=b", "a = b")]
    [InlineData("a b AND c AND d", "a AND b AND c AND d")]
    [InlineData("a AND b c", "a AND (b AND c)")]
    [InlineData("New York Giants", "New AND York AND Giants")]
    [InlineData("a < 10 OR a >= 100", "a < 10 OR a >= 100")]
    [InlineData("a AND b OR c", "a AND (b OR c)")]
    [InlineData("a OR b AND c OR d", "(a OR b) AND (c OR d)")]
    [InlineData("(a AND b) OR c", "(a AND b) OR c")]
    [InlineData("a OR (b OR c)", "a OR (b OR c)")]
    [InlineData("((a))", "a")]
    [InlineData("NOT a", "NOT a")]
    [InlineData("-a", "NOT a")]
    [InlineData("NOT (a OR b)", "NOT (a OR b)")]
    [InlineData("NOT a OR b", "NOT a OR b")]
    [InlineData("-file:\".java\"", "NOT file : \".java\"")]
    [InlineData("a.b.c = d.e", "a.b.c = d.e")]
    [InlineData("traits.\"first name\"='Ann \"A.\" O\\'Neill'", "traits.\"first name\" = \"Ann \\\"A.\\\" O'Neill\"")]
    [InlineData("a.AND = NOTED", "a.AND = NOTED")]
    [InlineData("a != -30.5", "a != -30.5")]
    [InlineData("a>=2.997e9", "a >= 2.997e9")]
    [InlineData("t < 2012-04-21T11:30:00-04:00 b", "t < 2012-04-21T11:30:00-04:00 AND b")]
    [InlineData("stage:(new OR at-risk)", "stage : (new OR at-risk)")]
    [InlineData("m:*", "m : *")]
    [InlineData("a = \"AND\" AND b", "a = \"AND\" AND b")]
    public void Reads_what_is_written_and_says_it_plainly(string text, string canonical) => Assert.Equal(canonical, Filter.Parse(text).ToString());

    [Theory]
    [InlineData("spend >=", 9, "expected a value after '>=', found the end; write a number")]
    [InlineData("spend >= )", 10, "expected a value after '>=', found ')'")]
    [InlineData("spend >= AND b", 10, "expected a value after '>=', found AND")]
    [InlineData("a == b", 4, "expected a value after '=', found '='")]
    [InlineData("a AND", 6, "expected a field, found the end; write field = value")]
    [InlineData("AND a", 1, "expected a field, found AND")]
    [InlineData("a OR OR b", 6, "expected a field, found OR")]
    [InlineData("NOT", 4, "expected a field, found the end")]
    [InlineData("NOT NOT a", 5, "expected a field, found NOT")]
    [InlineData("a AND (b OR c", 14, "expected ')', found the end; close the bracket that opens at position 7")]
    [InlineData("()", 2, "expected a field, found ')'")]
    [InlineData("a) b", 2, "unexpected ')'; no bracket is open here: leave it out")]
    [InlineData("a, b", 2, "unexpected ','; join restrictions by AND or OR")]
    [InlineData("a = b ! c", 7, "unexpected '!'; write != or NOT")]
    [InlineData("a. = 1", 3, "expected a name after '.', found ' '")]
    [InlineData("near(a, 5)", 1, "'near' is used as a function, and there are none")]
    [InlineData("a = \"b", 5, "the quotation that begins here does not end; close it with \"")]
    [InlineData("a = 'b\\n'", 7, "a backslash stands before another one or a quotation mark only")]
    [InlineData("a = b:c", 6, "unexpected ':'")]
    public void Says_where_it_went_wrong_and_what_to_write_instead(string text, int position, string message)
    {
        var error = Assert.Throws<FilterException>(() => Filter.Parse(text));
        Assert.Equal(position, error.Position);
        Assert.StartsWith($"position {position}: {message}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_has_its_limits()
    {
        Assert.NotNull(Filter.Parse(new string('a', Filter.LengthMax)));
        Assert.Equal(Filter.LengthMax + 1, Assert.Throws<FilterException>(() => Filter.Parse(new string('a', Filter.LengthMax + 1))).Position);

        Assert.NotNull(Filter.Parse(Nested(Filter.DepthMax)));
        Assert.Equal(Filter.DepthMax + 1, Assert.Throws<FilterException>(() => Filter.Parse(Nested(Filter.DepthMax + 1))).Position);
        Assert.NotNull(Filter.Parse(string.Join(' ', Enumerable.Repeat("(a)", Filter.DepthMax + 1))));

        static string Nested(int depth) => new string('(', depth) + "a" + new string(')', depth);
    }
}
