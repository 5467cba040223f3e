using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>Counts and flows of two real shops, against tables that somebody else computed.</summary>
public sealed class RealShopTests
{
    static List<History> Histories(IReadOnlyList<Sighting> sightings)
        => [.. Arrivals.Of(sightings).Select(a => CustomerRecord.Empty.With(a.Sightings).Now("GBP", RealShops.RetailZone)!)];

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

    /// <summary>The literal reading at its most literal: what the windows hold and nothing else.</summary>
    internal static LifecycleModel WindowCountsOnly { get; } = BuiltInModels.All["clc-windowed"] is var model ? model with
    {
        Stages =
        [
            .. from stage in model.Stages
               where !stage.Otherwise
               select stage with { Rules = [.. stage.Rules.Select(r => r.Conditions.Any(c => c.Axis.WindowDays > 0) ? new Rule([.. r.Conditions.Where(c => c.Axis.WindowDays > 0)]) : r)] },
        ],
    } : null!;

    public static TheoryData<string, string> Dates() => new()
    {
        { "cdnow_sample", "1997-03-31" }, { "cdnow_sample", "1997-06-30" }, { "cdnow_sample", "1997-09-30" }, { "cdnow_sample", "1997-12-31" }, { "cdnow_sample", "1998-06-30" }, { "online_retail", "2011-06-30" },
    };

    /// <summary>Their refunds are left out: the tables take spend as what was ordered.</summary>
    static (List<Standing> Customers, DateOnly Date) Buyers(string dataset, string asOf)
    {
        var (all, zone) = dataset == "cdnow_sample" ? (RealShops.Cdnow(), RealShops.CdnowZone) : (RealShops.Retail(), RealShops.RetailZone);
        List<Sighting> sightings = [.. all.Where(s => s.Fact!.Kind == FactKind.Ordered)];
        var standings = Histories(sightings).Select(h => Standing.At(h, EndOf(Date(asOf), zone), zone)).OfType<Standing>().Where(s => s.Purchases.OrderCount > 0);
        return ([.. standings], Date(asOf));
    }

    [Theory]
    [MemberData(nameof(Dates))]
    public void The_windowed_reading_leaves_out_whom_the_table_says(string dataset, string asOf)
    {
        var (customers, date) = Buyers(dataset, asOf);
        var model = new BoundModel("clc-windowed", 1, BuiltInModels.All["clc-windowed"]);
        var expected = Expected.Windowed(dataset, asOf, "W2");
        var counts = customers.Select(c => model.Place(c, date).Stage.Id).CountBy(s => s).ToDictionary(s => s.Key, s => (long)s.Value);
        Assert.Equal(expected.Customers, customers.Count);
        Assert.Equal(expected.Stages, expected.Stages.Keys.ToDictionary(s => s, s => counts.GetValueOrDefault(s)));
        Assert.Equal(expected.Unassigned, counts.GetValueOrDefault("otherwise"));
        Assert.Equal(0, expected.TwoOrMore);
    }

    [Theory]
    [MemberData(nameof(Dates))]
    public void Window_counts_alone_leave_gaps_and_overlap_as_the_table_says(string dataset, string asOf)
    {
        var (customers, date) = Buyers(dataset, asOf);
        var expected = Expected.Windowed(dataset, asOf, "W1");
        // Each stage alone against the rest: who is in it, whoever else claims them.
        var alone = WindowCountsOnly.Stages.Select(s => new BoundModel(s.Id, 1, new("", "", "", [s, new Stage("rest", "", "", "", [], Otherwise: true)]))).ToList();
        var claims = customers.Select(c => alone.Where(m => m.Place(c, date).Stage.Id != "rest").Select(m => m.Id).ToList()).ToList();
        Assert.Equal(expected.Stages, expected.Stages.Keys.ToDictionary(s => s, s => claims.LongCount(c => c.Contains(s))));
        Assert.Equal((expected.Unassigned, expected.ExactlyOne, expected.TwoOrMore), (claims.LongCount(c => c.Count == 0), claims.LongCount(c => c.Count == 1), claims.LongCount(c => c.Count > 1)));
    }

    [Theory]
    [MemberData(nameof(Dates))]
    public void Rfm_scores_by_frozen_cut_points_are_those_of_the_table(string dataset, string asOf)
    {
        var (customers, date) = Buyers(dataset, asOf);
        var expected = Expected.Rfm(dataset, asOf);
        var population = new Population(null, null, expected.Cuts, "");
        var scores = customers.Select(c => (R: Score(c, Feature.RecencyScore), F: Score(c, Feature.FrequencyScore), M: Score(c, Feature.MonetaryScore))).ToList();
        Assert.Equal(expected.Customers, customers.Count);
        Assert.Equal(expected.Grid.OrderBy(g => g.Key), scores.CountBy(s => (s.R, s.F)).ToDictionary(g => g.Key, g => (long)g.Value).OrderBy(g => g.Key));
        Assert.Equal((expected.Best, expected.Worst), (scores.LongCount(s => s == (5, 5, 5)), scores.LongCount(s => s == (1, 1, 1))));

        var model = new BoundModel("rfm", 1, BuiltInModels.All["rfm"], 1, population);
        Assert.All(customers, c => Assert.NotEqual("prospect", model.Place(c, date).Stage.Id));

        long Score(Standing customer, Feature feature) => customer.Value(new(feature), date, population)!.Value;
    }
}
