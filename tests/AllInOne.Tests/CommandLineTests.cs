namespace Perennial.AllInOne.Tests;

public sealed class CommandLineTests
{
    static readonly Option[] Known = [new("--data"), new("--map", Repeats: true), new("--exit", TakesValue: false)];

    [Fact]
    public void Takes_a_value_after_the_option_or_after_an_equals_sign()
    {
        var line = CommandLine.Parse(["file.csv", "-", "--data", "here", "--map=a=order_id", "--map", "b=total", "--exit"], Known);
        Assert.Equal(["file.csv", "-"], line.Words);
        Assert.Equal("here", line.Value("--data"));
        Assert.Equal(["a=order_id", "b=total"], line.Values("--map"));
        Assert.True(line.Has("--exit"));
    }

    [Theory]
    [InlineData("--dta x", "unknown option '--dta'")]
    [InlineData("-x", "unknown option '-x'")]
    [InlineData("--data", "--data needs a value")]
    [InlineData("--data --exit", "--data needs a value")]
    [InlineData("--data a --data b", "--data is given twice")]
    [InlineData("--exit=yes", "--exit takes no value")]
    public void Says_what_is_wrong(string args, string expected)
    {
        var error = Assert.Throws<UsageException>(() => CommandLine.Parse(args.Split(' '), Known));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
