using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What the zone says of the days of a stage: somebody with one order is new on its day and the 30 after it, and drifts from the next day on.</summary>
public sealed class ZoneTests
{
    public static TheoryData<string, string, string> Boundaries() => new()
    {
        { "Europe/London", "2011-02-24T12:00:00Z", "2011-03-27T00:00:00Z" }, // clocks go forward on that day
        { "Europe/London", "2011-02-25T12:00:00Z", "2011-03-27T23:00:00Z" },
        { "Europe/London", "2011-09-29T12:00:00Z", "2011-10-29T23:00:00Z" }, // clocks go back on that day
        { "Europe/London", "2011-09-30T12:00:00Z", "2011-10-31T00:00:00Z" },
        { "Europe/London", "2011-06-29T22:59:59.999Z", "2011-07-29T23:00:00Z" }, // a millisecond before the shop's midnight, and on it
        { "Europe/London", "2011-06-29T23:00:00Z", "2011-07-30T23:00:00Z" },
        { "Europe/London", "2011-03-27T00:59:59.999Z", "2011-04-26T23:00:00Z" }, // around the hour that is missing, and the one that comes twice
        { "Europe/London", "2011-03-27T01:00:00Z", "2011-04-26T23:00:00Z" },
        { "Europe/London", "2011-10-30T00:59:59.999Z", "2011-11-30T00:00:00Z" },
        { "Europe/London", "2011-10-30T01:00:00Z", "2011-11-30T00:00:00Z" },
        { "America/New_York", "2024-02-08T12:00:00Z", "2024-03-10T05:00:00Z" },
        { "America/New_York", "2024-02-09T12:00:00Z", "2024-03-11T04:00:00Z" },
        { "America/New_York", "2024-10-03T12:00:00Z", "2024-11-03T04:00:00Z" },
        { "America/New_York", "2024-10-04T12:00:00Z", "2024-11-04T05:00:00Z" },
        { "America/Sao_Paulo", "2018-10-04T12:00:00Z", "2018-11-04T03:00:00Z" }, // the day begins at 01:00
        { "America/Sao_Paulo", "2018-01-17T12:00:00Z", "2018-02-17T02:00:00Z" }, // the day has 25 hours
        { "America/Sao_Paulo", "2018-01-18T12:00:00Z", "2018-02-18T03:00:00Z" },
        { "Australia/Lord_Howe", "2024-03-07T12:00:00Z", "2024-04-06T13:00:00Z" }, // half an hour back on that day
        { "Australia/Lord_Howe", "2024-03-08T12:00:00Z", "2024-04-07T13:30:00Z" },
        { "Pacific/Apia", "2011-11-28T22:00:00Z", "2011-12-29T10:00:00Z" },
        { "Pacific/Apia", "2011-11-29T22:00:00Z", "2011-12-30T10:00:00Z" }, // on the date that the zone skipped: the next one
        { "Pacific/Apia", "2011-11-30T22:00:00Z", "2011-12-30T10:00:00Z" },
        { "Pacific/Apia", "2011-12-30T09:59:59.999Z", "2012-01-28T10:00:00Z" }, // the last millisecond east of the date line is the 29th's, the next the 31st's
        { "Pacific/Apia", "2011-12-30T10:00:00Z", "2012-01-30T10:00:00Z" },
    };

    [Theory]
    [MemberData(nameof(Boundaries))]
    public void A_stage_ends_with_the_first_moment_of_a_day_of_the_shop(string id, string ordered, string ends)
    {
        var (zone, history, end) = (Zone(id), OrdersAt(Utc(ordered)), Utc(ends));
        Assert.Equal(("new", end), Next(history, zone, Utc(ordered)));
        Assert.Equal(("new", end), Next(history, zone, end.AddMilliseconds(-1)));
        Assert.Equal("drifting", Lifecycle.At(history, Clc, zone, end)!.Stage.Id);
        Assert.Equal(end, StageTimeline.Of(history, Clc, zone)[0].To);
    }

    static (string Stage, DateTimeOffset? Ends) Next(History history, TimeZoneInfo zone, DateTimeOffset instant)
        => Lifecycle.At(history, Clc, zone, instant) is var lifecycle ? (lifecycle!.Stage.Id, lifecycle.Next?.Time) : default;
}
