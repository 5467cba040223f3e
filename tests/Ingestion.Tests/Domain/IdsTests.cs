using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class IdsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("node-next-1700000000000-0f8fad5b-d9cd-469f-a165-70867728950e")]
    [InlineData("Müller 42")]
    [InlineData("顧客🙂")]
    [InlineData("it's \"quoted\" \\ and, [bracketed]")]
    public void Takes_any_text_that_means_the_same_everywhere(string id) => Assert.Null(Ids.Fault(id, Ids.LengthMax));

    [Theory]
    [InlineData("", "is required, 1 to 200 characters")]
    [InlineData(" a", "must not begin or end with white space")]
    [InlineData("a ", "must not begin or end with white space")]
    [InlineData("a\u00a0", "must not begin or end with white space")]
    [InlineData("a\0b", "must not contain control characters")]
    [InlineData("a\nb", "must not contain control characters")]
    public void Refuses_what_stores_disagree_on(string id, string fault) => Assert.Equal(fault, Ids.Fault(id, Ids.LengthMax));

    [Fact]
    public void Ends_at_the_length()
    {
        Assert.Null(Ids.Fault(new string('a', 100), 100));
        Assert.Equal("must have 1 to 100 characters, has 101", Ids.Fault(new string('a', 101), 100));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("NULL")]
    [InlineData("undefined")]
    [InlineData("NaN")]
    [InlineData("nan")]
    [InlineData("None")]
    [InlineData("none")]
    [InlineData("true")]
    [InlineData("False")]
    [InlineData("anonymous")]
    [InlineData("[object Object]")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("0000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("-")]
    [InlineData("   ")]
    [InlineData(" null ")]
    [InlineData("")]
    public void Knows_what_broken_clients_send_in_place_of_an_id(string id) => Assert.True(Ids.IsPlaceholder(id));

    [Theory]
    [InlineData("1")]
    [InlineData("10")]
    [InlineData("007")]
    [InlineData("nulls")]
    [InlineData("Anonymouse")]
    [InlineData("O")]
    [InlineData("-10")]
    [InlineData("00000000-0000-0000-0000-000000000001")]
    public void Leaves_real_ids_alone(string id) => Assert.False(Ids.IsPlaceholder(id));
}
