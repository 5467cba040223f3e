namespace Perennial.Foundation.Tests;

/// <summary>A clock whose timers fire when the test says so.</summary>
sealed class SteppedTime : TimeProvider
{
    readonly Lock _gate = new();
    readonly List<Waiting> _waiting = [];
    TaskCompletionSource _someoneWaits = New();
    DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            var timer = new Waiting(this, () => callback(state), _now + dueTime);
            _waiting.Add(timer);
            _someoneWaits.TrySetResult();
            return timer;
        }
    }

    /// <summary>Lets time pass as soon as somebody waits for it.</summary>
    internal async Task AdvanceAsync(TimeSpan by)
    {
        await _someoneWaits.Task.WaitAsync(TestContext.Current.CancellationToken);
        Waiting[] due;
        lock (_gate)
        {
            _now += by;
            due = [.. _waiting.Where(timer => timer.Due <= _now)];
            _waiting.RemoveAll(due.Contains);
            if (_waiting.Count == 0) _someoneWaits = New();
        }
        foreach (var timer in due) timer.Fire();
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    sealed class Waiting(SteppedTime time, Action fire, DateTimeOffset due) : ITimer
    {
        internal DateTimeOffset Due => due;

        internal void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException("Nothing here changes a timer.");

        public void Dispose()
        {
            lock (time._gate)
            {
                if (time._waiting.Remove(this) && time._waiting.Count == 0) time._someoneWaits = New();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
