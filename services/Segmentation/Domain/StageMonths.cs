namespace Perennial.Segmentation.Domain;

/// <summary>Flows between stages over consecutive periods. From null: not yet seen when the period began; to null: left before its end.</summary>
/// <param name="ends">Ascending: the beginning of the first period, then the end of each. What holds just before one holds there.</param>
internal sealed class StageMonths(IReadOnlyList<DateTimeOffset> ends)
{
    readonly Dictionary<(Stage? From, Stage? To), StageTotal>[] _flows = [.. ends.Skip(1).Select(_ => new Dictionary<(Stage?, Stage?), StageTotal>())];

    /// <summary>By period.</summary>
    public IReadOnlyList<IReadOnlyDictionary<(Stage? From, Stage? To), StageTotal>> Flows => _flows;

    /// <summary>Adds a customer.</summary>
    public void Add(History history, IReadOnlyList<StageInterval> timeline)
    {
        var (stay, before) = (0, (Stage?)null);
        for (var i = 0; i < ends.Count; i++)
        {
            while (stay < timeline.Count && timeline[stay].To < ends[i]) stay++;
            var stage = stay < timeline.Count && timeline[stay].From < ends[i] ? timeline[stay].Stage : null;
            if (i > 0 && (before is not null || stage is not null))
            {
                var flow = (before, stage);
                _flows[i - 1][flow] = _flows[i - 1].GetValueOrDefault(flow) + new StageTotal(1, stage is null ? 0 : history.Purchases.At(ends[i].AddMilliseconds(-1))!.Value);
            }
            before = stage;
        }
    }

    public void Add(StageMonths other)
    {
        for (var i = 0; i < _flows.Length; i++)
            foreach (var (flow, total) in other._flows[i]) _flows[i][flow] = _flows[i].GetValueOrDefault(flow) + total;
    }
}
