namespace Perennial.Segmentation;

/// <summary>Tells a worker of this process that there is something to do, so that it need not look. The one without a key is for what is to be derived.</summary>
internal sealed class Bell : IDisposable
{
    /// <summary>The key of the one for previews.</summary>
    public const string Previews = "previews";

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
