using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.Foundation.Feeds;

/// <summary>Where a house stands in every partition, as last heard: its own reader's word, or what is stored by the replica that reads it. From any thread.</summary>
/// <param name="lagSecondsMax">See <see cref="FeedOptions.LagSecondsMax"/>.</param>
sealed class FeedStanding(TimeProvider clock, int lagSecondsMax)
{
    readonly Lock _gate = new();
    readonly TimeSpan _lagMax = lagSecondsMax == 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(lagSecondsMax);
    Partition[] _partitions = [];

    sealed class Partition
    {
        public long Position;
        public long Head;
        public DateTimeOffset HeardAt;
        // When the oldest event that is not applied was recorded, as far as it can be told; null when all are applied.
        public DateTimeOffset? OldestTime;
        public bool Reached;
        // Whether its lag was once within the limit.
        public bool CaughtUp;
    }

    public void Open(int partitions)
    {
        lock (_gate) _partitions = [.. Enumerable.Range(0, partitions).Select(_ => new Partition { HeardAt = clock.GetUtcNow() })];
    }

    public int PartitionCount
    {
        get { lock (_gate) return _partitions.Length; }
    }

    public long Position(int partition)
    {
        lock (_gate) return partition < _partitions.Length ? _partitions[partition].Position : 0;
    }

    public FeedProgress Progress
    {
        get
        {
            lock (_gate)
            {
                var progress = new FeedProgress { Partitions = { _partitions.Select((p, i) => new PartitionProgress { Partition = i, Position = p.Position, HeadPosition = p.Head }) } };
                progress.LagEvents = _partitions.Sum(p => Math.Max(0, p.Head - p.Position));
                if (_partitions.Length > 0) progress.Silence = Duration.FromTimeSpan(clock.GetUtcNow() - _partitions.Min(p => p.HeardAt));
                return progress;
            }
        }
    }

    /// <summary>Events of the partitions read here that are recorded and not applied.</summary>
    public long LagEvents
    {
        get { lock (_gate) return _partitions.Where(p => p.Reached).Sum(p => Math.Max(0, p.Head - p.Position)); }
    }

    /// <summary>What is applied, of the partitions that are read here and were heard from.</summary>
    public IEnumerable<ReaderPosition> Applied
    {
        get { lock (_gate) return [.. _partitions.Index().Where(p => p.Item.Reached).Select(p => new ReaderPosition { Partition = p.Index, Position = p.Item.Position })]; }
    }

    /// <summary>Age of the oldest event that is recorded and not applied; zero when there is none.</summary>
    public TimeSpan LagTime()
    {
        lock (_gate) return Age(_partitions);
    }

    /// <summary>
    /// What is wrong with the lag, in words. A partition that never was within the limit since the start is not asked: a house that is
    /// built anew, or was stopped for long, is busy with what it has to do, and to restart it or to hold others back for it mends nothing.
    /// </summary>
    public string? Problem()
    {
        lock (_gate)
        {
            var lag = Age(_partitions.Where(p => p.CaughtUp));
            return lag > _lagMax ? $"is {lag.TotalSeconds:F0} s behind the log" : null;
        }
    }

    /// <summary>A partition is read from its stored position.</summary>
    public void Resumed(int partition, long position)
    {
        lock (_gate)
        {
            var state = _partitions[partition];
            (state.Position, state.Head, state.HeardAt) = (position, Math.Max(position, state.Head), clock.GetUtcNow());
        }
    }

    /// <summary>A partition is left to another replica: how late it is is that one's to say.</summary>
    public void Left(int partition)
    {
        lock (_gate)
        {
            var state = _partitions[partition];
            (state.Reached, state.CaughtUp, state.OldestTime) = (false, false, null);
        }
    }

    /// <summary>Where another replica, which reads the partition, and the log have come.</summary>
    public void Observed(int partition, long position, long head)
    {
        lock (_gate)
        {
            var state = _partitions[partition];
            (state.Position, state.HeardAt) = (Math.Max(position, state.Position), clock.GetUtcNow());
            state.Head = Math.Max(Math.Max(head, state.Head), state.Position);
        }
    }

    /// <summary>The log said something, or it was applied.</summary>
    /// <param name="oldest">When the event behind <paramref name="position"/> was recorded; null when that is not known.</param>
    public void Heard(int partition, long position, long head, DateTimeOffset? oldest)
    {
        lock (_gate)
        {
            var (state, now) = (_partitions[partition], clock.GetUtcNow());
            (state.Position, state.Head, state.HeardAt, state.Reached) = (position, Math.Max(head, state.Head), now, true);
            state.OldestTime = position >= state.Head ? null : oldest ?? state.OldestTime;
            state.CaughtUp |= now - (state.OldestTime ?? now) <= _lagMax;
        }
    }

    TimeSpan Age(IEnumerable<Partition> partitions)
        => partitions.Min(p => p.OldestTime) is { } oldest && clock.GetUtcNow() - oldest is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
}
