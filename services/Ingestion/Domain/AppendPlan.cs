namespace Perennial.Ingestion.Domain;

/// <summary>What one commit writes: the first of each (shop, message id) that is not known, at dense positions per partition.</summary>
internal sealed class AppendPlan
{
    readonly IReadOnlyList<LogEvent> _events;

    AppendPlan(IReadOnlyList<LogEvent> events, IEnumerable<int> fresh)
    {
        _events = events;
        Fresh = [.. fresh.OrderBy(i => events[i].Partition)];
        Growth = [.. Fresh.CountBy(i => events[i].Partition).OrderBy(p => p.Key)];
    }

    /// <summary>Indexes of the events to write, by partition and in each in the order of their arrival.</summary>
    public IReadOnlyList<int> Fresh { get; }

    /// <summary>How many each partition gets; ascending partitions, only those that get any.</summary>
    public IReadOnlyList<KeyValuePair<int, int>> Growth { get; }

    /// <param name="known">The (shop, message id) among the events that the log has already.</param>
    public static AppendPlan Of(IReadOnlyList<LogEvent> events, HashSet<(string Shop, string MessageId)> known)
    {
        var seen = new HashSet<(string, string)>(known);
        var fresh = new List<int>(events.Count);
        for (var i = 0; i < events.Count; i++)
        {
            if (seen.Add((events[i].Shop, events[i].MessageId))) fresh.Add(i);
        }
        return new AppendPlan(events, fresh);
    }

    /// <summary>Every event, whatever its message id: for what the house itself writes.</summary>
    public static AppendPlan OfAll(IReadOnlyList<LogEvent> events) => new(events, Enumerable.Range(0, events.Count));

    /// <summary>The position of each event, 0 for a duplicate.</summary>
    /// <param name="heads">By partition, the position of its last event once this commit is written.</param>
    public long[] Positions(IReadOnlyDictionary<int, long> heads)
    {
        var positions = new long[_events.Count];
        var next = Growth.ToDictionary(g => g.Key, g => heads[g.Key] - g.Value);
        foreach (var i in Fresh) positions[i] = ++next[_events[i].Partition];
        return positions;
    }
}
