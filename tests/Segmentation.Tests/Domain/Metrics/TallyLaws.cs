using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Metrics;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain.Metrics;

/// <summary>Sums of what customers contribute are what counting all their orders gives: for every history, at every instant.</summary>
public sealed class TallyLaws
{
    static readonly TimeZoneInfo[] Zones = [London, Zone("America/Sao_Paulo"), Zone("Asia/Beirut"), Zone("Pacific/Apia")];

    sealed record Case(TallyPlan Plan, Buyer[] Customers, DateTimeOffset Instant)
    {
        public DateOnly Today => Calendar.DateOf(Instant, Plan.Zone);

        public Counted Counted(DateTimeOffset asOf)
        {
            var counted = new Counted(Plan, asOf);
            foreach (var customer in Customers) counted.Add(customer.Facts, customer.End);
            return counted;
        }

        /// <summary>The plan's lengths, the present month and an earlier one, all time.</summary>
        public IEnumerable<MetricWindow> Windows => Plan.Lengths.Select(d => MetricWindow.LastDays(d, Today))
            .Concat([MetricWindow.Of(Month.Of(Today), Today), MetricWindow.Of(new(Month.Of(Today).Index - 3), Today), MetricWindow.AllTime(Today)]);
    }

    static Gen<Buyer> Buyers() =>
        from facts in Arbitrarily.Facts()
        from leaves in Gen.Choose(0, 5)
        from end in Arbitrarily.InstantNear(facts, London)
        select new Buyer(facts, leaves == 0 ? end : Calendar.Forever);

    static Gen<Case> Gens() =>
        from zone in Gen.Elements(Zones)
        from lengths in Gen.Elements<int[]>([30, 90, 365], [1, 7], [2, 100, 600])
        from count in Gen.Choose(1, 4)
        from customers in Gen.ArrayOf(Buyers(), count)
        from instant in Arbitrarily.InstantNear([.. customers.SelectMany(c => c.Facts)], zone)
        select new Case(new TallyPlan(zone, lengths), customers, instant);

    static void Hold(Action<Case> law, int tests = 1_000) => Prop.ForAll(Gens().ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(tests));

    static void AreAlike(Case c, Counted counted, Sheet sheet)
    {
        foreach (var window in c.Windows)
            foreach (var lapse in c.Plan.Lengths)
                Assert.Equal(counted.Figures(window, lapse), sheet.Figures(window, lapse));
        Assert.Equal(counted.Cohorts().OrderBy(r => r.Key), sheet.Cells().OrderBy(r => r.Key));
        var (expected, lags) = (counted.Lags(), sheet.Lags());
        Assert.Equal(expected.Select(l => ((long)l.Customers, (long)l.Days.Count, (long)l.Days.Sum())), lags.Select(l => (l.Customers, l.Returned, l.Days)));
        Assert.Equal(expected.Select(l => l.Days.CountBy(OrderLags.ClassOf).OrderBy(k => k.Key).Select(k => (k.Key, (long)k.Value))), lags.Select(l => l.Classes.Select((n, i) => (Class: i, Count: n)).Where(k => k.Count > 0)));
    }

    [Fact]
    public void At_the_end_of_a_day_sums_of_whole_days_are_the_count()
        => Hold(c => AreAlike(c, c.Counted(EndOf(c.Today, c.Plan.Zone)), Sheet.AtEndOf(c.Today, c.Customers, c.Plan)));

    [Fact]
    public void Within_a_day_only_those_to_whom_something_happened_on_it_are_looked_at()
        => Hold(c => AreAlike(c, c.Counted(c.Instant), Sheet.At(c.Instant, c.Customers, c.Plan)));

    [Fact]
    public void Revenue_of_all_time_is_the_value_of_all_customers()
        => Hold(c => Assert.Equal(
            c.Customers.Where(b => c.Instant < b.End).Sum(b => PurchaseHistory.Of(b.Facts.Min(f => f.Time), b.Facts, "GBP").At(c.Instant)?.Value ?? 0),
            Sheet.At(c.Instant, c.Customers, c.Plan).Figures(MetricWindow.AllTime(c.Today), c.Plan.Lengths[0]).Revenue));

    [Fact]
    public void Customers_at_the_end_are_those_at_the_start_and_who_came_less_who_went()
        => Hold(c => Assert.All(c.Windows, w => Assert.InRange(Sheet.At(c.Instant, c.Customers, c.Plan).Figures(w, c.Plan.Lengths[0]).Returned, 0, c.Customers.Sum(b => b.Facts.Count))));

    [Fact]
    public void What_a_change_adds_makes_the_tallies_those_of_the_changed_history()
    {
        var cases = from c in Gens()
                    from more in Arbitrarily.Facts()
                    select (c.Plan, Before: c.Customers[0], After: new Buyer([.. c.Customers[0].Facts, .. more.Select(f => f with { MessageId = "more " + f.MessageId })], c.Customers[0].End));
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var tallies = Contributions.ByDay(c.Before.Contributions(c.Plan));
            foreach (var (key, amount) in Contributions.Difference(c.Before.Contributions(c.Plan), c.After.Contributions(c.Plan)))
            {
                Assert.False(amount.IsZero);
                tallies[key] = tallies.GetValueOrDefault(key) + amount;
                if (tallies[key].IsZero) tallies.Remove(key);
            }
            Assert.Equal(Sorted(Contributions.ByDay(c.After.Contributions(c.Plan))), Sorted(tallies));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Fact]
    public void Neither_order_nor_repetition_of_events_matters()
    {
        var cases = from c in Gens()
                    from facts in Gen.Shuffle(c.Customers[0].Facts.Concat(c.Customers[0].Facts.Take(3)))
                    select (c.Plan, Customer: c.Customers[0], Mixed: c.Customers[0] with { Facts = facts });
        Prop.ForAll(cases.ToArbitrary(), c => Assert.Equal(c.Customer.Contributions(c.Plan), c.Mixed.Contributions(c.Plan))).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Nothing_changes_before_the_event_that_it_rests_on()
        => Hold(c => Assert.All(c.Customers.SelectMany(b => b.Contributions(c.Plan)), k => Assert.True(k.Day >= Calendar.DateOf(k.Time, c.Plan.Zone).DayNumber)));

    static IEnumerable<((TallyKind, int, int, int), Measures)> Sorted(Dictionary<(TallyKey Key, int Day), Measures> tallies)
        => tallies.Select(t => ((t.Key.Key.Kind, t.Key.Key.A, t.Key.Key.B, t.Key.Day), t.Value)).OrderBy(t => t.Item1);
}
