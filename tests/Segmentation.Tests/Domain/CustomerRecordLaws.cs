using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;
using Perennial.Segmentation.Tests.Data;
using Perennial.Segmentation.Tests.Storage;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds of everything that is ever known of a customer, on both axes of time.</summary>
public sealed class CustomerRecordLaws
{
    /// <param name="Told">Events of one customer, with what was known when.</param>
    /// <param name="Mixed">The same in another order, some of them again, some of those with a delay.</param>
    /// <param name="KnownAt">When, or close to when, something became known.</param>
    sealed record Case(Sighting[] Told, Sighting[][] Mixed, DateTimeOffset KnownAt, TimeZoneInfo Zone)
    {
        public CustomerRecord Record { get; } = CustomerRecord.Empty.With(Told);

        public History? Now(CustomerRecord record) => record.Now("GBP", Zone);

        public History? At(CustomerRecord record) => record.AsKnown(KnownAt, "GBP", Zone);
    }

    static Gen<Case> Gens() =>
        from sightings in Arbitrarily.Sightings()
        let told = sightings.Select(s => s with { Customer = "user:ann" }).ToArray()
        from again in Gen.SubListOf(told)
        from delayed in Gen.SubListOf(told)
        from mixed in Gen.Shuffle(told.Concat(again).Concat(delayed.Select(d => d with { Known = d.Known.AddHours(7) })))
        from size in Gen.Choose(1, mixed.Length)
        from known in Gen.Elements(told)
        from millis in Gen.Choose(-1, 1)
        from zone in Gen.Elements(LifecycleLaws.Zones)
        select new Case(told, [.. mixed.Chunk(size)], known.Known.AddMilliseconds(millis), zone);

