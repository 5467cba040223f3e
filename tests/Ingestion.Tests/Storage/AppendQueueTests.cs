using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class AppendQueueTests
{
    [Fact]
    public async Task Groups_what_waits_and_stops_at_the_limit()
    {
        var queue = new AppendQueue(eventsMax: 100, bytesMax: 1_000);
        foreach (var size in (int[])[2, 2, 2, 1]) Assert.NotNull(queue.TryAdd([.. Enumerable.Repeat(Some.LogEvent("m"), size)]));

        Assert.Equal([2, 2], (await queue.TakeAsync(commitEventsMax: 3))!.Select(a => a.Events.Count));
        Assert.Equal([2, 1], (await queue.TakeAsync(commitEventsMax: 3))!.Select(a => a.Events.Count));
    }

    [Fact]
    public async Task Takes_a_call_larger_than_a_commit_alone()
    {
        var queue = new AppendQueue(eventsMax: 100, bytesMax: 1_000);
        Assert.NotNull(queue.TryAdd([Some.LogEvent("a"), Some.LogEvent("b")]));
        Assert.NotNull(queue.TryAdd([Some.LogEvent("c")]));

        Assert.Single((await queue.TakeAsync(commitEventsMax: 1))!);
    }

    [Fact]
    public async Task Turns_away_what_passes_its_events_until_a_group_is_finished()
    {
        var queue = new AppendQueue(eventsMax: 2, bytesMax: 1_000);
        Assert.NotNull(queue.TryAdd([Some.LogEvent("a"), Some.LogEvent("b")]));
        Assert.Null(queue.TryAdd([Some.LogEvent("c")]));

        var group = (await queue.TakeAsync(10))!;
        Assert.Null(queue.TryAdd([Some.LogEvent("c")]));
        queue.Release(group);
        Assert.NotNull(queue.TryAdd([Some.LogEvent("c")]));
    }

    [Fact]
    public void Turns_away_what_passes_its_bytes()
    {
        var queue = new AppendQueue(eventsMax: 100, bytesMax: 5);
        Assert.NotNull(queue.TryAdd([Some.LogEvent("a")]));
        Assert.Null(queue.TryAdd([Some.LogEvent("b")]));
    }

    [Fact]
    public async Task Closed_it_hands_out_what_waits_and_takes_no_more()
    {
        var queue = new AppendQueue(eventsMax: 100, bytesMax: 1_000);
        Assert.NotNull(queue.TryAdd([Some.LogEvent("a")]));
        queue.Close();

        Assert.Null(queue.TryAdd([Some.LogEvent("b")]));
        Assert.Single((await queue.TakeAsync(10))!);
        Assert.Null(await queue.TakeAsync(10));
    }
}
