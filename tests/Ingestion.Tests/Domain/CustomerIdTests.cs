using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class CustomerIdTests
{
    [Fact]
    public void Has_a_text_a_strength_and_a_kind_to_count_by()
    {
        Assert.Equal(("user:Alice", IdType.User, "user", true), Outline(CustomerId.User("Alice")));
        Assert.Equal(("ext:shopify:a:b", IdType.External, "ext:shopify", false), Outline(CustomerId.External("shopify", "a:b")));
        Assert.Equal((IdType.Email, "email", false), (CustomerId.Email("a@b.c").Type, CustomerId.Email("a@b.c").Kind, CustomerId.Email("a@b.c").Identified));
        Assert.Equal(("anon:v1", IdType.Anonymous, "anon", false), Outline(CustomerId.Anonymous("v1")));

        static (string, IdType, string, bool) Outline(CustomerId id) => (id.Text, id.Type, id.Kind, id.Identified);
    }

    [Fact]
    public void An_address_is_one_id_however_it_is_written_and_nowhere_in_it()
    {
        Assert.Equal(CustomerId.Email("a@b.c"), CustomerId.Email(" A@B.c\t"));
        Assert.NotEqual(CustomerId.Email("a@b.c"), CustomerId.Email("a@b.cc"));
        Assert.Equal("email:d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a", CustomerId.Email("a@b.c").Text);
    }

    [Theory]
    [InlineData("user:42", "user:42")]
    [InlineData("user:a:b", "user:a:b")]
    [InlineData("anon:7f3", "anon:7f3")]
    [InlineData("ext:shopify:9:1", "ext:shopify:9:1")]
    [InlineData("email:A@b.c ", "email:d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a")]
    [InlineData("email:d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a", "email:d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a")]
    public void Reads_what_callers_write(string text, string id)
    {
        Assert.True(CustomerId.TryParse(text, out var parsed));
        Assert.Equal(id, parsed.Value.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42")]
    [InlineData("user:")]
    [InlineData("user: 42")]
    [InlineData("user:null")]
    [InlineData("User:42")]
    [InlineData("anon:0000")]
    [InlineData("email:nobody")]
    [InlineData("email:")]
    [InlineData("ext:shopify")]
    [InlineData("ext:shopify:")]
    [InlineData("ext:Shopify:9")]
    [InlineData("ext::9")]
    [InlineData("erased:1")]
    public void Refuses_what_is_no_id(string text) => Assert.False(CustomerId.TryParse(text, out _));

    [Fact]
    public void The_longest_ids_fit()
    {
        Assert.True(CustomerId.TryParse("user:" + new string('x', 200), out _));
        Assert.False(CustomerId.TryParse("user:" + new string('x', 201), out _));
        Assert.True(CustomerId.TryParse($"ext:{new string('t', 32)}:{new string('x', 160)}", out var external));
        Assert.True(external.Value.Text.Length <= CustomerId.LengthMax && external.Value.Kind.Length == CustomerId.KindLengthMax);
        Assert.False(CustomerId.TryParse($"ext:{new string('t', 33)}:x", out _));
        Assert.False(CustomerId.TryParse($"ext:t:{new string('x', 161)}", out _));
    }

    [Fact]
    public void An_event_carries_its_ids_strongest_first_without_repetition()
    {
        CustomerId[] external = [CustomerId.External("shopify", "9"), CustomerId.External("erp", "1"), CustomerId.External("shopify", "9")];

        Assert.Equal(["user:u", "ext:shopify:9", "ext:erp:1", CustomerId.Email("a@b.c").Text, "anon:v", "anon:old"], EventIds.Of("u", external, "A@b.c", "v", "old").Select(i => i.Text));
        Assert.Equal(["user:u"], EventIds.Of("u", [], "", "", "").Select(i => i.Text));
        Assert.Equal(["anon:v"], EventIds.Of("", [], "", "v", "v").Select(i => i.Text));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData(" blank")]
    public void A_placeholder_beside_an_id_is_none(string anonymousId)
        => Assert.Equal(["user:u"], EventIds.Of("u", [], "no address", anonymousId, "undefined").Select(i => i.Text));
}
