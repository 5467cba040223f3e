namespace Perennial.Ingestion.Storage.Keys;

/// <summary>Keys in memory, found by digest: open addressing in one array, 16 bytes a slot, at most half full.</summary>
internal sealed class KeyTable
{
    MessageKey[] _slots = new MessageKey[1_024];

    public int Count { get; private set; }

    /// <summary>Adds a key that is not there.</summary>
    public void Add(MessageKey key)
    {
        if (Count * 2 >= _slots.Length) Resize(_slots.Length * 2);
        Place(key);
        Count++;
    }

    /// <summary>The next key of this digest from slot <paramref name="from"/> on, which moves behind it. False when there is none. Begin at -1.</summary>
    public bool TryNext(ulong digest, ref int from, out MessageKey key)
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

    /// <summary>All keys, in no order.</summary>
    public MessageKey[] ToArray()
    {
        var keys = new MessageKey[Count];
        var next = 0;
        foreach (var key in _slots)
        {
            if (key.Place != 0) keys[next++] = key;
        }
        return keys;
    }

    /// <summary>Drops the keys up to the mark of their partition.</summary>
    public void DropUpTo(IReadOnlyList<long> marks)
    {
        var kept = Array.FindAll(_slots, key => key.Place != 0 && key.Position > marks[key.Partition]);
        // The room that was needed once is needed again soon.
        Array.Clear(_slots);
        Count = kept.Length;
        foreach (var key in kept) Place(key);
    }

    void Resize(int size)
    {
        var old = _slots;
        _slots = new MessageKey[size];
        foreach (var key in old)
        {
            if (key.Place != 0) Place(key);
        }
    }

    void Place(MessageKey key)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(key.Digest & (ulong)mask);
        while (_slots[slot].Place != 0) slot = (slot + 1) & mask;
        _slots[slot] = key;
    }
}
