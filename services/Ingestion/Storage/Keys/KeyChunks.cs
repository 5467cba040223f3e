namespace Perennial.Ingestion.Storage.Keys;

/// <summary>A chunk of a run as a row has it.</summary>
internal readonly record struct KeyChunk(long Run, int Number, byte[] Keys);

/// <summary>Cuts ascending keys into chunks. A key that comes twice is kept once.</summary>
internal sealed class KeyChunks(long run, int nextNumber)
{
    /// <summary>What fills a page of SQLite with 16 bytes each: a chunk is one page, read and written whole.</summary>
    public const int KeysPerChunk = 250;

    readonly byte[] _keys = new byte[KeysPerChunk * RunKey.Bytes];
    RunKey _last;
    int _count;
    int _next = nextNumber;

    /// <summary>The chunk that <paramref name="key"/> no longer fits into.</summary>
    public KeyChunk? Add(RunKey key)
    {
        if (key == _last) return null;
        var full = _count == KeysPerChunk ? Take() : null;
        key.Write(_keys.AsSpan(_count++ * RunKey.Bytes));
        _last = key;
        return full;
    }

    /// <summary>What is left.</summary>
    public KeyChunk? Take()
    {
        if (_count == 0) return null;
        var chunk = new KeyChunk(run, _next++, _keys.AsSpan(0, _count * RunKey.Bytes).ToArray());
        _count = 0;
        return chunk;
    }

    /// <summary>Cuts all of <paramref name="keys"/>, which are ascending.</summary>
    public static List<KeyChunk> Of(long run, ReadOnlySpan<RunKey> keys)
    {
        var chunks = new List<KeyChunk>(keys.Length / KeysPerChunk + 1);
        var cutter = new KeyChunks(run, 0);
        foreach (var key in keys)
        {
            if (cutter.Add(key) is { } full) chunks.Add(full);
        }
        if (cutter.Take() is { } rest) chunks.Add(rest);
        return chunks;
    }
}
