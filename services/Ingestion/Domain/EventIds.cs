namespace Perennial.Ingestion.Domain;

/// <summary>The ids that an event carries, strongest first, without repetition.</summary>
internal static class EventIds
{
    /// <param name="externalIds">In the sender's order, which is their strength.</param>
    /// <param name="email">Empty, or anything: what is no address names nobody.</param>
    /// <param name="previousId">An anonymous id used before.</param>
    public static CustomerId[] Of(string userId, IReadOnlyList<CustomerId> externalIds, string email, string anonymousId, string previousId)
    {
        // Most events have one id.
        if (userId.Length > 0 && externalIds.Count == 0 && email.Length == 0 && anonymousId.Length == 0 && previousId.Length == 0) return [CustomerId.User(userId)];
        var ids = new List<CustomerId>(externalIds.Count + 4);
        if (userId.Length > 0) ids.Add(CustomerId.User(userId));
        foreach (var external in externalIds) AddNew(ids, external);
        if (CustomerId.IsAddress(email)) ids.Add(CustomerId.Email(email));
        if (NamesSomebody(anonymousId)) ids.Add(CustomerId.Anonymous(anonymousId));
        if (NamesSomebody(previousId)) AddNew(ids, CustomerId.Anonymous(previousId));
        return [.. ids];
    }

    static void AddNew(List<CustomerId> ids, CustomerId id)
    {
        if (!ids.Contains(id)) ids.Add(id);
    }

    /// <summary>A placeholder beside a real id does no harm as long as nobody links by it.</summary>
    static bool NamesSomebody(string id) => id.Length > 0 && Ids.Fault(id, Ids.LengthMax) is null && !Ids.IsPlaceholder(id);
}
