using System.Diagnostics;

namespace Perennial.Ingestion.Storage;

/// <summary>
/// Live events first: imports commit one at a time, and while other events wait in the queue an import rests after each commit for as
/// long as makes it a share of the whole. While nothing waits it goes as fast as the log.
/// </summary>
/// <param name="sharePercent">Of the commits' time, 1 to 100.</param>
internal sealed class ImportTurns(AppendQueue queue, int sharePercent) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);
    TimeSpan _last;

    /// <summary>Runs a commit when it is its turn.</summary>
    public async Task<T> TakeAsync<T>(Func<Task<T>> commit, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (queue.Events > 0) await Task.Delay(_last * (100 - sharePercent) / sharePercent, cancellation);
            var started = Stopwatch.GetTimestamp();
            var result = await commit();
            _last = Stopwatch.GetElapsedTime(started);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
