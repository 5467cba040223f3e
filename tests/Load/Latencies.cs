using System.Numerics;

namespace Perennial.Load;

/// <summary>Counts of latencies in buckets of at most 3 % width: memory stays the same however long the run.</summary>
sealed class Latencies
{
    const int SubBits = 5;
    readonly long[] _counts = new long[64 << SubBits];

    public void Add(TimeSpan latency) => Interlocked.Increment(ref _counts[Bucket(Math.Max(1, (long)latency.TotalMicroseconds))]);

    /// <summary>The latency that the given share did not pass.</summary>
    public double Millis(double share)
    {
        var total = _counts.Sum();
        var wanted = (long)Math.Ceiling(total * share);
        for (var (bucket, seen) = (0, 0L); bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && seen > 0) return Math.Round(Top(bucket) / 1_000.0, 2);
        }
        return 0;
    }

    static int Bucket(long micros)
    {
        var exponent = BitOperations.Log2((ulong)micros);
        return exponent <= SubBits ? (int)micros : ((exponent - SubBits) << SubBits) + (int)(micros >> (exponent - SubBits));
    }

    static double Top(int bucket)
    {
        if (bucket < 2 << SubBits) return bucket;
        var exponent = (bucket >> SubBits) - 1;
        return ((long)(bucket - (exponent << SubBits)) + 1) * Math.Pow(2, exponent);
    }
}
