using System.Threading.Channels;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Tests.Hosting;

/// <summary>Rounds of a work that the test ends one by one, on a timer that ticks when told.</summary>
public sealed class RecurringWorkTests
{
    readonly ManualTimer _timer = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Works_at_every_tick_and_not_before_the_first()
    {
        using var work = await StartAsync();
        var timer = await _timer.CreatedAsync();
        Assert.Equal(Work.Period, timer.Period);
        Assert.False(work.Rounds.TryRead(out _));
        for (var tick = 0; tick < 3; tick++)
        {
            timer.Tick();
            (await work.Rounds.ReadAsync(Cancel)).SetResult();
        }
        await work.StopAsync(Cancel);
        Assert.False(work.Rounds.TryRead(out _));
    }

    [Fact]
    public async Task Begins_at_once_where_it_should()
    {
        using var work = await StartAsync(beginsAtOnce: true);
        (await work.Rounds.ReadAsync(Cancel)).SetResult();
        await work.StopAsync(Cancel);
        Assert.False(work.Rounds.TryRead(out _));
    }

    [Fact]
    public async Task A_call_brings_the_next_round_forward_also_one_that_comes_during_a_round()
    {
        using var work = await StartAsync();
        await _timer.CreatedAsync();
        work.Call();
        var round = await work.Rounds.ReadAsync(Cancel);
        work.Call();
        round.SetResult();
        (await work.Rounds.ReadAsync(Cancel)).SetResult();
        await work.StopAsync(Cancel);
        Assert.False(work.Rounds.TryRead(out _));
    }

    [Fact]
    public async Task An_outage_is_said_once_when_it_begins_and_so_is_the_next()
    {
        using var work = await StartAsync();
        var timer = await _timer.CreatedAsync();
        foreach (var failure in (string?[])["first", "still", null, "second", "still"])
        {
            timer.Tick();
            var round = await work.Rounds.ReadAsync(Cancel);
            if (failure is null) round.SetResult();
            else round.SetException(new InvalidOperationException(failure));
        }
        // The round after has seen how the last one ended.
        timer.Tick();
        await work.Rounds.ReadAsync(Cancel);
        Assert.Equal(["first", "second"], work.Said);
        Assert.Equal("still", work.Problem);
    }

    [Fact]
    public async Task A_round_that_is_given_up_while_nothing_stops_has_failed()
    {
        using var work = await StartAsync(beginsAtOnce: true);
        (await work.Rounds.ReadAsync(Cancel)).SetException(new OperationCanceledException("too late"));
        (await _timer.CreatedAsync()).Tick();
        (await work.Rounds.ReadAsync(Cancel)).SetResult();
        Assert.Equal(["too late"], work.Said);
    }

    [Fact]
    public async Task Work_that_fails_or_hangs_was_last_done_when_it_last_succeeded()
    {
        using var work = await StartAsync();
        var timer = await _timer.CreatedAsync();
        var set = work.Done;
        Assert.Equal(_timer.Now, set);
        foreach (var succeeds in (bool[])[false, true, false])
        {
            _timer.Now += TimeSpan.FromHours(1);
            timer.Tick();
            var round = await work.Rounds.ReadAsync(Cancel);
            if (succeeds) round.SetResult();
            else round.SetException(new InvalidOperationException("fails"));
        }
        timer.Tick();
        // The round after has seen how the last one ended, and hangs.
        await work.Rounds.ReadAsync(Cancel);
        Assert.InRange(work.Done, set + TimeSpan.FromHours(2), set + TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task What_fails_because_of_the_stop_ends_as_a_stop_and_is_not_said()
    {
        using var work = await StartAsync(beginsAtOnce: true);
        var round = await work.Rounds.ReadAsync(Cancel);
        var stop = work.StopAsync(Cancel);
        round.SetException(new InvalidOperationException("the connection is gone"));
        await stop;
        Assert.True(work.ExecuteTask!.IsCanceled);
        Assert.Empty(work.Said);
    }

    async Task<Work> StartAsync(bool beginsAtOnce = false)
    {
        var work = new Work(_timer, beginsAtOnce);
        await work.StartAsync(Cancel);
        return work;
    }

    sealed class Work(TimeProvider clock, bool beginsAtOnce) : RecurringWork(Period, clock)
    {
        public static readonly TimeSpan Period = TimeSpan.FromHours(1);
        readonly Channel<TaskCompletionSource> _rounds = Channel.CreateUnbounded<TaskCompletionSource>();
        TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Each lasts until it is given its end.</summary>
        public ChannelReader<TaskCompletionSource> Rounds => _rounds.Reader;

        public List<string> Said { get; } = [];

        public string? Problem => Failure?.Message;

        public DateTimeOffset Done => DoneTime;

        public void Call() => Interlocked.Exchange(ref _called, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

        protected override bool BeginsAtOnce => beginsAtOnce;

        protected override Task CalledAsync() => Volatile.Read(ref _called).Task;

        protected override Task WorkAsync(CancellationToken cancellation)
        {
            var round = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _rounds.Writer.TryWrite(round);
            return round.Task;
        }

        protected override void Say(Exception failure) => Said.Add(failure.Message);
    }

    sealed class ManualTimer : TimeProvider
    {
        readonly TaskCompletionSource<Timer> _created = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;

        public Task<Timer> CreatedAsync() => _created.Task.WaitAsync(Cancel);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state), period);
            _created.TrySetResult(timer);
            return timer;
        }
    }

    sealed class Timer(Action tick, TimeSpan period) : ITimer
    {
        public TimeSpan Period => period;

        public void Tick() => tick();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
