using System.Diagnostics;

namespace Perennial.Ingestion.Workers;

/// <summary>Upkeep of the log takes half of the time at most: the commits have the other half for themselves.</summary>
internal static class HalfTime
{
    /// <summary>Does one piece after the other until a piece answers that there is no more, and rests after each for as long as it took.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task<bool>> piece, CancellationToken cancellation)
    {
        for (var started = Stopwatch.GetTimestamp(); await piece(cancellation); started = Stopwatch.GetTimestamp())
            await Task.Delay(Stopwatch.GetElapsedTime(started), cancellation);
    }
}
