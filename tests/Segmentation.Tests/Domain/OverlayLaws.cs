using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds of every history, at every instant, with and without a population.</summary>
public sealed class OverlayLaws
{
    sealed record Case(History History, OverlayMeasures Measures, TimeZoneInfo Zone, DateTimeOffset Instant)
    {
        public DateOnly Today => Calendar.DateOf(Instant, Zone);
        public OverlayFacts? Facts => OverlayFacts.At(History, Instant, Zone);
        public Dictionary<OverlayKind, bool?> Holds(DateOnly today) => Overlays.Kinds.ToDictionary(k => k, k => Overlays.Holds(k, Facts!, Measures, today));
    }

    static Gen<Case> Cases() =>
        from facts in Arbitrarily.Facts()
        from activities in Arbitrarily.Activities()
        from zone in Gen.Elements(London, Zone("America/Sao_Paulo"), Zone("Pacific/Apia"))
        from instant in Arbitrarily.InstantNear(facts, zone)
        from population in Gen.Elements(Figures, Figures with { AverageSpend = null, LapseDays = null }, null)
        from settings in Gen.Elements(OverlaySettings.Default, new OverlaySettings(0.5m, null, 1, 365), new OverlaySettings(null, 10, 90, 1))
        select new Case(History.Of(facts[0].Time, facts, "GBP", null, activities), settings.Against(population, 25), zone, instant);

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Cases().ToArbitrary(), c => c.Facts is null || law(c)).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void They_agree_with_each_other_and_with_the_orders()
        => Hold(c => c.Holds(c.Today) is var holds
            && holds[OverlayKind.Warm] != holds[OverlayKind.Cold]
            && (holds[OverlayKind.OneTime] == true ? 1 : 0) + (holds[OverlayKind.Repeat] == true ? 1 : 0) == (c.Facts!.OrderCount > 0 ? 1 : 0)
            && (c.Facts.OrderCount > 0 || holds[OverlayKind.Vip] == false && holds[OverlayKind.NewCustomer] == false && holds[OverlayKind.Returning] == false)
            && (holds[OverlayKind.Repeat] == true || holds[OverlayKind.Returning] == false)
            && c.Facts.OrderCount == c.History.Purchases.At(c.Instant)!.OrderCount);

    [Fact]
    public void Only_what_the_population_lacks_is_left_open()
        => Hold(c => c.Holds(c.Today).All(h => h.Value is not null || h.Key switch
        {
            OverlayKind.Vip => c.Measures.VipSpend is null,
            OverlayKind.Returning => c.Measures.LapseDays is null,
            _ => false,
        }));

    [Fact]
    public void Until_the_announced_date_each_stays_and_on_it_changes()
        => Hold(c => Overlays.Kinds.All(kind =>
        {
            var (facts, holds) = (c.Facts!, Overlays.Holds(kind, c.Facts!, c.Measures, c.Today));
            var until = Overlays.Until(kind, facts, c.Measures, c.Today);
            var last = until?.AddDays(-1) ?? c.Today.AddDays(5_000);
            return last >= c.Today
                && ((int[])[0, 1, 7, 30, 63, 64, 365, last.DayNumber - c.Today.DayNumber]).Select(c.Today.AddDays).Where(d => d <= last).All(d => Overlays.Holds(kind, facts, c.Measures, d) == holds)
                && (until is null || Overlays.Holds(kind, facts, c.Measures, until.Value) == !holds);
        }));

    [Fact]
    public void Each_says_why()
        => Hold(c => Overlays.Of(c.Facts!, c.Measures, c.Today) is { Count: 7 } overlays && overlays.All(o => o.Why.Length > 0 && !o.Why.Contains("  ", StringComparison.Ordinal)));
}
