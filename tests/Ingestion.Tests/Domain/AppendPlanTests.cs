using FsCheck;
using FsCheck.Fluent;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Tests.Domain;

public sealed class AppendPlanTests
{
    [Fact]
    public void Places_what_is_new_behind_the_heads_and_the_rest_nowhere()
    {
        LogEvent[] events = [Some.LogEvent("a", 2), Some.LogEvent("b", 0), Some.LogEvent("a", 1), Some.LogEvent("c", 2), Some.LogEvent("d", 2)];

        var plan = AppendPlan.Of(events, [("shop", "d")]);

        Assert.Equal([new(0, 1), new(2, 2)], plan.Growth);
        Assert.Equal([1, 0, 3], plan.Fresh);
        Assert.Equal([11, 5, 0, 12, 0], plan.Positions(new Dictionary<int, long> { [0] = 5, [2] = 12 }));
    }

    [Fact]
    public void The_same_message_id_of_two_shops_is_two_events()
        => Assert.Equal(2, AppendPlan.Of([Some.LogEvent("a", 0, "left"), Some.LogEvent("a", 0, "right")], []).Fresh.Count);

    [Fact]
    public void Any_batch_gives_each_new_message_one_position_without_a_gap()
    {
        var batches = from ids in Gen.Choose(0, 20).ListOf() from known in Gen.Choose(0, 20).ListOf() select (Ids: ids.ToArray(), Known: known.ToHashSet());

        Check.QuickThrowOnFailure(Prop.ForAll(batches.ToArbitrary(), batch =>
        {
            var events = batch.Ids.Select(id => Some.LogEvent($"m{id}", id % 3)).ToList();
            var plan = AppendPlan.Of(events, [.. batch.Known.Select(id => ("shop", $"m{id}"))]);
            var positions = plan.Positions(plan.Growth.ToDictionary(g => g.Key, g => 100L + g.Value));
            var placed = events.Zip(positions).Where(p => p.Second > 0).ToList();
            return placed.Select(p => p.First.MessageId).Order().SequenceEqual(batch.Ids.Distinct().Where(id => !batch.Known.Contains(id)).Select(id => $"m{id}").Order())
                && placed.GroupBy(p => p.First.Partition).All(g => g.Select(p => p.Second).SequenceEqual(Enumerable.Range(101, g.Count()).Select(i => (long)i)));
        }));
    }
}
