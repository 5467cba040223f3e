namespace Perennial.Segmentation;

/// <summary>Tells a worker of this process that there is something to do, so that it need not look. The one without a key is for what is to be derived.</summary>
internal sealed class Bell : IDisposable
{
    /// <summary>The key of the one for previews.</summary>
    public const string Previews = "previews";

    /// <summary>The key of the one for months of RFM.</summary>
    public const string Months = "months";

    readonly SemaphoreSlim _rung = new(0, 1);
    Task? _heard;

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

    /// <summary>Ends when it is rung. Of one listener at a time: who asks again before that waits for the same ring, which otherwise nobody would hear.</summary>
    public Task HeardAsync() => _heard is { IsCompleted: false } ? _heard : _heard = _rung.WaitAsync();

    public void Dispose() => _rung.Dispose();
}
