using Perennial.Common.V1;

namespace Perennial.Foundation.Feeds;

/// <summary>
/// Consecutive events of one partition as a house applies them: first it forgets <see cref="Resets"/>, then it takes
/// <see cref="Events"/> in. What the batch itself makes void is gone already.
/// </summary>
public sealed class FeedBatch
{
    /// <param name="after">The checkpoint the batch continues.</param>
    /// <param name="next">The checkpoint once it is applied.</param>
    public FeedBatch(int partition, long after, long next, IReadOnlyList<RecordedEvent> recorded)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        (Partition, After, Next) = (partition, after, next);
        Recorded = recorded;
        var resets = LastResets(recorded);
        Resets = [.. resets.Keys];
        Events = resets.Count == 0 ? recorded : [.. recorded.Where((e, i) => !resets.TryGetValue((e.Shop, e.Customer), out var reset) || i > reset)];
    }

    public int Partition { get; }
    public long After { get; }
    public long Next { get; }

    /// <summary>All of it in the order of the log, resets included, for a house that keeps what was known before them.</summary>
    public IReadOnlyList<RecordedEvent> Recorded { get; }

    /// <summary>Those of whom nothing recorded before this batch counts any more.</summary>
    public IReadOnlyList<(string Shop, string Customer)> Resets { get; }

    /// <summary>What counts, in the order of the log; no resets.</summary>
    public IReadOnlyList<RecordedEvent> Events { get; }

    static Dictionary<(string Shop, string Customer), int> LastResets(IReadOnlyList<RecordedEvent> recorded)
    {
        var resets = new Dictionary<(string, string), int>();
        for (var i = 0; i < recorded.Count; i++)
        {
            if (recorded[i].Event.PayloadCase == Event.PayloadOneofCase.CustomerReset) resets[(recorded[i].Shop, recorded[i].Customer)] = i;
        }
        return resets;
    }
}
