namespace Perennial.Load.Log;

/// <summary>
/// An event in eight bytes, so that the log of millions is an array, and its time order that of the numbers: from the high end the
/// second, the customer, the kind, and which of the customer's orders it is about.
/// </summary>
readonly record struct LogEvent(ulong Bits)
{
    public const int OrdinalsMax = 1 << OrdinalBits;
    // Four million customers, and more kinds than there are.
    const int CustomerBits = 22, KindBits = 5, OrdinalBits = 9;

    /// <summary>Where seconds count from; 28 bits of them last into 2029.</summary>
    public static readonly DateTimeOffset Epoch = new(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public LogEvent(long second, int customer, EventKind kind, int ordinal = 0)
        : this(((((((ulong)second << CustomerBits) | (uint)customer) << KindBits) | (uint)kind) << OrdinalBits) | (uint)ordinal % OrdinalsMax)
    {
    }

    public long Second => (long)(Bits >> (CustomerBits + KindBits + OrdinalBits));
    public int Customer => (int)((Bits >> (KindBits + OrdinalBits)) & ((1 << CustomerBits) - 1));
    public EventKind Kind => (EventKind)((Bits >> OrdinalBits) & ((1 << KindBits) - 1));
    public int Ordinal => (int)(Bits & (OrdinalsMax - 1));

    public static long SecondOf(DateTimeOffset time) => (long)(time - Epoch).TotalSeconds;
}
