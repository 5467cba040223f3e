using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Identity;

/// <summary>What was read last of ids, in two generations: when the young one is full it becomes the old one, and what nobody asked for since is gone.</summary>
internal sealed class RecentIds(int generationMax = 32_768)
{
    Dictionary<ulong, Entry> _young = [];
    Dictionary<ulong, Entry> _old = [];

    sealed record Entry(string Shop, CustomerId Id, KnownId? Known);

    /// <summary>True when it was read; then <paramref name="known"/> is what came of it, null included.</summary>
    public bool TryFind(ulong digest, string shop, CustomerId id, out KnownId? known)
    {
        var young = _young.TryGetValue(digest, out var entry);
        var found = (young || _old.TryGetValue(digest, out entry)) && entry!.Shop == shop && entry.Id == id;
        known = found ? entry!.Known : null;
        if (found && !young) Keep(digest, entry!);
        return found;
    }

    public void Keep(ulong digest, string shop, CustomerId id, KnownId? known) => Keep(digest, new Entry(shop, id, known));

    void Keep(ulong digest, Entry entry)
    {
        if (_young.Count >= generationMax) (_young, _old) = ([], _young);
        _young[digest] = entry;
    }

    public void Forget(ulong digest)
    {
        _young.Remove(digest);
        _old.Remove(digest);
    }
}
