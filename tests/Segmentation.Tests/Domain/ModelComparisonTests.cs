using FsCheck;
using FsCheck.Fluent;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class ModelComparisonTests
{
    static readonly DateTimeOffset Now = Utc("2012-03-25T10:30:00Z");

    sealed record Case(Sighting[] Told, int Before, int After, DateTimeOffset From, DateTimeOffset To, DateTimeOffset KnownAt)
    {
        public ModelComparison Compare() => new(BuiltIn[Before], BuiltIn[After], From, To, KnownAt, "GBP", London);

        public IEnumerable<CustomerRecord> Records => Told.GroupBy(s => s.Customer).Select(s => CustomerRecord.Empty.With(s));

        /// <summary>By way of nothing that the comparison uses: what was known, evaluated alone.</summary>
        public IEnumerable<History> Known => Told.Where(s => s.Known <= KnownAt).GroupBy(s => s.Customer)
            .Select(s => History.Of(s.Min(t => t.Time), s.Select(t => t.Fact).OfType<Fact>(), "GBP", null, s.Select(t => t.Activity).OfType<Activity>(), s.Select(t => t.Opinion).OfType<Opinion>()));
    }

    static Arbitrary<Case> AnyCase()
    {
        var gen = from told in Arbitrarily.Sightings()
                  let facts = told.Select(s => s.Fact ?? Ordered("o", s.Time.ToString("O"))).ToArray()
                  from ends in Gen.ArrayOf(Arbitrarily.InstantNear(facts, London), 2)
                  from before in Gen.Choose(0, BuiltIn.Count - 1)
                  from after in Gen.Choose(0, BuiltIn.Count - 1)
                  from known in Gen.Elements(told)
                  from later in Gen.Elements(0, 1, 400)
                  select new Case(told, before, after, ends.Min(), ends.Max(), known.Known.AddDays(later));
        return gen.ToArbitrary();
    }

    static ModelComparisonSums Sum(ModelComparison comparison, IEnumerable<CustomerRecord> records)
    {
        var sums = comparison.Nothing();
        foreach (var record in records) comparison.Add(record, sums);
        return sums;
    }

    static void Holds(Func<Case, bool> law) => Prop.ForAll(AnyCase(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Counts_are_those_of_every_customer_evaluated_alone_under_either_model() => Holds(c =>
    {
        var comparison = c.Compare();
        var sums = Sum(comparison, c.Records);
        foreach (var (i, instant) in comparison.Instants.Index())
            if (!Alone(comparison.Before, sums.Before, i, instant) || !Alone(comparison.After, sums.After, i, instant)) return false;
        return true;

        bool Alone(BoundModel model, StageSums found, int i, DateTimeOffset instant)
        {
            var (customers, values) = (new long[model.Model.Stages.Count], new decimal[model.Model.Stages.Count]);
            foreach (var lifecycle in c.Known.Select(h => Lifecycle.At(h, model, London, instant)).OfType<Lifecycle>())
            {
                customers[model.OrdinalOf(lifecycle.Stage)]++;
                values[model.OrdinalOf(lifecycle.Stage)] += lifecycle.Purchases.Value;
            }
            return customers.SequenceEqual(found.Customers[i]) && values.SequenceEqual(found.Values[i]);
        }
    });

    [Fact]
    public void Flows_add_up_to_the_counts_at_the_last_instant() => Holds(c =>
    {
        var sums = Sum(c.Compare(), c.Records);
        return sums.Flows.Select(row => row.Sum()).SequenceEqual(sums.Before.Customers[^1])
            && Enumerable.Range(0, sums.Flows[0].Length).Select(after => sums.Flows.Sum(row => row[after])).SequenceEqual(sums.After.Customers[^1])
            && sums.Flows.Sum(row => row.Sum()) == sums.Customers;
    });

    [Fact]
    public void Transitions_lead_from_the_first_counts_to_the_last() => Holds(c =>
    {
        var sums = Sum(c.Compare(), c.Records);
        return Lead(sums.Before) && Lead(sums.After);

        static bool Lead(StageSums sums) => Enumerable.Range(0, sums.Customers[0].Length)
            .All(stage => sums.Customers[0][stage] + sums.Transitions.Sum(row => row[stage]) - sums.Transitions[stage].Sum() == sums.Customers[^1][stage] && sums.Transitions[stage][stage] == 0);
    });

    [Fact]
    public void An_unchanged_model_moves_nobody_and_another_only_those_whose_stage_it_names_otherwise() => Holds(c =>
    {
        var (same, other) = (c with { After = c.Before }, c.Compare());
        var sums = other.Nothing();
        foreach (var record in c.Records)
        {
            var move = other.Add(record, sums);
            var history = other.HistoryOf(record);
            var (before, after) = history is null ? (null, null) : (Lifecycle.At(history, other.Before, London, c.To)?.Stage.Id, Lifecycle.At(history, other.After, London, c.To)?.Stage.Id);
            if (move is null ? before != after : (other.Before.Model.Stages[move.Value.Before].Id, other.After.Model.Stages[move.Value.After].Id) != (before, after) || before == after) return false;
        }
        return Sum(same.Compare(), c.Records).Movers == 0;
    });

    [Fact]
    public void Parts_add_up_in_any_order() => Holds(c =>
    {
        var comparison = c.Compare();
        var sums = comparison.Nothing();
        foreach (var record in c.Records.Reverse()) sums.Add(Sum(comparison, [record]));
        return Text(sums) == Text(Sum(comparison, c.Records));
    });

    [Fact]
    public void Nothing_that_becomes_known_later_changes_it() => Holds(c =>
    {
        var comparison = c.Compare();
        var known = c.Told.Where(s => s.Known <= c.KnownAt).GroupBy(s => s.Customer).Select(s => CustomerRecord.Empty.With(s));
        return Text(Sum(comparison, c.Records)) == Text(Sum(comparison, known));
    });

    static string Text(ModelComparisonSums sums) => Documents.Write(sums);

    [Theory]
    [InlineData("2024-01-01", "2024-01-01", 0)]
    [InlineData("2024-01-01", "2024-01-02", 0)]
    [InlineData("2024-01-01", "2024-01-02T00:00:00.001Z", 1)]
    [InlineData("2024-01-01T12:00:00Z", "2024-01-03T12:00:00Z", 2)]
    [InlineData("2023-12-31T23:59:59.999Z", "2024-01-01T00:00:00.001Z", 1)]
    [InlineData("2024-01-01", "2024-03-02", 60)]
    [InlineData("2024-01-01", "2024-03-03", 60)]
    [InlineData("2014-01-01", "2024-01-01", 60)]
    [InlineData("0001-01-02", "9998-12-31", 60)]
    public void Looks_at_the_starts_of_days_between_evenly_spaced(string from, string to, int count)
    {
        var days = new ModelComparison(Clc, Clc, Utc(from), Utc(to), Now, "GBP", TimeZoneInfo.Utc).Instants;
        Assert.Equal((Utc(from), Utc(to), count + 2), (days[0], days[^1], days.Count));
        Assert.All(days.Skip(1).SkipLast(1), d => Assert.True(d.TimeOfDay == TimeSpan.Zero && d > Utc(from) && d < Utc(to)));
        if (count == 0) return;
        var gaps = days.Zip(days.Skip(1), (a, b) => (b - a).TotalDays).ToList();
        Assert.True(gaps.Skip(1).SkipLast(1).DefaultIfEmpty(1).Max() - gaps.Skip(1).SkipLast(1).DefaultIfEmpty(1).Min() <= 1);
        Assert.True(gaps.Min() > 0);
    }

    [Fact]
    public void Days_begin_in_the_shops_zone()
        => Assert.Equal(
            [Utc("2024-03-30T12:00:00Z"), Utc("2024-03-31T00:00:00Z"), Utc("2024-03-31T23:00:00Z"), Utc("2024-04-01T12:00:00Z")],
            new ModelComparison(Clc, Clc, Utc("2024-03-30T12:00:00Z"), Utc("2024-04-01T12:00:00Z"), Now, "GBP", London).Instants);
}
