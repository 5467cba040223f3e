using System.IO.Hashing;
using System.Text;

namespace Perennial.StandIns.Tests;

public sealed class XxHash64Tests
{
    /// <summary>Published results of the reference implementation, for each of its loops: none, bytes, words of 4 and 8, stripes of 32.</summary>
    [Theory]
    [InlineData("", "ef46db3751d8e999")]
    [InlineData("a", "d24ec4f1a98c6e5b")]
    [InlineData("abc", "44bc2cf5ad770999")]
    [InlineData("xxhash", "32dd38952c4bc720")]
    [InlineData("Nobody inspects the spammish repetition", "fbcea83c8a378bf1")]
    public void Hashes_as_the_reference_does(string text, string hash)
        => Assert.Equal(hash, Convert.ToHexStringLower(XxHash64.Hash(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Nothing_to_hash_is_an_error() => Assert.Throws<ArgumentNullException>(() => XxHash64.Hash(null!));
}
