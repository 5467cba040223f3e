using Microsoft.Extensions.Hosting;

namespace Perennial.Foundation.Hosting;

/// <summary>
/// Work that is done again every <paramref name="period"/> for as long as the process runs. What fails is tried again at the
/// next tick; it is said once per outage, when it begins, and never ends the process.
/// </summary>
public abstract class RecurringWork(TimeSpan period, TimeProvider clock) : BackgroundService
{
    static readonly Task Never = new TaskCompletionSource().Task;
    volatile Exception? _failure;
    long _doneTicks = clock.GetUtcNow().UtcTicks;

    protected TimeProvider Clock { get; } = clock;

    /// <summary>How the work failed last; null once it has succeeded again.</summary>
    protected Exception? Failure => _failure;

    /// <summary>When the work last succeeded; until it has, when it was set up. Of work that fails, stands or hangs it grows old.</summary>
    protected DateTimeOffset DoneTime => new(Interlocked.Read(ref _doneTicks), TimeSpan.Zero);

    /// <summary>Whether the first tick is the start, not one period after it.</summary>
    protected virtual bool BeginsAtOnce => false;

    /// <summary>Completes when the work is wanted before its tick. Asked for before each round, so that no call during one is lost.</summary>
    protected virtual Task CalledAsync() => Never;

    protected abstract Task WorkAsync(CancellationToken cancellation);

    /// <summary>Says that the work has begun to fail.</summary>
    protected abstract void Say(Exception failure);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period, Clock);
        var tick = BeginsAtOnce ? Task.CompletedTask : TickAsync();
        var called = CalledAsync();
        while (true)
        {
            await await Task.WhenAny(tick, called);
            if (tick.IsCompleted) tick = TickAsync();
            called = CalledAsync();
            await TryAsync(stoppingToken);
        }

        Task TickAsync() => timer.WaitForNextTickAsync(stoppingToken).AsTask();
    }

    async Task TryAsync(CancellationToken cancellation)
    {
        try
        {
            await WorkAsync(cancellation);
            _failure = null;
            Interlocked.Exchange(ref _doneTicks, Clock.GetUtcNow().UtcTicks);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            if (_failure is null) Say(e);
            _failure = e;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A stop reaches a call or a store as a fault of theirs; the host takes only this one as a stop.
            throw new OperationCanceledException("The process is stopping.", e, cancellation);
        }
    }
}