    static void Hold(Func<Case, bool> law) => Prop.ForAll(Gens().ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    static CustomerRecord Of(IEnumerable<Sighting[]> batches) => batches.Aggregate(CustomerRecord.Empty, (record, batch) => record.With(batch));

    static bool AreAlike(History? a, History? b) => Text(a) == Text(b);

    /// <summary>All that a history rests on.</summary>
    static string Text(History? history) => history is null
        ? ""
        : string.Join(" ; ", [$"{history.FirstSeen:O} {history.End:O} {history.Currency}", .. history.Facts.Select(f => f.ToString()), .. history.Activities.Select(a => a.ToString()), .. history.Opinions.Select(o => o.ToString()), .. history.Traits.Times.Distinct().Order().Select(t => $"{t:O} {history.Traits.ChangedBy(t)} {string.Join(", ", history.Traits.At(t).Select(Tables.Text))}")]);

    [Fact]
    public void Neither_order_nor_batching_nor_repetition_matters()
        => Hold(c => Tables.Text(Of(c.Mixed)) == Tables.Text(c.Record));

    [Fact]
    public void What_is_there_already_leaves_the_very_same_record()
        => Hold(c => ReferenceEquals(c.Record, c.Record.With(c.Mixed.SelectMany(m => m))));

    [Fact]
    public void As_known_then_is_what_was_known_then_alone()
        => Hold(c => AreAlike(c.At(c.Record), c.Now(CustomerRecord.Empty.With(c.Told.Where(s => s.Known <= c.KnownAt)))));

    [Fact]
    public void What_becomes_known_later_changes_nothing_as_known_then()
        => Hold(c => AreAlike(c.At(c.Record), c.At(Of(c.Mixed.Select(m => m.Where(s => s.Known <= c.KnownAt).ToArray())).With(c.Told))));

    [Fact]
    public void As_known_from_the_last_on_is_what_is_known_now()
        => Hold(c => c.Record.AsKnown(c.Record.KnownTimes.Last(), "GBP", c.Zone) is var last && AreAlike(last, c.Now(c.Record)));

    static Sighting Reset(ResetKind kind, DateTimeOffset known) => new("shop", "user:ann", true, known, null) { Known = known, Reset = kind };

    [Fact]
    public void What_moves_to_somebody_else_was_theirs_and_is_no_longer()
        => Hold(c => c.Record.With([Reset(ResetKind.Moved, c.KnownAt.AddMilliseconds(1))]) is var moved
            && AreAlike(c.At(moved), c.At(c.Record))
            && moved.AsKnown(c.KnownAt.AddMilliseconds(1), "GBP", c.Zone) is null
            && c.Now(moved) is null);

    [Fact]
    public void What_comes_back_is_known_again_from_then_on()
        => Hold(c => c.Told.Max(s => s.Known).AddDays(1) is var back
            && c.Record.With([Reset(ResetKind.Moved, back), .. c.Told.Select(s => s with { Known = back })]) is var again
            && AreAlike(c.Now(again), c.Now(c.Record))
            && AreAlike(again.AsKnown(back, "GBP", c.Zone), c.Now(c.Record))
            && AreAlike(c.At(again), c.KnownAt < back ? c.At(c.Record) : c.Now(c.Record)));

    [Fact]
    public void An_erasure_leaves_nothing()
        => Hold(c => c.Record.With([Reset(ResetKind.Erased, c.KnownAt)]) is var erased
            && erased is { IsEmpty: true, Seen.Count: 0, Left.Count: 0, Facts.Count: 0, Activities.Count: 0, Opinions.Count: 0, Traits.Count: 0 }
            && !erased.KnownTimes.Any()
            && Tables.Text(erased.With(c.Told)) == Tables.Text(c.Record));

    /// <summary>Views, visits and other signs of life close to the turn of days, and in the same quarters of hours.</summary>
    static Gen<(Activity[] Activities, TimeZoneInfo Zone)> Around() =>
        from zone in Gen.Elements(LifecycleLaws.Zones)
        from count in Gen.Choose(1, 25)
        from days in Gen.ArrayOf(Gen.Choose(0, 500), count)
        from minutes in Gen.ArrayOf(Gen.OneOf(Gen.Choose(-40, 40), Gen.Choose(0, 1_500)), count)
        from kinds in Gen.ArrayOf(Gen.Elements(Enum.GetValues<ActivityKind>()), count)
        from touches in Gen.ArrayOf(Arbitrarily.Touch(), count)
        select (days.Select((d, i) => new Activity(kinds[i], Calendar.StartOf(Date("2011-01-01").AddDays(d), zone).AddMinutes(minutes[i]), $"a{i}", touches[i])).ToArray(), zone);

    [Fact]
    public void The_firsts_of_quarters_of_hours_say_all_that_days_are_counted_from_in_any_zone()
        => Prop.ForAll(Around().ToArbitrary(), c =>
        {
            var record = CustomerRecord.Empty.With(c.Activities.Select(a => new Sighting("shop", "user:ann", true, a.Time, null) { Known = Now, Activity = a }));
            var kept = record.Now("GBP", c.Zone)!;
            var all = History.Of(c.Activities.Min(a => a.Time), [], "GBP", null, c.Activities);
            return StageTimeline.Of(kept, LifecycleLaws.Recent, c.Zone).SequenceEqual(StageTimeline.Of(all, LifecycleLaws.Recent, c.Zone))
                && StageTimeline.Of(kept, LifecycleLaws.Engaged, c.Zone).SequenceEqual(StageTimeline.Of(all, LifecycleLaws.Engaged, c.Zone))
                && BuiltIn.All(m => StageTimeline.Of(kept, m, c.Zone).SequenceEqual(StageTimeline.Of(all, m, c.Zone)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    static readonly DateTimeOffset Now = Utc("2014-01-01");

    [Fact]
    public void Of_a_quarter_of_an_hour_the_first_of_each_touch_is_kept()
    {
        Touch[] touches = [default, new(TouchKind.Visit), new(TouchKind.Clicked, Channel.Email), new(TouchKind.Clicked, Channel.Push)];
        var all = Enumerable.Range(0, 900).Select(s => new Activity(ActivityKind.Event, Now.AddSeconds(s), $"a{s}", touches[s % 4])).ToList();
        var record = CustomerRecord.Empty.With(all.Select(a => new Sighting("shop", "user:ann", true, a.Time, null) { Known = Now.AddDays(1), Activity = a }));
        Assert.Equal(["a0", "a1", "a2", "a3"], record.Activities.Select(a => a.What.MessageId));
    }

    [Fact]
    public void At_most_three_signs_of_life_without_a_touch_are_kept_of_a_quarter_of_an_hour()
    {
        var all = Enumerable.Range(0, 3_600).Select(s => new Activity((ActivityKind)(s % 3 + 1), Now.AddSeconds(s), $"a{s}")).ToList();
        var record = CustomerRecord.Empty.With(all.Select(a => new Sighting("shop", "user:ann", true, a.Time, null) { Known = Now.AddDays(1), Activity = a }));
        Assert.Equal(["a0", "a1", "a2", "a900", "a901", "a902", "a1800", "a1801", "a1802", "a2700", "a2701", "a2702"], record.Activities.Select(a => a.What.MessageId));
        Assert.Single(record.Seen);
    }

    /// <summary>Events of a customer that say something of their traits, many at the same instants, and some instant.</summary>
    static Gen<(Sighting[] Told, Sighting[] Mixed, DateTimeOffset At)> Identified() =>
        from said in Gen.ArrayOf(Arbitrarily.Identifications(), 4)
        from minutes in Gen.ArrayOf(Gen.Choose(0, 12), 20)
        from known in Gen.ArrayOf(Gen.Choose(0, 90), 20)
        let told = said.SelectMany(s => s).Select((s, i) => s with { Time = Now.AddMinutes(minutes[i]), MessageId = $"i{i}" }).Select((s, i) => new Sighting("shop", "user:ann", true, s.Time, null) { Traits = s, Known = Now.AddMinutes(known[i]) }).ToArray()
        from mixed in Gen.Shuffle(told)
        from at in Gen.Choose(-1, 13)
        select (told, mixed, Now.AddMinutes(at));

    /// <summary>The latest event that names a trait says its value, at any instant and as known at any other.</summary>
    [Fact]
    public void A_trait_is_what_the_latest_event_that_names_it_says()
        => Prop.ForAll(Identified().ToArbitrary(), c =>
        {
            var record = c.Mixed.Aggregate(CustomerRecord.Empty, (r, s) => r.With([s]));
            return Enumerable.Range(-1, 92).Select(m => Now.AddMinutes(m)).All(known =>
            {
                var said = c.Told.Where(s => s.Known <= known).Select(s => s.Traits!).ToList();
                var expected = said.Where(s => s.Time <= c.At).OrderBy(s => s.Time).ThenBy(s => s.MessageId, StringComparer.Ordinal).SelectMany(s => s.Traits)
                    .GroupBy(t => t.Name).Select(g => g.Last()).Where(t => t.Value != default).OrderBy(t => t.Name, StringComparer.Ordinal).Select(Tables.Text);
                var history = record.AsKnown(known, "GBP", London);
                return expected.SequenceEqual((history?.Traits.At(c.At) ?? []).Select(Tables.Text))
                    && (history is null || history.Traits.At(c.At).All(t => history.Traits.At(t.Name, c.At) == t.Value));
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>The same value again is worth keeping: what comes in late may lie between.</summary>
    [Fact]
    public void What_is_said_again_holds_again_after_what_comes_in_late()
    {
        var record = CustomerRecord.Empty.With([Said("gold", 0), Said("gold", 2), Said("silver", 1)]);
        Assert.Equal(["gold", "silver", "gold"], Enumerable.Range(0, 3).Select(m => record.Now("GBP", London)!.Traits.At("plan", Now.AddMinutes(m)).AsText));
        Assert.Equal(["i0", "i1", "i2", null], Enumerable.Range(0, 4).Select(m => record.Now("GBP", London)!.Traits.ChangedBy(Now.AddMinutes(m))));
        Assert.Equal([Now], CustomerRecord.Empty.With([Said("gold", 0), Said("gold", 2), Said("gold", 1)]).Now("GBP", London)!.Traits.Times);

        static Sighting Said(string plan, int minute) => new("shop", "user:ann", true, Now.AddMinutes(minute), null) { Traits = new(Now.AddMinutes(minute), $"i{minute}", [new("plan", FieldValue.Of(plan))]) };
    }

    [Fact]
    public void An_earlier_first_event_that_is_known_later_is_known_from_then_on()
    {
        var record = CustomerRecord.Empty.With([Seen("2011-02-01", "2011-02-01"), Seen("2011-01-01", "2011-03-01"), Seen("2011-01-15", "2011-04-01"), Seen("2011-05-01", "2011-05-01")]);
        Assert.Equal([Utc("2011-02-01"), Utc("2011-03-01")], record.KnownTimes);
        Assert.Equal(Utc("2011-02-01"), record.AsKnown(Utc("2011-02-28"), "GBP", London)!.FirstSeen);
        Assert.Equal(Utc("2011-01-01"), record.AsKnown(Utc("2011-03-01"), "GBP", London)!.FirstSeen);
        Assert.Null(record.AsKnown(Utc("2011-01-31"), "GBP", London));

        static Sighting Seen(string time, string known) => new("shop", "user:ann", true, Utc(time), null) { Known = Utc(known) };
    }
}
