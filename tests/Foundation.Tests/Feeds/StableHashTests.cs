using Perennial.Foundation.Feeds;

namespace Perennial.Foundation.Tests.Feeds;

public sealed class StableHashTests
{
    // Computed with an independent FNV-1a 64 and fmix64 over the bytes of first, 0xff, second. What is stored depends on them.
    [Theory]
    [InlineData("", "", 0x1bbd5c813c69a8d7UL)]
    [InlineData("shop", "user:17850", 0x7c82e31adb9cf351UL)]
    [InlineData("shop", "user:Ünïcode ☃", 0x24007b61c4daabeeUL)]
    public void Values_never_change(string first, string second, ulong expected) => Assert.Equal(expected, StableHash.Of(first, second));

    [Fact]
    public void Parts_are_told_apart() => Assert.NotEqual(StableHash.Of("ab", "c"), StableHash.Of("a", "bc"));

    [Fact]
    public void Long_keys_hash_like_short_ones() => Assert.NotEqual(StableHash.Of("s", new string('x', 5_000)), StableHash.Of("s", new string('x', 5_001)));

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    public void Partitions_fill_evenly(int partitions)
    {
        var counts = new int[partitions];
        for (var i = 0; i < 64_000; i++) counts[StableHash.Partition("shop", $"user:{i}", partitions)]++;
        Assert.All(counts, c => Assert.InRange(c, 64_000 / partitions * 85 / 100, 64_000 / partitions * 115 / 100));
    }
}
