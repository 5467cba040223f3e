namespace Perennial.Ingestion.Storage.Keys;

/// <summary>What memory holds of a run: where each chunk begins and the chunk's filter.</summary>
internal sealed class KeyRun(long run, int level, int chunks)
{
    readonly ulong[] _firsts = new ulong[chunks];
    byte[] _filters = [];
    int _filterBytes;
    int _count;

    public long Run => run;
    public int Level => level;

    /// <summary>The next chunk, in their order; all of a run have filters of one length.</summary>
    public void Add(ulong first, ReadOnlySpan<byte> filter)
    {
        if (_count == 0) (_filterBytes, _filters) = (filter.Length, new byte[(long)chunks * filter.Length]);
        filter.CopyTo(_filters.AsSpan(_count * _filterBytes));
        _firsts[_count++] = first;
    }

    /// <summary>The only chunk that can have the digest, when its filter says that it may; else -1.</summary>
    public int ChunkOf(ulong digest)
    {
        var chunk = LastUpTo(digest);
        return chunk >= 0 && KeyFilter.MayHave(_filters.AsSpan(chunk * _filterBytes, _filterBytes), digest) ? chunk : -1;
    }

    /// <summary>The last chunk that begins at or before the digest; -1 when all begin later.</summary>
    public int LastUpTo(ulong digest)
    {
        var firsts = _firsts.AsSpan(0, _count);
        if (firsts.Length == 0 || digest < firsts[0]) return -1;
        // Digests are spread evenly, so the chunk is a few from where it would be by proportion: doubling steps from there.
        var low = (int)Math.BigMul(digest, (ulong)firsts.Length, out _);
        var high = low;
        for (var step = 1; firsts[low] > digest; step *= 2) (low, high) = (Math.Max(0, low - step), low);
        for (var step = 1; high < firsts.Length && firsts[high] <= digest; step *= 2) (low, high) = (high, Math.Min(firsts.Length, high + step));
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (firsts[middle] <= digest) low = middle;
            else high = middle;
        }
        return low;
    }
}
