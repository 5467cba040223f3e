using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class AppendPlanTests
{
    [Fact]
    public void Places_what_is_to_be_written_behind_the_heads_and_the_rest_nowhere()
    {
        PlacedEvent?[] events = [Some.PlacedEvent("a", 2), Some.PlacedEvent("b", 0), null, Some.PlacedEvent("c", 2), null];

        var plan = AppendPlan.Of(events);

        Assert.Equal([new(0, 1), new(2, 2)], plan.Growth);
        Assert.Equal([1, 0, 3], plan.Fresh);
        Assert.Equal([11, 5, 0, 12, 0], plan.Positions(new Dictionary<int, long> { [0] = 5, [2] = 12 }));
    }

    [Fact]
    public void Any_batch_gives_each_event_one_position_without_a_gap()
        => Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(-1, 2).ListOf().ToArbitrary(), partitions =>
        {
            var events = partitions.Select((p, i) => p < 0 ? null : Some.PlacedEvent($"m{i}", p)).ToList();
            var plan = AppendPlan.Of(events);
            var positions = plan.Positions(plan.Growth.ToDictionary(g => g.Key, g => 100L + g.Value));
            var placed = events.Zip(positions).Where(p => p.Second > 0).ToList();
            return placed.Select(p => p.First).SequenceEqual(events.Where(e => e is not null))
                && placed.GroupBy(p => p.First!.Partition).All(g => g.Select(p => p.Second).SequenceEqual(Enumerable.Range(101, g.Count()).Select(i => (long)i)));
        }));
}
