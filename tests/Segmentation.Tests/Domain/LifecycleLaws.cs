using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds for every history, at every instant.</summary>
public sealed class LifecycleLaws
{
    static readonly TimeZoneInfo[] Zones = [London, Zone("America/New_York"), Zone("America/Sao_Paulo"), Zone("Asia/Beirut"), Zone("Africa/Cairo"), Zone("America/St_Johns"), Zone("Pacific/Apia")];

    sealed record Case(Fact[] Facts, TimeZoneInfo Zone, DateTimeOffset Instant)
    {
        public PurchaseHistory History { get; } = PurchaseHistory.Of(Facts[0].Time, Facts, "GBP");
    }

    static Arbitrary<Case> Cases()
    {
        var gen = from facts in Arbitrarily.Facts()
                  from zone in Gen.Elements(Zones)
                  from instant in Arbitrarily.InstantNear(facts, zone)
                  select new Case(facts, zone, instant);
        return gen.ToArbitrary();
    }

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Cases(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void The_timeline_and_the_evaluation_agree_at_every_instant()
        => Hold(c => StageTimeline.At(StageTimeline.Of(c.History, Clc, c.Zone), c.Instant)?.Stage == Lifecycle.At(c.History, Clc, c.Zone, c.Instant)?.Stage);

    [Fact]
    public void They_agree_on_both_sides_of_every_boundary()
        => Hold(c => StageTimeline.Of(c.History, Clc, c.Zone) is var timeline && timeline.All(i =>
            Lifecycle.At(c.History, Clc, c.Zone, i.From)!.Stage == i.Stage
            && (i.To == Calendar.Forever || Lifecycle.At(c.History, Clc, c.Zone, i.To.AddMilliseconds(-1))!.Stage == i.Stage)));

    [Fact]
    public void Before_the_announced_change_the_stage_stays_and_at_it_the_announced_one_holds()
    {
        var cases = from c in Cases().Generator
                    from share in Gen.Choose(0, 999)
                    select (Case: c, Share: share);
        Prop.ForAll(cases.ToArbitrary(), pair =>
        {
            // What was announced at the instant rests on what had happened by then.
            var (c, known) = (pair.Case, pair.Case.Facts.Where(f => f.Time <= pair.Case.Instant).ToList());
            var history = PurchaseHistory.Of(c.Facts[0].Time, known, "GBP");
            if (Lifecycle.At(history, Clc, c.Zone, c.Instant) is not { } now) return true;
            var end = now.Next?.Time ?? c.Instant.AddDays(4_000);
            var between = c.Instant + TimeSpan.FromMilliseconds(Math.Floor((end - c.Instant).TotalMilliseconds / 1_000 * pair.Share));
            return end > c.Instant
                && Lifecycle.At(history, Clc, c.Zone, between)!.Stage == now.Stage
                && Lifecycle.At(history, Clc, c.Zone, end.AddMilliseconds(-1))!.Stage == now.Stage
                && (now.Next is null || Lifecycle.At(history, Clc, c.Zone, end)!.Stage == now.Next.Stage);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void Later_facts_do_not_change_the_past()
        => Hold(c => c.History.At(c.Instant) == PurchaseHistory.Of(c.History.FirstSeen, c.Facts.Where(f => f.Time <= c.Instant), "GBP").At(c.Instant));

    [Fact]
    public void Neither_order_nor_repetition_of_facts_matters()
    {
        var cases = from c in Cases().Generator
                    from mixed in Gen.Shuffle(c.Facts.Concat(c.Facts.Take(c.Facts.Length / 2)))
                    select (c.History, Mixed: mixed);
        Prop.ForAll(cases.ToArbitrary(), c => c.History.Points.SequenceEqual(PurchaseHistory.Of(c.Mixed.Max(f => f.Time), c.Mixed, "GBP").Points))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Fact]
    public void Changes_of_value_sum_to_the_value_at_every_instant()
        => Hold(c => c.History.ValueChanges().Where(v => v.Time <= c.Instant).Sum(v => v.Amount) == (c.History.At(c.Instant)?.Value ?? 0));
}
