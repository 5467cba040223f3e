namespace Perennial.Ingestion.Storage.Keys;

/// <summary>Keys in memory, found by digest: open addressing in one array, 16 bytes a slot, at most half full.</summary>
internal sealed class KeyTable
{
    RunKey[] _slots = new RunKey[1_024];

    public int Count { get; private set; }

    /// <summary>Adds a key unless it is there.</summary>
    public void Add(RunKey key)
    {
        if (Count * 2 >= _slots.Length) Resize(_slots.Length * 2);
        if (Place(key)) Count++;
    }

    /// <summary>The next key of this digest from slot <paramref name="from"/> on, which moves behind it. False when there is none. Begin at -1.</summary>
    public bool TryNext(ulong digest, ref int from, out RunKey key)
    {
        var mask = _slots.Length - 1;
        for (from = from < 0 ? (int)(digest & (ulong)mask) : from; ; from = (from + 1) & mask)
        {
            key = _slots[from];
            if (key.Place == 0) return false;
            if (key.Digest != digest) continue;
            from = (from + 1) & mask;
            return true;
        }
    }

    /// <summary>All keys, ascending.</summary>
    public RunKey[] ToSorted()
    {
        var keys = new RunKey[Count];
        var next = 0;
        foreach (var key in _slots)
        {
            if (key.Place != 0) keys[next++] = key;
        }
        Array.Sort(keys);
        return keys;
    }

    /// <summary>Keeps the keys that <paramref name="isKept"/> says.</summary>
    public void Keep(Predicate<RunKey> isKept)
    {
        var kept = Array.FindAll(_slots, key => key.Place != 0 && isKept(key));
        // The room that was needed once is needed again soon.
        Array.Clear(_slots);
        Count = kept.Length;
        foreach (var key in kept) Place(key);
    }

    void Resize(int size)
    {
        var old = _slots;
        _slots = new RunKey[size];
        foreach (var key in old)
        {
            if (key.Place != 0) Place(key);
        }
    }

    bool Place(RunKey key)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(key.Digest & (ulong)mask);
        for (; _slots[slot].Place != 0; slot = (slot + 1) & mask)
        {
            if (_slots[slot] == key) return false;
        }
        _slots[slot] = key;
        return true;
    }
}
