namespace Perennial.Ingestion.Storage.Keys;

/// <summary>What memory holds of a run: the first key of each chunk, and for messages a filter over all keys.</summary>
internal sealed class KeyRun(long run, RunUse use, int chunks, int filterBits)
{
    readonly RunKey[] _firsts = new RunKey[chunks];
    // Of a message it is asked for every event in every run; of a customer hardly ever.
    readonly KeyFilter? _filter = use == RunUse.Messages ? new KeyFilter((long)chunks * KeyChunks.KeysPerChunk, filterBits) : null;
    int _count;

    public long Run => run;
    public RunUse Use => use;

    /// <summary>How many chunks it has.</summary>
    public int Chunks => _count;

    /// <summary>The next chunk, in their order.</summary>
    public void Add(ReadOnlySpan<byte> keys)
    {
        _firsts[_count++] = RunKey.Read(keys);
        if (_filter is null) return;
        for (; keys.Length > 0; keys = keys[RunKey.Bytes..]) _filter.Add(RunKey.Read(keys).Digest);
    }

    /// <summary>False when no key of the run has the digest.</summary>
    public bool MayHave(ulong digest) => _filter is null || _filter.MayHave(digest);

    /// <summary>The chunk that has the first key from <paramref name="key"/> on, or ends right before it.</summary>
    public int ChunkOf(RunKey key)
    {
        var firsts = _firsts.AsSpan(0, _count);
        if (firsts.Length == 0 || key < firsts[0]) return 0;
        // Digests are spread evenly, so the chunk is a few from where it would be by proportion: doubling steps from there.
        var low = (int)Math.BigMul(key.Digest, (ulong)firsts.Length, out _);
        var high = low;
        for (var step = 1; firsts[low] > key; step *= 2) (low, high) = (Math.Max(0, low - step), low);
        for (var step = 1; high < firsts.Length && firsts[high] <= key; step *= 2) (low, high) = (high, Math.Min(firsts.Length, high + step));
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (firsts[middle] <= key) low = middle;
            else high = middle;
        }
        return low;
    }
}
