using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class CalendarTests
{
    public static TheoryData<string, string, string> Starts() => new()
    {
        { "Europe/London", "2011-06-30", "2011-06-29T23:00:00Z" },
        { "Europe/London", "2011-12-09", "2011-12-09T00:00:00Z" },
        { "Europe/London", "2011-03-27", "2011-03-27T00:00:00Z" }, // clocks go forward at 01:00
        { "Europe/London", "2011-03-28", "2011-03-27T23:00:00Z" },
        { "Europe/London", "2011-10-30", "2011-10-29T23:00:00Z" }, // clocks go back at 02:00
        { "Europe/London", "2011-10-31", "2011-10-31T00:00:00Z" },
        { "America/New_York", "2024-03-10", "2024-03-10T05:00:00Z" },
        { "America/New_York", "2024-03-11", "2024-03-11T04:00:00Z" },
        { "America/New_York", "2024-11-03", "2024-11-03T04:00:00Z" },
        { "America/New_York", "2024-11-04", "2024-11-04T05:00:00Z" },
        { "Asia/Kolkata", "2024-01-01", "2023-12-31T18:30:00Z" },
        { "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z" }, // 00:00 to 01:00 does not exist
        { "America/Sao_Paulo", "2018-11-05", "2018-11-05T02:00:00Z" },
        { "America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z" }, // 23:00 to 24:00 comes twice
        { "America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z" },
        { "Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z" }, // 00:00 to 01:00 does not exist
        { "Asia/Beirut", "2022-03-28", "2022-03-27T21:00:00Z" },
        { "Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z" }, // 00:00 to 01:00 does not exist
        { "Africa/Cairo", "2024-11-01", "2024-10-31T22:00:00Z" }, // 23:00 to 24:00 came twice the day before
        { "America/Havana", "2024-11-03", "2024-11-03T04:00:00Z" }, // 00:00 to 01:00 comes twice: the first
        { "America/Havana", "2024-11-04", "2024-11-04T05:00:00Z" },
        { "Asia/Pyongyang", "2015-08-15", "2015-08-14T15:30:00Z" }, // half an hour back at midnight, for good
        { "America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z" }, // clocks go back at 00:01
        { "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z" }, // a date that the zone skipped
        { "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z" },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_day_starts_at_the_first_instant_of_its_date(string zone, string date, string start)
        => Assert.Equal(Given.Utc(start), Calendar.StartOf(Given.Date(date), Given.Zone(zone)));

    public static TheoryData<string, int, int> Years() => new()
    {
        { "Europe/London", 2010, 2012 }, { "America/New_York", 2023, 2027 }, { "America/Sao_Paulo", 2016, 2019 }, { "Asia/Beirut", 2021, 2024 },
        { "Africa/Cairo", 2023, 2026 }, { "America/Havana", 2022, 2025 }, { "America/St_Johns", 2009, 2012 }, { "Australia/Lord_Howe", 2022, 2024 },
        { "Asia/Pyongyang", 2014, 2019 }, { "Asia/Tehran", 2019, 2023 }, { "America/Asuncion", 2022, 2025 }, { "Etc/UTC", 2024, 2025 },
    };

    [Theory]
    [MemberData(nameof(Years))]
    public void Days_follow_each_other_without_gap_or_overlap(string id, int from, int to)
    {
        var zone = Given.Zone(id);
        for (var date = new DateOnly(from, 1, 1); date.Year < to; date = date.AddDays(1))
        {
            var (start, next) = (Calendar.StartOf(date, zone), Calendar.StartOf(date.AddDays(1), zone));
            Assert.Equal(date, Calendar.DateOf(start, zone));
            Assert.Equal(date.AddDays(-1), Calendar.DateOf(start.AddMilliseconds(-1), zone));
            Assert.Equal(date, Calendar.DateOf(next.AddMilliseconds(-1), zone));
            Assert.InRange((next - start).TotalHours, 22, 26);
            Assert.Equal(date, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(start, zone).DateTime));
        }
    }

    [Fact]
    public void A_day_that_has_begun_goes_on_when_clocks_are_set_back_over_midnight()
    {
        // St. John's, 2010-11-07: 00:00, then at 00:01 back to 23:01 of the 6th.
        var zone = Given.Zone("America/St_Johns");
        Assert.Equal(new DateOnly(2010, 11, 6), Calendar.DateOf(Given.Utc("2010-11-07T02:29:59Z"), zone));
        Assert.Equal(new DateOnly(2010, 11, 7), Calendar.DateOf(Given.Utc("2010-11-07T02:30:00Z"), zone));
        Assert.Equal(new DateOnly(2010, 11, 7), Calendar.DateOf(Given.Utc("2010-11-07T02:45:00Z"), zone));
        Assert.Equal(new DateOnly(2010, 11, 6), DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Given.Utc("2010-11-07T02:45:00Z"), zone).DateTime));
    }

    [Theory]
    [InlineData("America/New_York")]
    [InlineData("Pacific/Kiritimati")]
    public void An_instant_at_either_end_of_time_has_a_date(string id)
    {
        Assert.Equal(1, Calendar.DateOf(DateTimeOffset.MinValue, Given.Zone(id)).Year);
        Assert.Equal(9999, Calendar.DateOf(Calendar.Forever.AddDays(-2), Given.Zone(id)).Year);
    }
}
