namespace Perennial.Ingestion.Domain;

/// <summary>What one commit writes, at dense positions per partition.</summary>
internal sealed class AppendPlan
{
    readonly IReadOnlyList<PlacedEvent?> _events;

    AppendPlan(IReadOnlyList<PlacedEvent?> events)
    {
        _events = events;
        Fresh = [.. Enumerable.Range(0, events.Count).Where(i => events[i] is not null).OrderBy(i => events[i]!.Partition)];
        Growth = [.. Fresh.CountBy(i => events[i]!.Partition).OrderBy(p => p.Key)];
    }

    /// <summary>Indexes of the events to write, by partition and in each in the order of their arrival.</summary>
    public IReadOnlyList<int> Fresh { get; }

    /// <summary>How many each partition gets; ascending partitions, only those that get any.</summary>
    public IReadOnlyList<KeyValuePair<int, int>> Growth { get; }

    /// <param name="events">Null where there is nothing to write.</param>
    public static AppendPlan Of(IReadOnlyList<PlacedEvent?> events) => new(events);

    /// <summary>The position of each event, 0 for one that is not written.</summary>
    /// <param name="heads">By partition, the position of its last event once this commit is written.</param>
    public long[] Positions(IReadOnlyDictionary<int, long> heads)
    {
        var positions = new long[_events.Count];
        var next = Growth.ToDictionary(g => g.Key, g => heads[g.Key] - g.Value);
        foreach (var i in Fresh) positions[i] = ++next[_events[i]!.Partition];
        return positions;
    }
}
