namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>A clock that stands still until told, and whose timers stand with it.</summary>
sealed class TimedClock(DateTimeOffset start) : TimeProvider
{
    readonly Lock _lock = new();
    readonly List<Timer> _timers = [];
    DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>Somebody waits for that instant.</summary>
    public bool IsAwaited(DateTimeOffset due)
    {
        lock (_lock) return _timers.Exists(t => t.Due == due);
    }

    public void Advance(TimeSpan by) => Set(GetUtcNow() + by);

    public void Set(DateTimeOffset now)
    {
        List<Timer> due;
        lock (_lock)
        {
            _now = now;
            due = [.. _timers.Where(t => t.Due <= now).OrderBy(t => t.Due)];
            foreach (var timer in due) timer.Due = null;
        }
        foreach (var timer in due) timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        lock (_lock) _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    sealed class Timer(TimedClock clock, Action fire) : ITimer
    {
        public DateTimeOffset? Due { get; set; }
        public Action Fire => fire;

        // Nothing that is tested here has a period.
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock) Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            if (dueTime == TimeSpan.Zero) clock.Set(clock.GetUtcNow());
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
