namespace Perennial.Ingestion.Storage.Keys;

/// <summary>A chunk of a run as a row has it.</summary>
internal readonly record struct KeyChunk(long Run, int Chunk, ulong First, byte[] Filter, byte[] Keys);

/// <summary>Cuts ascending keys into chunks. Keys of one digest stay in one, so that a lookup reads one.</summary>
internal sealed class KeyChunks(long run, int nextChunk, int filterBytes)
{
    /// <summary>What fills a page of SQLite with 16 bytes each.</summary>
    public const int KeysPerChunk = 250;

    readonly List<MessageKey> _keys = new(KeysPerChunk);
    int _next = nextChunk;

    /// <summary>The chunk that <paramref name="key"/> no longer fits into.</summary>
    public KeyChunk? Add(MessageKey key)
    {
        var full = _keys.Count >= KeysPerChunk && _keys[^1].Digest != key.Digest ? Take() : null;
        _keys.Add(key);
        return full;
    }

    /// <summary>What is left.</summary>
    public KeyChunk? Take()
    {
        if (_keys.Count == 0) return null;
        var filter = new byte[filterBytes];
        var keys = new byte[_keys.Count * MessageKey.Bytes];
        for (var i = 0; i < _keys.Count; i++)
        {
            KeyFilter.Add(filter, _keys[i].Digest);
            _keys[i].Write(keys.AsSpan(i * MessageKey.Bytes));
        }
        var chunk = new KeyChunk(run, _next++, _keys[0].Digest, filter, keys);
        _keys.Clear();
        return chunk;
    }

    /// <summary>Cuts all of <paramref name="keys"/>, which are ascending.</summary>
    public static List<KeyChunk> Of(long run, ReadOnlySpan<MessageKey> keys, int filterBytes)
    {
        var chunks = new List<KeyChunk>(keys.Length / KeysPerChunk + 1);
        var cutter = new KeyChunks(run, 0, filterBytes);
        foreach (var key in keys)
        {
            if (cutter.Add(key) is { } full) chunks.Add(full);
        }
        if (cutter.Take() is { } rest) chunks.Add(rest);
        return chunks;
    }
}
