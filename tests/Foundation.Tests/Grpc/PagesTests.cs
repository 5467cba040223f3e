using System.Text;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class PagesTests
{
    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 1)]
    [InlineData(200, 200)]
    [InlineData(201, 200)]
    [InlineData(int.MaxValue, 200)]
    public void A_page_has_the_size_that_was_asked_within_bounds(int asked, int size)
        => Assert.Equal(size, Pages.Size(asked, otherwise: 50, most: 200));

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_negative_size_is_refused_by_name(int asked)
    {
        var error = Assert.Throws<RpcException>(() => Pages.Size(asked, 50, 200));

        Assert.Equal("page_size", Assert.Single(Refused.Fields(error)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("customer-17")]
    [InlineData("Zoë \"☂\" \n \0")]
    public void A_token_gives_its_cursor_back_for_the_same_arguments(string cursor)
        => Assert.Equal(cursor, Pages.Cursor(Pages.Token(cursor, "acme", "at risk"), "acme", "at risk"));

    [Fact]
    public void No_token_means_the_first_page() => Assert.Null(Pages.Cursor("", "acme"));

    [Fact]
    public void A_token_needs_no_escaping_in_a_url() => Assert.Matches("^[A-Za-z0-9_-]+$", Pages.Token("~~~???>>>", "acme"));

    public static TheoryData<string[]> OtherArguments => new(
        ["rival", "at risk"],
        ["acme"],
        ["acme", "at risk", ""],
        ["at risk", "acme"],
        ["acme\nat risk"],
        []);

    [Theory, MemberData(nameof(OtherArguments))]
    public void A_token_is_refused_for_other_arguments(string[] arguments)
        => AssertRefused(Pages.Token("customer-17", "acme", "at risk"), arguments);

    [Theory]
    [InlineData("!")]
    [InlineData("A")]
    [InlineData("null")]
    [InlineData("AAAA")]
    [InlineData("W10")] // []
    [InlineData("WzEsMl0")] // [1,2]
    [InlineData("eyJhIjoxfQ")] // {"a":1}
    public void A_token_that_no_list_call_answered_is_refused(string token) => AssertRefused(token, ["acme"]);

    [Fact]
    public void A_token_that_was_cut_is_refused()
    {
        var token = Pages.Token("customer-17", "acme");

        for (var length = 1; length < token.Length; length++) AssertRefused(token[..length], ["acme"]);
    }

    [Fact]
    public void Text_that_is_not_unicode_is_refused() => AssertRefused(System.Buffers.Text.Base64Url.EncodeToString(Encoding.Latin1.GetBytes("[\"é\",\"é\"]")), ["acme"]);

    static void AssertRefused(string token, string[] arguments)
    {
        var error = Assert.Throws<RpcException>(() => Pages.Cursor(token, arguments));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("PAGE_TOKEN_INVALID", Errors.Reason(error)!.Reason);
    }
}
