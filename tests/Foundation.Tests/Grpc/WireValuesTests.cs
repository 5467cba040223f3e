using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Foundation.Grpc;

namespace Perennial.Foundation.Tests.Grpc;

public sealed class WireValuesTests
{
    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("49.90", 49, 900_000_000)]
    [InlineData("-10411.2400", -10_411, -240_000_000)]
    [InlineData("-0.0001", 0, -100_000)]
    [InlineData("922337203685477.5807", 922_337_203_685_477, 580_700_000)]
    public void Money_is_exact_both_ways(string text, long units, int nanos)
    {
        var amount = decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        var money = amount.ToMoney("EUR");
        Assert.Equal(new Money { CurrencyCode = "EUR", Units = units, Nanos = nanos }, money);
        Assert.Equal(amount, money.ToDecimal());
    }

    [Theory]
    [InlineData("0.30000000000000004", 300_000_000)]
    [InlineData("0.0000000005", 0)]
    [InlineData("0.0000000015", 2)]
    public void Digits_beyond_the_ninth_are_rounded_half_to_even(string text, int nanos)
        => Assert.Equal(nanos, decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToMoney("EUR").Nanos);

    [Fact]
    public void No_money_is_nothing() => Assert.Equal(0m, ((Money?)null).ToDecimal());

    [Fact]
    public void An_instant_loses_what_is_finer_than_a_millisecond()
        => Assert.Equal(new DateTimeOffset(2026, 3, 1, 0, 0, 0, 999, TimeSpan.Zero), new Timestamp { Seconds = 1_772_323_200, Nanos = 999_999_999 }.ToInstant(default));

    [Theory]
    [InlineData("2026-03-01T01:00:00.9999999+01:00", "2026-03-01T00:00:00.999Z")]
    [InlineData("1969-12-31T23:59:59.9990001Z", "1969-12-31T23:59:59.999Z")]
    [InlineData("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z")]
    public void Whole_millis_are_the_instant_in_utc_cut_down(string instant, string cut)
    {
        var whole = DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture).WholeMillis();
        Assert.Equal((DateTimeOffset.Parse(cut, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero), (whole, whole.Offset));
    }

    [Fact]
    public void An_absent_instant_is_the_other() => Assert.Equal(DateTimeOffset.UnixEpoch, ((Timestamp?)null).ToInstant(DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData(-62_135_596_800L, 0, false)] // 0001-01-01: some zones are still in year 0
    [InlineData(-62_135_510_400L, 0, true)]
    [InlineData(253_370_764_799L, 999_999_999, true)]
    [InlineData(253_370_764_800L, 0, false)] // 9999-01-01
    [InlineData(0L, -1, false)]
    [InlineData(0L, 1_000_000_000, false)]
    public void Instants_have_a_date_in_every_zone(long seconds, int nanos, bool ok)
        => Assert.Equal(!ok, new Violations().Instant(new Timestamp { Seconds = seconds, Nanos = nanos }, "as_of").Any);

    [Theory]
    [InlineData("a", true)]
    [InlineData("my-shop-2", true)]
    [InlineData("", false)]
    [InlineData("2shop", false)]
    [InlineData("Shop", false)]
    [InlineData("shop\n", false)]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123", true)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", false)]
    public void Shop_ids_are_names_for_addresses(string id, bool ok) => Assert.Equal(!ok, new Violations().Shop(id).Any);

    [Fact]
    public void Text_is_what_ProtoJSON_writes()
    {
        Assert.Equal("2026-03-01T12:00:00Z", new DateTimeOffset(2026, 3, 1, 13, 0, 0, TimeSpan.FromHours(1)).ToText());
        Assert.Equal("2026-03-01T12:00:00.25Z", new DateTimeOffset(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero).ToText());
    }
}
