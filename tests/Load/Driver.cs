using System.Diagnostics;

namespace Perennial.Load;

/// <summary>Calls in a loop, or at a given rate. A call answers how many events it got through.</summary>
static class Driver
{
    /// <summary>As fast as the callers can, each waiting for its answer: events per second.</summary>
    public static async Task<double> FloodAsync(Func<int, Task<int>> call, int callers, TimeSpan duration, long eventsMax = long.MaxValue)
    {
        var events = 0L;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < duration && Interlocked.Read(ref events) < eventsMax) Interlocked.Add(ref events, await call(caller));
        })));
        return events / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>
    /// At a rate, whether or not answers come in time. A call that has to wait for its caller's last one counts from when it should have
    /// begun, so that a stall of the server counts for all the calls that it held up.
    /// </summary>
    public static async Task<Latencies> PaceAsync(Func<int, Task<int>> call, int callers, double callsPerSecond, TimeSpan duration)
    {
        var latencies = new Latencies();
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                var intended = TimeSpan.FromSeconds(((double)i * callers + caller) / callsPerSecond);
                if (intended > duration) return;
                if (intended - Stopwatch.GetElapsedTime(started) is var early && early > TimeSpan.Zero) await Task.Delay(early);
                await call(caller);
                latencies.Add(Stopwatch.GetElapsedTime(started) - intended);
            }
        })));
        return latencies;
    }
}
