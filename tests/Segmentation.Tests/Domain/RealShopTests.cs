using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>Counts and flows of two real shops, against tables that somebody else computed.</summary>
public sealed class RealShopTests
{
    static List<History> Histories(IEnumerable<Sighting> sightings)
        => [.. Arrivals.Of(sightings).Select(a => History.Of(a.FirstSeen, a.Facts, "GBP"))];

    static Dictionary<string, long> Count(IEnumerable<History> histories, TimeZoneInfo zone, string asOf)
        => histories.Select(h => Lifecycle.At(h, Clc, zone, EndOf(Date(asOf), zone))?.Stage.Id ?? "").CountBy(s => s).ToDictionary(s => s.Key, s => (long)s.Value);

    static void AreAsExpected(string dataset, string asOf, Dictionary<string, long> counts)
    {
        var (stages, notYet) = Expected.Counts(dataset, asOf);
        Assert.Equal(stages, stages.Keys.ToDictionary(s => s, s => counts.GetValueOrDefault(s)));
        Assert.Equal(notYet, counts.GetValueOrDefault("") + counts.GetValueOrDefault("prospect"));
    }

    [Fact]
    public void Online_retail_counts_at_the_end_of_June()
    {
        var sightings = RealShops.Retail();
        Assert.Equal(18_536, sightings.Count(s => s.Fact!.Kind == FactKind.Ordered));
        Assert.Equal(4_339, sightings.Select(s => s.Customer).Distinct().Count());
        AreAsExpected("online_retail", "2011-06-30", Count(Histories(sightings), RealShops.RetailZone, "2011-06-30"));
    }

    [Theory]
    [InlineData("1997-03-31")]
    [InlineData("1997-06-30")]
    [InlineData("1997-09-30")]
    [InlineData("1997-12-31")]
    [InlineData("1998-06-30")]
    public void Cdnow_counts(string asOf) => AreAsExpected("cdnow_sample", asOf, Count(Histories(RealShops.Cdnow()), RealShops.CdnowZone, asOf));

    [Theory]
    [InlineData("1997-03-31", "1997-06-30")]
    [InlineData("1997-06-30", "1997-09-30")]
    [InlineData("1997-09-30", "1997-12-31")]
    [InlineData("1997-12-31", "1998-06-30")]
    public void Cdnow_flows(string from, string to)
    {
        var (zone, stages) = (RealShops.CdnowZone, new List<(string, string)>());
        foreach (var history in Histories(RealShops.Cdnow()))
            stages.Add((Lifecycle.At(history, Clc, zone, EndOf(Date(from), zone))!.Stage.Id, Lifecycle.At(history, Clc, zone, EndOf(Date(to), zone))!.Stage.Id));
        Assert.Equal(Expected.Flows("cdnow_sample", from, to).OrderBy(f => f.Key), stages.CountBy(s => s).Select(s => KeyValuePair.Create(s.Key, (long)s.Value)).OrderBy(f => f.Key));
    }
}
