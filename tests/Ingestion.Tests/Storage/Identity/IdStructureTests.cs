using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;

namespace Perennial.Ingestion.Tests.Storage.Identity;

public sealed class IdStructureTests
{
    // The vectors of the paper's reference implementation: key 00..0f, messages 00.. of each length.
    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(1, 0x74f839c593dc67fd)]
    [InlineData(7, 0xab0200f58b01d137)]
    [InlineData(8, 0x93f5f5799a932462)]
    [InlineData(15, 0xa129ca6149be45e5)]
    public void Digests_are_SipHash(int length, ulong expected)
        => Assert.Equal(expected, IdHash.SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908, [.. Enumerable.Range(0, length).Select(i => (byte)i)]));

    [Fact]
    public void Another_salt_gives_another_hash_and_another_digest()
    {
        var (left, right) = (new IdHash(new byte[IdHash.SaltBytes]), new IdHash([.. Enumerable.Repeat((byte)1, IdHash.SaltBytes)]));
        var id = CustomerId.Anonymous(new string('ü', 200));

        Assert.Equal(left.Of(id), left.Of(id));
        Assert.NotEqual(left.Of(id), right.Of(id));
        Assert.NotEqual(left.Digest(id), right.Digest(id));
    }

    [Fact]
    public void A_set_of_digests_has_what_was_added_and_nothing_else()
        => Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 5_000).ListOf().ToArbitrary(), numbers =>
        {
            var set = new DigestSet();
            foreach (var number in numbers) set.Add((ulong)number << 40);
            return set.Count == numbers.Distinct().Count() && Enumerable.Range(0, 5_001).All(n => set.Contains((ulong)n << 40) == numbers.Contains(n));
        }));

    [Fact]
    public void A_set_grows_to_millions()
    {
        var set = new DigestSet();
        for (var i = 1UL; i <= 1_000_000; i++) set.Add(unchecked(i * 0x9E3779B97F4A7C15));
        Assert.Equal(1_000_000, set.Count);
        Assert.True(set.Contains(0x9E3779B97F4A7C15));
        Assert.False(set.Contains(42));
    }

    [Fact]
    public void What_was_not_asked_for_in_a_generation_is_read_again()
    {
        var recent = new RecentIds(generationMax: 2);
        var (a, b, c, d) = (CustomerId.User("a"), CustomerId.User("b"), CustomerId.User("c"), CustomerId.User("d"));
        var linked = new KnownId(a, false, false);
        recent.Keep(1, "shop", a, null);
        recent.Keep(2, "shop", b, linked);
        recent.Keep(3, "shop", c, null);

        Assert.True(recent.TryFind(2, "shop", b, out var known));
        Assert.Equal(linked, known);
        recent.Keep(4, "shop", d, null);
        Assert.False(recent.TryFind(1, "shop", a, out _));
        Assert.True(recent.TryFind(2, "shop", b, out _));
        // Another id, or another shop's, of the same digest.
        Assert.False(recent.TryFind(2, "shop", a, out _));
        Assert.False(recent.TryFind(2, "other", b, out _));
        recent.Forget(2);
        Assert.False(recent.TryFind(2, "shop", b, out _));
    }
}
