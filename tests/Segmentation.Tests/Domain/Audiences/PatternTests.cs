using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Tests.Domain.Audiences;

public sealed class PatternTests
{
    [Theory]
    [InlineData("gold", "gold", true)]
    [InlineData("gold", "Gold", false)]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("gold*", "gold plus", true)]
    [InlineData("gold*", "old gold", false)]
    [InlineData("*gold", "old gold", true)]
    [InlineData("*@shop.example", "ann@shop.example", true)]
    [InlineData("*ol*", "gold", true)]
    [InlineData("ab*b", "ab", false)]
    [InlineData("ab*b", "abb", true)]
    [InlineData("a*b*c", "a-c-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("*a*a*", "a", false)]
    [InlineData("**", "", true)]
    public void A_star_stands_for_anything(string pattern, string text, bool matches) => Assert.Equal(matches, new Pattern(pattern).Matches(text));
}
