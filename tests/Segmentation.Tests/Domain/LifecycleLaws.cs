using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds for every history, at every instant.</summary>
public sealed class LifecycleLaws
{
    internal static readonly TimeZoneInfo[] Zones = [London, Zone("America/New_York"), Zone("America/Sao_Paulo"), Zone("Asia/Beirut"), Zone("Africa/Cairo"), Zone("America/St_Johns"), Zone("Pacific/Apia")];

    sealed record Case(BoundModel Model, Fact[] Facts, Activity[] Activities, Opinion[] Opinions, TimeZoneInfo Zone, DateTimeOffset Instant)
    {
        public History History { get; } = History.Of(Facts[0].Time, Facts, "GBP", null, Activities, Opinions);

        /// <summary>What had happened by the instant.</summary>
        public History Known => History.Of(
            History.FirstSeen, Facts.Where(f => f.Time <= Instant), "GBP", null, Activities.Where(a => a.Time <= Instant), Opinions.Where(o => o.Time <= Instant));

        public Lifecycle? At(DateTimeOffset instant) => Lifecycle.At(History, Model, Zone, instant);

        public IReadOnlyList<StageInterval> Timeline => StageTimeline.Of(History, Model, Zone);
    }

    static Gen<Case> Gens() =>
        from model in Gen.Elements([.. BuiltIn, Recent, Engaged])
        from facts in Arbitrarily.Facts()
        from activities in Arbitrarily.Activities()
        from opinions in Arbitrarily.Opinions()
        from zone in Gen.Elements(Zones)
        from instant in Arbitrarily.InstantNear(facts, zone)
        select new Case(model, facts, activities, opinions, zone, instant);

