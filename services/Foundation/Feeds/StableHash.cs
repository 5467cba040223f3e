using System.Text;

namespace Perennial.Foundation.Feeds;

/// <summary>
/// FNV-1a, 64 bits (Fowler, Noll, Vo), finished with MurmurHash3's fmix64 (Appleby): FNV alone spreads ids that count up badly over
/// its high bits. The same on every machine and in every version, as what is stored by it needs.
/// </summary>
public static class StableHash
{
    const ulong Offset = 14695981039346656037;
    const ulong Prime = 1099511628211;

    /// <summary>Hash of the parts, told apart from each other: ("ab", "c") is not ("a", "bc").</summary>
    public static ulong Of(string first, string second) => Finish(Add(Add(Add(Offset, first), [0xff]), second));

    /// <summary>0 to <paramref name="partitions"/> - 1.</summary>
    public static int Partition(string first, string second, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        // Multiply-shift: even for any number of partitions, without the bias and the cost of a remainder.
        return (int)(((UInt128)Of(first, second) * (ulong)partitions) >> 64);
    }

    static ulong Finish(ulong hash)
    {
        unchecked
        {
            hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
            hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
            return hash ^ (hash >> 33);
        }
    }

    static ulong Add(ulong hash, string text)
    {
        Span<byte> buffer = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(text, buffer, out var written) ? Add(hash, buffer[..written]) : Add(hash, Encoding.UTF8.GetBytes(text));
    }

    static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) hash = unchecked((hash ^ b) * Prime);
        return hash;
    }
}
