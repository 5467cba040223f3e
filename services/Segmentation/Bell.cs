namespace Perennial.Segmentation;

/// <summary>Tells the worker of this process that there is something to derive, so that it need not look.</summary>
internal sealed class Bell : IDisposable
{
    readonly SemaphoreSlim _rung = new(0, 1);

    public void Ring()
    {
        try
        {
            _rung.Release();
        }
        catch (SemaphoreFullException)
        {
            // Rung already, and not yet heard.
        }
    }

    /// <summary>Ends when it is rung, or after that time.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellation) => _rung.WaitAsync(most, cancellation);

    public void Dispose() => _rung.Dispose();
}
