namespace Perennial.Segmentation.Domain;

/// <summary>What a batch of events says about one customer, in the order of the log.</summary>
internal sealed record Arrivals(string Shop, string Customer, bool Identified, IReadOnlyList<Sighting> Sightings)
{
    /// <summary>One entry per customer.</summary>
    public static List<Arrivals> Of(IReadOnlyList<Sighting> sightings)
    {
        var byCustomer = new Dictionary<(string, string), List<Sighting>>();
        foreach (var sighting in sightings)
        {
            if (byCustomer.TryGetValue((sighting.Shop, sighting.Customer), out var list)) list.Add(sighting);
            else byCustomer.Add((sighting.Shop, sighting.Customer), [sighting]);
        }
        return [.. byCustomer.Select(c => new Arrivals(c.Key.Item1, c.Key.Item2, c.Value[^1].Identified, c.Value))];
    }

    /// <summary>The newest message, for what it corrects.</summary>
    public string News => Sightings[^1] is var last ? last.Fact?.MessageId ?? last.Opinion?.MessageId ?? last.Traits?.MessageId ?? last.Activity?.MessageId ?? "" : "";
}
