using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class AmountTests
{
    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("GBP", 12, 340_000_000)]
    [InlineData("GBP", -12, -340_000_000)]
    [InlineData("GBP", 0, -1)]
    [InlineData("GBP", -1, 0)]
    [InlineData("JPY", 99_999_999_999_999, 999_999_999)]
    [InlineData("JPY", -99_999_999_999_999, -999_999_999)]
    public void Takes_money(string currency, long units, int nanos) => Assert.Null(Amount.Fault(currency, units, nanos));

    [Theory]
    [InlineData("gbp", 1, 0, "currency_code")]
    [InlineData("GBPP", 1, 0, "currency_code")]
    [InlineData("£", 1, 0, "currency_code")]
    [InlineData("GBP", 1, -1, "same sign")]
    [InlineData("GBP", -1, 1, "same sign")]
    [InlineData("GBP", 1, 1_000_000_000, "nanos")]
    [InlineData("GBP", -1, -1_000_000_000, "nanos")]
    [InlineData("GBP", 100_000_000_000_000, 0, "less than 100,000,000,000,000")]
    [InlineData("GBP", -100_000_000_000_000, 0, "less than 100,000,000,000,000")]
    [InlineData("GBP", long.MinValue, 0, "less than")]
    public void Refuses_what_is_none(string currency, long units, int nanos, string fault) => Assert.Contains(fault, Amount.Fault(currency, units, nanos), StringComparison.Ordinal);
}
