namespace Perennial.Ingestion.Storage.Keys;

/// <summary>Reads the keys of a run in ascending order, one chunk in memory at a time.</summary>
internal sealed class RunCursor
{
    readonly KeyLookup _lookup;
    readonly KeyRun _run;
    int _chunk;
    byte[] _keys = [];
    int _at;

    /// <summary>Stands at the first key from <paramref name="from"/> on.</summary>
    public RunCursor(KeyLookup lookup, KeyRun run, RunKey from)
    {
        (_lookup, _run, _chunk) = (lookup, run, run.ChunkOf(from));
        Load();
        var (low, high) = (0, _keys.Length / RunKey.Bytes);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (RunKey.Read(_keys.AsSpan(middle * RunKey.Bytes)) < from) low = middle + 1;
            else high = middle;
        }
        _at = (low - 1) * RunKey.Bytes;
        if (!Ended) Move();
    }

    public bool Ended { get; private set; }

    public RunKey Key { get; private set; }

    public void Move()
    {
        _at += RunKey.Bytes;
        if (_at >= _keys.Length) Load();
        if (!Ended) Key = RunKey.Read(_keys.AsSpan(_at));
    }

    void Load()
    {
        Ended = _chunk == _run.Chunks;
        if (!Ended) (_keys, _at) = (_lookup.Chunk(_run.Run, _chunk++), 0);
    }
}
