using System.Diagnostics;
using Perennial.Ingestion.Storage;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class ImportTurnsTests
{
    readonly AppendQueue _queue = new(eventsMax: 100, bytesMax: 1_000);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lets_one_import_commit_at_a_time()
    {
        using var turns = new ImportTurns(_queue, 25);
        var (running, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => turns.TakeAsync(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            return Interlocked.Decrement(ref running);
        }, Cancel)));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Rests_while_other_events_wait_and_not_otherwise()
    {
        using var turns = new ImportTurns(_queue, 25);
        await turns.TakeAsync(async () => { await Task.Delay(40, Cancel); return 0; }, Cancel);
        var free = await turns.TakeAsync(() => Task.FromResult(Stopwatch.GetTimestamp()), Cancel);

        await turns.TakeAsync(async () => { await Task.Delay(40, Cancel); return 0; }, Cancel);
        Assert.NotNull(_queue.TryAdd([Some.LogEvent("live")]));
        var started = Stopwatch.GetTimestamp();
        await turns.TakeAsync(() => Task.FromResult(0), Cancel);
        Assert.True(free <= started);
        // Three times what the last commit took; the clock of delays is coarse.
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(100));
    }
}
