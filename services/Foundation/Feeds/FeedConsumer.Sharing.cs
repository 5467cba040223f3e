using Microsoft.Extensions.Logging;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.V1;

namespace Perennial.Foundation.Feeds;

/// <summary>Which partitions are read here, and where the others stand.</summary>
public abstract partial class FeedConsumer
{
    // While partitions change hands: a glance at a small table, until what others give up is taken.
    static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    /// <summary>Reads this replica's share until the house stops; then the others can have it.</summary>
    async Task ShareAsync(int count, CancellationToken stop)
    {
        var renewal = TimeSpan.FromMilliseconds(_parts.Options.Value.RenewMillis);
        var share = new PartitionShare(_parts.Leases, Holder(), count, _parts.Options.Value, _parts.Clock, _log, (partition, leave) => ReadPartitionAsync(partition, leave, stop));
        try
        {
            while (true)
            {
                var settled = await RetryAsync(cancellation => LookAroundAsync(share, count, cancellation), "the share of the partitions", stop);
                await Task.Delay(settled ? renewal : Glance, stop);
            }
        }
        finally
        {
            await share.EndAsync(StopPatience);
        }
    }

    /// <summary>Waits until the process has come up: one that finds its port taken must not take the leases of the one that has it.</summary>
    async Task StartedAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registered = _parts.Lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellation);
    }

    /// <summary>Told apart on a machine by their ports: who has the port now is all there is of who had it before. A port that the system chose tells nothing.</summary>
    LeaseHolder Holder()
    {
        var (listen, name) = (_parts.Listen.Value, _parts.Options.Value.Instance);
        if (name.Length == 0 && listen.Port != 0) name = $"{listen.Address}:{listen.Port}";
        var id = $"{Environment.MachineName}/{name}/{Guid.NewGuid():N}";
        return new(id, name.Length == 0 ? id : $"{Environment.MachineName}/{name}");
    }

    /// <summary>Takes and gives up partitions, then sees where others have come. True when nothing is on the move.</summary>
    async Task<bool> LookAroundAsync(PartitionShare share, int count, CancellationToken cancellation)
    {
        var settled = await share.RoundAsync(cancellation);
        var others = Enumerable.Range(0, count).Where(p => !share.Reads(p)).ToList();
        if (others.Count == 0) return settled;
        var heads = (await _ingestion.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: cancellation)).Partitions.ToDictionary(p => p.Partition, p => p.HeadPosition);
        foreach (var partition in others) _standing.Observed(partition, await ReadCheckpointAsync(partition, cancellation), heads[partition]);
        return settled;
    }

    /// <summary>Reads a partition until it is left to another replica or the house stops.</summary>
    async Task ReadPartitionAsync(int partition, CancellationToken leave, CancellationToken stop)
    {
        var what = $"partition {partition}";
        try
        {
            await RetryAsync(async cancellation =>
            {
                // It comes back when another replica moved the checkpoint: on from there.
                while (!cancellation.IsCancellationRequested) await TailAsync(partition, what, cancellation, stop);
                return 0;
            }, what, leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            // That is how it ends.
        }
        finally
        {
            _problems.TryRemove(what, out _);
            // Where it stopped is reported once more.
            if (!stop.IsCancellationRequested) _standing.Left(partition);
        }
    }
}
