namespace Perennial.Ingestion.Storage.Identity;

/// <summary>64-bit digests in memory: open addressing in one array of 8 bytes a slot, at most two thirds full.</summary>
internal sealed class DigestSet
{
    ulong[] _slots = new ulong[1_024];

    public int Count { get; private set; }

    /// <summary>Does nothing for one that is there.</summary>
    public void Add(ulong digest)
    {
        if ((Count + 1L) * 3 > _slots.Length * 2L) Grow();
        if (Place(Filled(digest))) Count++;
    }

    public bool Contains(ulong digest)
    {
        digest = Filled(digest);
        var mask = _slots.Length - 1;
        for (var slot = (int)(digest & (ulong)mask); _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == digest) return true;
        }
        return false;
    }

    void Grow()
    {
        var old = _slots;
        _slots = new ulong[old.Length * 2];
        foreach (var digest in old)
        {
            if (digest != 0) Place(digest);
        }
    }

    bool Place(ulong digest)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(digest & (ulong)mask);
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == digest) return false;
        }
        _slots[slot] = digest;
        return true;
    }

    // An empty slot is 0, so the digest 0 counts as its neighbour: who asks looks closer anyway.
    static ulong Filled(ulong digest) => digest == 0 ? 1 : digest;
}