    static Arbitrary<Case> Cases() => Gens().ToArbitrary();

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Cases(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void The_timeline_and_the_evaluation_agree_at_every_instant()
        => Hold(c => StageTimeline.At(c.Timeline, c.Instant)?.Stage == c.At(c.Instant)?.Stage);

    [Fact]
    public void A_stay_worked_out_backwards_began_when_the_timeline_says()
        => Hold(c => StageTimeline.At(c.Timeline, c.Instant) is not { } stay || StageTimeline.SinceOf(c.History, c.Model, c.Zone, c.Instant) == stay.From);

    [Fact]
    public void Intervals_follow_each_other_from_first_seen_to_for_ever()
        => Hold(c => c.Timeline is var timeline
            && timeline[0].From == c.History.FirstSeen
            && timeline[^1].To == Calendar.Forever
            && timeline.All(i => i.From < i.To)
            && timeline.Zip(timeline.Skip(1)).All(pair => pair.First.To == pair.Second.From && pair.First.Stage != pair.Second.Stage));

    [Fact]
    public void The_two_agree_on_both_sides_of_every_boundary()
        => Hold(c => c.Timeline.All(i => c.At(i.From)!.Stage == i.Stage && (i.To == Calendar.Forever || c.At(i.To.AddMilliseconds(-1))!.Stage == i.Stage)));

    [Fact]
    public void Before_the_announced_change_the_stage_stays_and_at_it_the_announced_one_holds()
    {
        var cases = from c in Gens()
                    from share in Gen.Choose(0, 999)
                    select (Case: c, Share: share);
        Prop.ForAll(cases.ToArbitrary(), pair =>
        {
            // What was announced at the instant rests on what had happened by then.
            var (c, history) = (pair.Case, pair.Case.Known);
            if (Lifecycle.At(history, c.Model, c.Zone, c.Instant) is not { } now) return true;
            var end = now.Next?.Time ?? c.Instant.AddDays(4_000);
            var between = c.Instant + TimeSpan.FromMilliseconds(Math.Floor((end - c.Instant).TotalMilliseconds / 1_000 * pair.Share));
            return end > c.Instant
                && Lifecycle.At(history, c.Model, c.Zone, between)!.Stage == now.Stage
                && Lifecycle.At(history, c.Model, c.Zone, end.AddMilliseconds(-1))!.Stage == now.Stage
                && (now.Next is null || Lifecycle.At(history, c.Model, c.Zone, end)!.Stage == now.Next.Stage);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Fact]
    public void Later_events_do_not_change_the_past()
        => Hold(c => c.At(c.Instant)?.Stage == Lifecycle.At(c.Known, c.Model, c.Zone, c.Instant)?.Stage
            && c.History.Purchases.At(c.Instant) == c.Known.Purchases.At(c.Instant));

    [Fact]
    public void Neither_order_nor_repetition_of_events_matters()
    {
        var cases = from c in Gens()
                    from facts in Gen.Shuffle(c.Facts.Concat(c.Facts.Take(c.Facts.Length / 2)))
                    from activities in Gen.Shuffle(c.Activities.Concat(c.Activities.Take(3)))
                    from opinions in Gen.Shuffle(c.Opinions.Concat(c.Opinions.Take(3)))
                    select (Case: c, Mixed: new Case(c.Model, facts, activities, opinions, c.Zone, c.Instant));
        Prop.ForAll(cases.ToArbitrary(), pair => History.Of(pair.Case.History.FirstSeen, pair.Mixed.Facts, "GBP", null, pair.Mixed.Activities, pair.Mixed.Opinions) is var mixed
            && mixed.Purchases.Points.SequenceEqual(pair.Case.History.Purchases.Points)
            && StageTimeline.Of(mixed, pair.Case.Model, pair.Case.Zone).SequenceEqual(pair.Case.Timeline))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Fact]
    public void The_first_of_a_day_says_all_that_days_are_counted_from()
        => Hold(c => History.Of(c.History.FirstSeen, c.Facts, "GBP", null, Activity.FirstsOfDays(c.Activities, c.Zone), c.Opinions) is var kept
            && StageTimeline.Of(kept, Recent, c.Zone).SequenceEqual(StageTimeline.Of(c.History, Recent, c.Zone))
            && StageTimeline.Of(kept, Engaged, c.Zone).SequenceEqual(StageTimeline.Of(c.History, Engaged, c.Zone)));

    /// <summary>Asks for the engagement score, with bounds that it falls through within days, months and years.</summary>
    internal static readonly BoundModel Engaged = new("engaged", 1, new("", "", "",
    [
        new("hot", "", "", "", [new(new Condition(new(Feature.EngagementScore), Lower: new Limit(2)))]),
        new("warm", "", "", "", [new(new Condition(new(Feature.EngagementScore), Lower: new Limit(0.1m), Upper: new Limit(2, IsOpen: true)))]),
        new("cool", "", "", "", [new(new Condition(new(Feature.EngagementScore), Lower: new Limit(0, IsOpen: true), Upper: new Limit(0.1m, IsOpen: true)))]),
        new("cold", "", "", "", [new(new Condition(new(Feature.EngagementScore), Upper: new Limit(0)))]),
    ]));

    /// <summary>Asks for every feature of activities, with thresholds that days cross.</summary>
    internal static readonly BoundModel Recent = new("recent", 1, new("", "", "",
    [
        .. from view in (int[])[0, 30]
           from visit in (int[])[0, 7]
           from seen in (int[])[0, 3]
           select new Stage($"seen_{view}_{visit}_{seen}", "", "", "", [new(Days(Feature.DaysSinceLastView, view, 30), Days(Feature.DaysSinceLastVisit, visit, 7), Days(Feature.DaysSinceLastEvent, seen, 3))]),
    ]));

    static Condition Days(Feature feature, int from, int width) => from == 0
        ? new Condition(new(feature), null, new Limit(width, IsOpen: true))
        : new Condition(new(feature), new Limit(width), Absent: true);

    [Fact]
    public void Nobody_that_can_be_is_taken_for_impossible()
        => Hold(c => Standing.At(c.History, c.Instant, c.Zone) is not { } standing || Everything.ToArray() is var axes
            && Calendar.DateOf(c.Instant, c.Zone) is var date
            && axes.Select(a => standing.Value(a, date, Figures)).Select(v => v is { } value ? new Bounds(value, value) : (Bounds?)null).ToArray() is var cell
            && new Customers(axes).Example(cell) is { } example
            && example.Select(v => v.Value).SequenceEqual(cell.Select(b => b?.Min)));

    static IEnumerable<Axis> Everything => Enum.GetValues<Feature>().Where(f => f != Feature.OrdersWithin).Select(f => new Axis(f)).Concat([new(Feature.OrdersWithin, 30), new(Feature.OrdersWithin, 90), new(Feature.OrdersWithin, 400)]);

    [Fact]
    public void Changes_of_value_sum_to_the_value_at_every_instant()
        => Hold(c => c.History.Purchases.ValueChanges().Where(v => v.Time <= c.Instant).Sum(v => v.Amount) == (c.History.Purchases.At(c.Instant)?.Value ?? 0));
}
