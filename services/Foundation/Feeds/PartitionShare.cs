using System.Globalization;
using Microsoft.Extensions.Logging;
using Perennial.Foundation.Sql;

namespace Perennial.Foundation.Feeds;

/// <summary>
/// The partitions that this replica reads, each behind a lease. Replicas do not talk to each other: every one looks at the table of leases
/// in rounds, takes what is free up to its share and gives up what is over it. A round goes by what it finds, so whatever failed before is
/// made good by the next one.
/// </summary>
/// <param name="tail">Reads a partition until it is told to leave it, which it does after the batch in hand. Ends in no other way.</param>
sealed partial class PartitionShare(Leases leases, LeaseHolder holder, int partitions, FeedOptions options, TimeProvider clock, ILogger log, Func<int, CancellationToken, Task> tail)
{
    readonly Dictionary<int, Tail> _tails = [];
    readonly TimeSpan _lease = TimeSpan.FromMilliseconds(options.LeaseMillis);
    readonly TimeSpan _renewal = TimeSpan.FromMilliseconds(options.RenewMillis);
    DateTimeOffset? _renewedAt;

    /// <summary>The reading of one partition, under way.</summary>
    sealed class Tail : IDisposable
    {
        readonly CancellationTokenSource _leave;

        public Tail(Func<CancellationToken, Task> read, CancellationToken stop)
        {
            _leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Running = read(_leave.Token);
        }

        public Task Running { get; }
        public bool IsLeaving => _leave.IsCancellationRequested;

        public Task LeaveAsync() => _leave.CancelAsync();

        public void Dispose() => _leave.Dispose();
    }

    /// <summary>How many partitions the <paramref name="rank"/>th of the replicas reads, from 0: whoever came first reads one more where it does not come out even.</summary>
    internal static int Of(int partitions, int replicas, int rank) => (partitions / replicas) + (rank < partitions % replicas ? 1 : 0);

    /// <summary>True for partitions that are read here, or still are.</summary>
    public bool Reads(int partition) => _tails.ContainsKey(partition);

    /// <summary>One look at the leases. True when this replica has its share and nothing is on the move, so that the next one has time until the leases are renewed.</summary>
    public async Task<bool> RoundAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        await SayItLivesAsync(now, stop);
        var seen = await leases.ReadAsync(holder, now, stop);
        foreach (var partition in _tails.Where(t => t.Value.Running.IsCompleted).Select(t => t.Key).ToList()) Forget(partition);

        var held = Enumerable.Range(0, partitions).Where(p => seen.Held.GetValueOrDefault(NameOf(p)) == holder.Id).ToList();
        foreach (var lost in _tails.Keys.Except(held)) await _tails[lost].LeaveAsync();
        var share = Share(seen.Holders);
        // What is being left already is the first to go.
        var kept = held.OrderBy(IsLeaving).ThenBy(p => p).Take(share).ToList();
        await GiveUpAsync([.. held.Except(kept)], stop);
        kept.AddRange(await TakeAsync([.. Enumerable.Range(0, partitions).Where(p => !seen.Held.ContainsKey(NameOf(p))).Take(share - held.Count)], now, stop));
        foreach (var partition in kept.Where(p => !_tails.ContainsKey(p))) _tails[partition] = new Tail(leave => tail(partition, leave), stop);
        return kept.Count == share && _tails.Count == share && !_tails.Keys.Any(IsLeaving);
    }

    /// <summary>Waits for what is read here, after the stop of the rounds, and lets others have it at once. What cannot be given up in time runs out.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        foreach (var partition in _tails.Keys.ToList())
        {
            await _tails[partition].Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Forget(partition);
        }
        if (_renewedAt is null) return;
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await leases.LeaveAsync(holder, deadline.Token);
        }
        catch (Exception e)
        {
            LogNotReleased(log, options.LeaseMillis, e);
        }
    }

    async Task SayItLivesAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        // Half of it: a timer that fires a little early does not make it miss a turn.
        if (_renewedAt is { } at && (now - at).Duration() < _renewal / 2) return;
        if (_renewedAt is null) await leases.JoinAsync(holder, now, now + _lease, cancellation);
        else await leases.RenewAsync(holder, now, now + _lease, cancellation);
        _renewedAt = now;
    }

    int Share(IReadOnlyList<string> holders)
    {
        var rank = holders.TakeWhile(id => id != holder.Id).Count();
        return Of(partitions, Math.Max(holders.Count, rank + 1), rank);
    }

    async Task GiveUpAsync(IReadOnlyList<int> surplus, CancellationToken cancellation)
    {
        foreach (var partition in surplus.Where(_tails.ContainsKey)) await _tails[partition].LeaveAsync();
        var free = surplus.Where(p => !_tails.ContainsKey(p)).ToList();
        if (free.Count == 0) return;
        await leases.ReleaseAsync(holder, [.. free.Select(NameOf)], cancellation);
        LogGivenUp(log, string.Join(", ", free));
    }

    async Task<IReadOnlyList<int>> TakeAsync(IReadOnlyList<int> free, DateTimeOffset now, CancellationToken cancellation)
    {
        if (free.Count == 0) return [];
        var acquired = await leases.AcquireAsync(holder, [.. free.Select(NameOf)], now, now + _lease, cancellation);
        var taken = free.Where(p => acquired.Contains(NameOf(p))).ToList();
        if (taken.Count > 0) LogTaken(log, string.Join(", ", taken));
        return taken;
    }

    bool IsLeaving(int partition) => _tails.TryGetValue(partition, out var read) && read.IsLeaving;

    void Forget(int partition)
    {
        _tails[partition].Dispose();
        _tails.Remove(partition);
    }

    static string NameOf(int partition) => "partition-" + partition.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(1105, LogLevel.Information, "Feed: partitions {Partitions} are read here from now on")]
    static partial void LogTaken(ILogger log, string partitions);

    [LoggerMessage(1107, LogLevel.Warning, "Feed: the partitions could not be left to other replicas; they wait for {LeaseMillis} ms")]
    static partial void LogNotReleased(ILogger log, int leaseMillis, Exception error);

    [LoggerMessage(1106, LogLevel.Information, "Feed: partitions {Partitions} are left to other replicas")]
    static partial void LogGivenUp(ILogger log, string partitions);
}
