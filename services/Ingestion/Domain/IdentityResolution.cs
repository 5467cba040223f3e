namespace Perennial.Ingestion.Domain;

/// <summary>An id joins a stronger one, by an event that carried both.</summary>
/// <param name="Known">Whether anything was known of <paramref name="From"/> before.</param>
internal sealed record IdLink(string Shop, CustomerId From, CustomerId To, bool Known, string MessageId, DateTimeOffset Time);

/// <summary>
/// Whose the events of a commit are. An event belongs to the customer of the strongest id that it carries; each weaker id whose
/// customer is weaker still joins them. Equals never join, so of two people on one device each keeps what is theirs. Events
/// count one after the other: how they are cut into commits changes nothing.
/// </summary>
internal sealed class IdentityResolution
{
    readonly IKnownIds _known;
    readonly LinkLimits _limits;
    readonly CustomerId?[] _customers;
    readonly CustomerId?[] _suppressed;
    readonly List<IdLink> _links = [];
    readonly Dictionary<(string Shop, CustomerId Id), CustomerId> _joined = [];
    readonly Dictionary<(string Shop, CustomerId Customer, string Kind), int> _counts = [];

    IdentityResolution(int events, IKnownIds known, LinkLimits limits)
        => (_known, _limits, _customers, _suppressed) = (known, limits, new CustomerId?[events], new CustomerId?[events]);

    /// <summary>By event; null for one that is not to be written: a duplicate, or refused.</summary>
    public IReadOnlyList<CustomerId?> Customers => _customers;

    /// <summary>By event, the id for which it is refused: one of an erased person.</summary>
    public IReadOnlyList<CustomerId?> Suppressed => _suppressed;

    /// <summary>In the order of their making. The events that <see cref="IdLink.From"/> had so far belong to somebody else now.</summary>
    public IReadOnlyList<IdLink> Links => _links;

    /// <summary>How often an id stayed on its own because the customer has as many of its kind as they may.</summary>
    public int LimitedCount { get; private set; }

    /// <param name="recorded">The (shop, message id) among the events that the log has already.</param>
    public static IdentityResolution Of(IReadOnlyList<LogEvent> events, HashSet<(string Shop, string MessageId)> recorded, IKnownIds known, LinkLimits limits)
    {
        var resolution = new IdentityResolution(events.Count, known, limits);
        var seen = new HashSet<(string, string)>(recorded);
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            if (seen.Contains((e.Shop, e.MessageId))) continue;
            resolution._suppressed[i] = resolution.SuppressedOf(e);
            if (resolution._suppressed[i] is not null) continue;
            seen.Add((e.Shop, e.MessageId));
            resolution._customers[i] = resolution.CustomerOf(e);
        }
        return resolution;
    }

    CustomerId? SuppressedOf(LogEvent e)
    {
        foreach (var id in e.Ids)
        {
            if (_known.Find(e.Shop, id) is { Suppressed: true }) return id;
        }
        return null;
    }

    CustomerId CustomerOf(LogEvent e)
    {
        var customer = CustomerOf(e.Shop, e.Ids[0]);
        for (var i = 1; i < e.Ids.Length; i++)
        {
            var weaker = CustomerOf(e.Shop, e.Ids[i]);
            if (weaker.Type < customer.Type && _known.Find(e.Shop, weaker) is not { Pinned: true } && HasRoom(e.Shop, customer, weaker)) Join(e, weaker, customer);
        }
        return customer;
    }

    CustomerId CustomerOf(string shop, CustomerId id)
    {
        while (ParentOf(shop, id) is { } parent) id = parent;
        return id;
    }

    CustomerId? ParentOf(string shop, CustomerId id)
        => _joined.Count > 0 && _joined.TryGetValue((shop, id), out var joined) ? joined : _known.Find(shop, id)?.Parent;

    bool HasRoom(string shop, CustomerId customer, CustomerId id)
    {
        var key = (shop, customer, id.Kind);
        if (!_counts.TryGetValue(key, out var count)) _counts[key] = count = _known.JoinedCount(shop, customer, id.Kind);
        if (count < _limits.Of(id.Type)) return true;
        LimitedCount++;
        return false;
    }

    void Join(LogEvent e, CustomerId from, CustomerId to)
    {
        _joined[(e.Shop, from)] = to;
        _counts[(e.Shop, to, from.Kind)]++;
        _links.Add(new IdLink(e.Shop, from, to, _known.Find(e.Shop, from) is not null, e.MessageId, e.ReceiveTime));
    }
}
