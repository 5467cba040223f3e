using Perennial.AllInOne.Import;

namespace Perennial.AllInOne.Tests.Import;

public sealed class LocalTimeTests
{
    [Theory]
    // Without an offset: the shop's clock.
    [InlineData("Europe/London", "2010-12-01 08:26:00", "2010-12-01T08:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30 08:26", "2011-06-30T07:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30T08:26:01.5", "2011-06-30T07:26:01.500Z")]
    [InlineData("Europe/Amsterdam", "2011-06-30", "2011-06-29T22:00:00.000Z")]
    [InlineData("America/New_York", "2011/06/30 20:00", "2011-07-01T00:00:00.000Z")]
    [InlineData("UTC", "20110630", "2011-06-30T00:00:00.000Z")]
    // The clocks go forward: 01:30 does not exist and is moved by the hour that is skipped.
    [InlineData("Europe/London", "2011-03-27 00:59:59", "2011-03-27T00:59:59.000Z")]
    [InlineData("Europe/London", "2011-03-27 01:30:00", "2011-03-27T01:30:00.000Z")]
    [InlineData("Europe/London", "2011-03-27 02:00:00", "2011-03-27T01:00:00.000Z")]
    // The clocks go back: of the two 01:30 the first is meant.
    [InlineData("Europe/London", "2011-10-30 00:59:59", "2011-10-29T23:59:59.000Z")]
    [InlineData("Europe/London", "2011-10-30 01:30:00", "2011-10-30T00:30:00.000Z")]
    [InlineData("Europe/London", "2011-10-30 02:00:00", "2011-10-30T02:00:00.000Z")]
    // With an offset: as it stands.
    [InlineData("Europe/London", "2011-06-30T08:26:00Z", "2011-06-30T08:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30T08:26:00+02:00", "2011-06-30T06:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30 08:26:00 -0500", "2011-06-30T13:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30 08:26:00 UTC", "2011-06-30T08:26:00.000Z")]
    [InlineData("Europe/London", "2011-06-30T08:26:00.123Z", "2011-06-30T08:26:00.123Z")]
    public void Reads_a_time_in_the_shops_zone(string zone, string text, string expected)
    {
        Assert.True(new LocalTime(TimeZoneInfo.FindSystemTimeZoneById(zone)).TryRead(text, out var instant));
        Assert.Equal(expected, instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("12/1/2010 8:26")]
    [InlineData("2011-02-30")]
    [InlineData("2011-06-30 25:00")]
    public void Takes_nothing_that_could_be_another_day(string text) => Assert.False(new LocalTime(TimeZoneInfo.Utc).TryRead(text, out _));

    [Fact]
    public void Reads_the_format_it_is_told()
    {
        Assert.True(new LocalTime(TimeZoneInfo.Utc, "d/M/yyyy H:mm").TryRead("12/1/2010 8:26", out var instant));
        Assert.Equal(new DateTimeOffset(2010, 1, 12, 8, 26, 0, TimeSpan.Zero), instant);
    }
}
