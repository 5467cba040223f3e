using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds of a customer's story on both axes of time.</summary>
public sealed class MembershipHistoryLaws
{
    sealed record Case(CustomerRecord Record, ModelUseTime[] Uses, DateTimeOffset KnownAt, DateTimeOffset AsOf)
    {
        public List<Membership> Story { get; } = MembershipHistory.Of(Record, Uses, "GBP");

        public ModelUseTime? Use => Uses.FirstOrDefault(u => u.From <= KnownAt && KnownAt < u.To);
    }

    static readonly TimeZoneInfo[] Zones = [London, Zone("America/New_York"), Zone("Pacific/Kiritimati")];

    static Gen<Case> Gens() =>
        from sightings in Arbitrarily.Sightings()
        let told = sightings.Take(10).Select(s => s with { Customer = "user:ann" }).ToArray()
        from moves in Gen.Frequency((2, Gen.Constant(false)), (1, Gen.Constant(true)))
        from swaps in Gen.Choose(0, 1_500)
        from models in Gen.ArrayOf(Gen.Elements(BuiltIn.ToArray()), 2)
        from stays in Gen.Elements(true, false)
        from zones in Gen.ArrayOf(Gen.Elements(Zones), 2)
        from asked in Gen.Elements(told)
        from millis in Gen.Choose(-1, 1)
        from asOf in Arbitrarily.InstantNear([.. told.Select(s => s.Fact ?? Ordered("o", s.Time.ToString("O")))], London)
        let swap = Utc("2010-09-01").AddDays(swaps)
        let record = CustomerRecord.Empty.With(told)
        select new Case(
            moves ? record.With([new Sighting("shop", "user:ann", true, swap, null) { Known = swap.AddDays(10), Reset = ResetKind.Moved }]) : record,
            [new(models[0], zones[0], DateTimeOffset.UnixEpoch, swap), new(models[stays ? 0 : 1], zones[1], swap, Calendar.Forever)],
            asked.Known.AddMilliseconds(millis),
            asOf);

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Gens().ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void The_story_says_at_every_instant_what_was_known_of_every_other()
        => Hold(c => c.Story.Where(m => m.KnownFrom <= c.KnownAt && c.KnownAt < m.KnownTo && m.Stay.From <= c.AsOf && c.AsOf < m.Stay.To).ToList() is var found
            && (c.Use is { } use && c.Record.AsKnown(c.KnownAt, "GBP", use.Zone) is { } history && Lifecycle.StageAt(history, use.Model, use.Zone, c.AsOf) is var (stage, _)
                ? found is [var only] && only.Stay.Stage == stage && only.Use.Model == use.Model && only.Use.Zone == use.Zone
                : found.Count == 0));

    [Fact]
    public void Without_an_end_it_is_the_timeline_as_known_now()
        => Hold(c => c.Story.Where(m => m.KnownTo == Calendar.Forever).Select(m => m.Stay).OrderBy(s => s.From)
            .SequenceEqual(c.Record.Now("GBP", c.Uses[^1].Zone) is { } history ? StageTimeline.Of(history, c.Uses[^1].Model, c.Uses[^1].Zone) : []));

    [Fact]
    public void Nothing_was_known_for_no_time_and_what_goes_on_is_one_entry()
        => Hold(c => c.Story.All(m => m.KnownFrom < m.KnownTo && m.Stay.From < m.Stay.To)
            && !c.Story.Exists(m => c.Story.Exists(n => n.KnownFrom == m.KnownTo && n.Stay == m.Stay && n.Use.Model == m.Use.Model && n.Use.Zone == m.Use.Zone)));

    [Fact]
    public void A_cause_that_is_an_event_names_one_that_is_known()
        => Hold(c => c.Story.Where(m => m.Cause.Kind == CauseKind.Event).All(m =>
            c.Record.Facts.Any(f => f.What.MessageId == m.Cause.MessageId && f.What.Time == m.Stay.From)
            || c.Record.Opinions.Any(o => o.What.MessageId == m.Cause.MessageId && o.What.Time == m.Stay.From)
            || c.Record.Activities.Any(a => a.What.MessageId == m.Cause.MessageId && a.What.Time == m.Stay.From)));

    [Fact]
    public void A_stay_of_the_past_that_late_news_move_names_them()
    {
        var (first, late) = (Ordered("o1", "2024-01-01"), Ordered("o2", "2024-02-01"));
        var record = CustomerRecord.Empty.With([
            new Sighting("shop", "user:ann", true, first.Time, first) { Known = first.Time },
            new Sighting("shop", "user:ann", true, late.Time, late) { Known = Utc("2024-06-01") }]);
        var story = MembershipHistory.Of(record, [new(Clc, London, DateTimeOffset.UnixEpoch, Calendar.Forever)], "GBP");
        Assert.Equal(
            [("promising", new Cause(CauseKind.Event, late.MessageId)), ("drifting", new Cause(CauseKind.Correction, late.MessageId)), ("sleeper", new Cause(CauseKind.Correction, late.MessageId))],
            story.Where(m => m.KnownFrom == Utc("2024-06-01")).Select(m => (m.Stay.Stage.Id, m.Cause)));
    }
}
