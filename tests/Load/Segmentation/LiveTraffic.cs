using System.Collections.Concurrent;
using System.Diagnostics;
using Perennial.Load.Log;

namespace Perennial.Load.Segmentation;

/// <summary>
/// Appends events at a rate and asks for each order among them until it is visible. The time counts from when the call that appended it
/// began, and one asks again after some milliseconds or a tenth of it, so what is found is an upper bound.
/// </summary>
sealed class LiveTraffic(LogClient log, LogSpec spec, Func<DateTimeOffset> clock, Func<Random, EventKind> draw, Func<LogEvent, long, Task<bool>> isVisible)
{
    const int CallsPerSecond = 100, Callers = 2;
    // Far more than are ever under way, so that no order that is watched for is cancelled.
    const int OrdersBetween = 2_000;
    // A prime: customers come in no order that a store keeps them in, and none again before all the others.
    const long Stride = 7_919;
    const int PauseShare = 10;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4), Patience = TimeSpan.FromSeconds(60);

    readonly Random _random = new(spec.Seed);
    readonly Lock _gate = new();
    readonly Queue<LogEvent> _orders = new();
    readonly ConcurrentBag<Task<Seen>> _watched = [];
    long _next;

    /// <summary>Runs for a time, then until every order that was appended is visible.</summary>
    public async Task<IReadOnlyList<Seen>> RunAsync(int rate, TimeSpan duration)
    {
        _next = await log.RecordedAsync();
        _watched.Clear();
        await Driver.PaceAsync(_ => AppendAsync(rate / CallsPerSecond), Callers, CallsPerSecond, duration);
        return await Task.WhenAll(_watched);
    }

    async Task<int> AppendAsync(int count)
    {
        var events = Next(count);
        var (began, at) = (Stopwatch.GetTimestamp(), clock());
        var positions = await log.AppendAsync(events);
        foreach (var (i, e) in events.Index().Where(e => e.Item.Kind == EventKind.Ordered)) _watched.Add(WatchAsync(e, positions[i], began, at));
        return count;
    }

    async Task<Seen> WatchAsync(LogEvent e, long position, long began, DateTimeOffset at)
    {
        while (!await isVisible(e, position))
        {
            var waited = Stopwatch.GetElapsedTime(began);
            if (waited > Patience) throw new InvalidOperationException($"order {LogSpec.OrderId(e.Customer, e.Ordinal)} is not visible {Patience.TotalSeconds} s after it was appended");
            // Asked ever more seldom, so that those who wait for a slow house do not keep it slow.
            await Task.Delay(waited / PauseShare > Pause ? waited / PauseShare : Pause);
        }
        return new Seen(at, Stopwatch.GetElapsedTime(began));
    }

    LogEvent[] Next(int count)
    {
        lock (_gate)
        {
            var second = LogEvent.SecondOf(clock());
            return [.. Enumerable.Range(0, count).Select(_ => Next(second))];
        }
    }

    LogEvent Next(long second)
    {
        var kind = draw(_random);
        if (kind is EventKind.Cancelled or EventKind.Returned)
        {
            if (_orders.Count <= OrdersBetween) return Of(EventKind.PageViewed, second);
            var order = _orders.Dequeue();
            return new LogEvent(second, order.Customer, kind, order.Ordinal);
        }
        var e = Of(kind, second);
        if (kind == EventKind.Ordered) _orders.Enqueue(e);
        return e;
    }

    // Customers of the sale are left alone: they are to change by the clock.
    LogEvent Of(EventKind kind, long second)
    {
        var (n, others) = (_next++, spec.Customers - spec.SaleCustomers);
        return new LogEvent(second, spec.SaleCustomers + (int)(n * Stride % others), kind, SyntheticLog.LiveOrdinal + (int)(n / others % SyntheticLog.LiveOrdinal));
    }
}

/// <summary>An order that became visible: when it was appended by the clock of the house, and how long it took.</summary>
readonly record struct Seen(DateTimeOffset At, TimeSpan Latency)
{
    public static Latencies Of(IEnumerable<Seen> seen)
    {
        var latencies = new Latencies();
        foreach (var one in seen) latencies.Add(one.Latency);
        return latencies;
    }
}
