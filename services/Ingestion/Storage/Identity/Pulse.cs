namespace Perennial.Ingestion.Storage.Identity;

/// <summary>Tells whoever waits that something happened; who comes later waits for the next time.</summary>
internal sealed class Pulse
{
    TaskCompletionSource _next = NewBeat();

    /// <summary>Completes at the next beat.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, NewBeat()).SetResult();

    static TaskCompletionSource NewBeat() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
