namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// A Bloom filter over the keys of one chunk: "no" is certain, "maybe" is wrong once in 300 at 12 bits a key. All that it needs
/// to know follows from its length, so runs of different settings live side by side.
/// </summary>
internal static class KeyFilter
{
    public static int Bytes(int bitsPerKey) => (KeyChunks.KeysPerChunk * bitsPerKey + 7) / 8;

    public static void Add(Span<byte> filter, ulong digest)
    {
        var (at, step) = Walk(digest);
        for (var i = Probes(filter.Length); i > 0; i--, at = unchecked(at + step))
        {
            var bit = Bit(filter.Length, at);
            filter[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    public static bool MayHave(ReadOnlySpan<byte> filter, ulong digest)
    {
        var (at, step) = Walk(digest);
        for (var i = Probes(filter.Length); i > 0; i--, at = unchecked(at + step))
        {
            var bit = Bit(filter.Length, at);
            if ((filter[bit >> 3] & (1 << (bit & 7))) == 0) return false;
        }
        return true;
    }

    // ln 2 times the bits per key: the number that errs least.
    static int Probes(int bytes) => Math.Max(1, bytes * 8 * 69 / (100 * KeyChunks.KeysPerChunk));

    // Mixed first: the digests of a chunk share their leading bits.
    static (uint At, uint Step) Walk(ulong digest)
    {
        var mixed = unchecked((digest ^ (digest >> 29)) * 0x9E3779B97F4A7C15UL);
        return (unchecked((uint)mixed), (uint)(mixed >> 32) | 1);
    }

    static int Bit(int bytes, uint at) => (int)(((ulong)at * ((ulong)bytes * 8)) >> 32);
}
