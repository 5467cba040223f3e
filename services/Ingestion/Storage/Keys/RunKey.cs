using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Perennial.Foundation.Feeds;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>What a run is for. The numbers are stored.</summary>
internal enum RunUse
{
    /// <summary>One key per event: which messages are recorded, and where.</summary>
    Messages = 0,

    /// <summary>One key per customer and block of the log: where a customer's events are.</summary>
    Customers = 1,
}

/// <summary>
/// A digest with a place in the log. Two messages or customers may share a digest (one pair in billions, or by a sender's malice):
/// the event rows at the place tell them apart, so the digest decides where to look and never what is true.
/// </summary>
/// <param name="Place">Partition and position in one number, never 0.</param>
internal readonly record struct RunKey(ulong Digest, long Place) : IComparable<RunKey>
{
    public const int Bytes = 16;

    /// <summary>Consecutive positions that a customer's key stands for: as much as one look reads in a tenth of a millisecond.</summary>
    public const int BlockPositions = 256;

    // 64 partitions and more than any log has positions.
    const int PositionBits = 56;

    public static RunKey OfMessage(ulong digest, int partition, long position) => new(digest, PlaceOf(partition, position));

    /// <summary>The key of the block that the position lies in: its place is the block's first position.</summary>
    public static RunKey OfCustomer(ulong digest, int partition, long position) => new(digest, PlaceOf(partition, position - (position - 1) % BlockPositions));

    /// <summary>The head of a SHA-256: an even spread whatever the ids are, and no sender can heap keys on one digest.</summary>
    public static ulong DigestOfMessage(string shop, string messageId)
    {
        Span<byte> text = stackalloc byte[(Shop.IdLengthMax + 1 + Ids.MessageLengthMax) * 3];
        var length = Encoding.UTF8.GetBytes(shop, text);
        // No shop's id has it, so no two pairs make the same text.
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(messageId, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>A cheaper one: customers of one digest only cost each other a look at rows that are not theirs.</summary>
    public static ulong DigestOfCustomer(string shop, string customer) => StableHash.Of(shop, customer);

    public static long PlaceOf(int partition, long position) => ((long)partition << PositionBits) | position;

    public int Partition => (int)(Place >> PositionBits);

    public long Position => Place & ((1L << PositionBits) - 1);

    /// <summary>The least key that is greater.</summary>
    public RunKey Next => this with { Place = Place + 1 };

    public static RunKey Read(ReadOnlySpan<byte> bytes)
        => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Digest);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Place);
    }

    public int CompareTo(RunKey other) => Digest != other.Digest ? Digest.CompareTo(other.Digest) : Place.CompareTo(other.Place);

    public static bool operator <(RunKey left, RunKey right) => left.CompareTo(right) < 0;
    public static bool operator >(RunKey left, RunKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(RunKey left, RunKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(RunKey left, RunKey right) => left.CompareTo(right) >= 0;
}
