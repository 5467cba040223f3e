using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class ShopTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("corner-shop-2", true)]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", false)]
    [InlineData("", false)]
    [InlineData("2nd", false)]
    [InlineData("-a", false)]
    [InlineData("Shop", false)]
    [InlineData("shop_1", false)]
    [InlineData("shop\n", false)]
    public void Knows_its_ids(string id, bool good) => Assert.Equal(good, Shop.IsId(id));

    [Theory]
    [InlineData("GBP", true)]
    [InlineData("gbp", false)]
    [InlineData("GB", false)]
    [InlineData("GBPX", false)]
    [InlineData("", false)]
    public void Knows_its_currency(string code, bool good) => Assert.Equal(good, Shop.IsCurrency(code));
}
