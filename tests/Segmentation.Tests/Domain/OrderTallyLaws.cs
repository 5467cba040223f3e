using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

/// <summary>What holds of every history of orders.</summary>
public sealed class OrderTallyLaws
{
    static readonly TimeZoneInfo[] Zones = [London, Zone("America/New_York"), Zone("Pacific/Apia"), Zone("Australia/Lord_Howe")];

    sealed record Histories(PurchaseHistory Before, PurchaseHistory After, TimeZoneInfo Zone, DateOnly[] Days);

    static Arbitrary<Histories> Any()
    {
        var gen = from facts in Arbitrarily.Facts()
                  from known in Gen.SubListOf(facts)
                  from zone in Gen.Elements(Zones)
                  from near in Gen.ArrayOf(Arbitrarily.InstantNear(facts, zone), 12)
                  from leaves in Gen.Choose(0, 3)
                  from left in Arbitrarily.InstantNear(facts, zone)
                  let first = facts.Min(f => f.Time)
                  select new Histories(
                      PurchaseHistory.Of(first, known, "GBP"),
                      PurchaseHistory.Of(first, facts, "GBP", leaves == 0 ? left : null),
                      zone,
                      [.. near.Select(n => Calendar.DateOf(n, zone)), .. facts.Select(f => Calendar.DateOf(f.Time, zone))]);
        return gen.ToArbitrary();
    }

    /// <summary>What counts at the end of a day, from the history at that instant alone.</summary>
    internal static Dictionary<(int, int), OrderSums> Directly(PurchaseHistory history, TimeZoneInfo zone, DateOnly day)
    {
        var sums = new Dictionary<(int, int), OrderSums>();
        var end = Calendar.StartOf(day.AddDays(1), zone).AddMilliseconds(-1);
        if (end >= history.End) return sums;
        var dates = history.Orders.Where(o => o.From <= end && end < o.To).Select(o => Calendar.DateOf(o.Order.Time, zone)).ToList();
        var cohort = dates.Count == 0 ? OrderTally.NoCohort : OrderTally.MonthOf(dates[0]);
        var gaps = dates.Skip(1).Select((d, i) => (Place: i + 2, Month: OrderTally.MonthOf(d), Days: (long)(d.DayNumber - dates[i].DayNumber))).ToList();
        foreach (var month in dates.GroupBy(OrderTally.MonthOf))
        {
            var own = gaps.Where(g => g.Month == month.Key).ToList();
            Add(month.Key, new OrderSums(
                month.Count(), 1, month.Count() > 1 ? 1 : 0, own.Count(g => g.Place == 2), own.Count(g => g.Place == 3),
                own.Where(g => g.Place == 2).Sum(g => g.Days), own.Where(g => g.Place == 3).Sum(g => g.Days), own.Where(g => g.Place > 3).Sum(g => g.Days), 0));
        }
        foreach (var (time, amount) in history.ValueChanges().Where(c => c.Time <= end))
            Add(OrderTally.MonthOf(Calendar.DateOf(time, zone)), new OrderSums(0, 0, 0, 0, 0, 0, 0, 0, amount));
        return sums;

        void Add(int month, OrderSums own) => sums[(cohort, month)] = sums.GetValueOrDefault((cohort, month)) + own;
    }

    static IEnumerable<KeyValuePair<(int, int), OrderSums>> Sorted(Dictionary<(int, int), OrderSums> sums) => sums.Where(s => s.Value != default).OrderBy(s => s.Key);

    static void AddTo(Dictionary<(int, int), OrderSums> sums, IEnumerable<OrderStep> steps, DateOnly day)
    {
        foreach (var step in steps)
            if (step.Day <= day.DayNumber) sums[(step.Cohort, step.Month)] = sums.GetValueOrDefault((step.Cohort, step.Month)) + step.Sums;
    }

    [Fact]
    public void Steps_up_to_a_day_add_up_to_what_counts_at_its_end() => Prop.ForAll(Any(), c =>
    {
        var steps = new OrderTally().Change(null, c.After, c.Zone).ToList();
        return Array.TrueForAll(c.Days, day =>
        {
            var sums = new Dictionary<(int, int), OrderSums>();
            AddTo(sums, steps, day);
            return Sorted(sums).SequenceEqual(Sorted(Directly(c.After, c.Zone, day)));
        });
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_change_turns_the_steps_of_what_was_known_into_those_of_what_is() => Prop.ForAll(Any(), c =>
    {
        var tally = new OrderTally();
        List<OrderStep> steps = [.. tally.Change(null, c.Before, c.Zone)];
        steps.AddRange(tally.Change(c.Before, c.After, c.Zone));
        return Array.TrueForAll(c.Days, day =>
        {
            var sums = new Dictionary<(int, int), OrderSums>();
            AddTo(sums, steps, day);
            return Sorted(sums).SequenceEqual(Sorted(Directly(c.After, c.Zone, day)));
        });
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
}
