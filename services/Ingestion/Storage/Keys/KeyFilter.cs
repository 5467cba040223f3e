using System.Runtime.CompilerServices;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// A Bloom filter over the digests of a run, split into blocks of one cache line: each digest has one block and in each of its eight words one
/// bit (Putze, Sanders and Singler 2007), so that asking costs one access to memory and no branch. "No" is certain, "maybe" is wrong once in
/// a thousand at 16 bits a key.
/// </summary>
internal sealed class KeyFilter(long keys, int bitsPerKey)
{
    const int Words = 8, WordBits = 6;

    readonly ulong[] _words = new ulong[Words * Math.Max(1, (keys * bitsPerKey + 511) / 512)];

    public void Add(ulong digest)
    {
        var block = Block(digest);
        var bits = Bits(digest);
        for (var i = 0; i < Words; i++, bits >>= WordBits) block[i] |= 1UL << (int)(bits & 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayHave(ulong digest)
    {
        var block = Block(digest);
        var bits = Bits(digest);
        var all = block[0] >> (int)(bits & 63);
        all &= block[1] >> (int)((bits >> WordBits) & 63);
        all &= block[2] >> (int)((bits >> 2 * WordBits) & 63);
        all &= block[3] >> (int)((bits >> 3 * WordBits) & 63);
        all &= block[4] >> (int)((bits >> 4 * WordBits) & 63);
        all &= block[5] >> (int)((bits >> 5 * WordBits) & 63);
        all &= block[6] >> (int)((bits >> 6 * WordBits) & 63);
        all &= block[7] >> (int)((bits >> 7 * WordBits) & 63);
        return (all & 1) != 0;
    }

    // By the leading bits: a run is loaded in ascending order, and fills its blocks one after the other.
    Span<ulong> Block(ulong digest) => _words.AsSpan((int)Math.BigMul(digest, (ulong)(_words.Length / Words), out _) * Words, Words);

    // Mixed first: the digests of a block share their leading bits.
    static ulong Bits(ulong digest) => unchecked((digest ^ (digest >> 29)) * 0x9E3779B97F4A7C15UL) >> 16;
}
