using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage.Keys;

/// <summary>
/// A digest with the place of its event. Two messages may share a digest (one pair in billions, or by a sender's malice): the
/// event row at the place tells them apart, so the digest decides where to look and never what is true.
/// </summary>
/// <param name="Place">Partition and position in one number, never 0.</param>
internal readonly record struct MessageKey(ulong Digest, long Place) : IComparable<MessageKey>
{
    public const int Bytes = 16;

    // 64 partitions and more than any log has positions.
    const int PositionBits = 56;

    /// <summary>The head of a SHA-256: an even spread whatever the ids are, and no sender can heap keys on one digest.</summary>
    public static ulong DigestOf(string shop, string messageId)
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

    public static long PlaceOf(int partition, long position) => ((long)partition << PositionBits) | position;

    public int Partition => (int)(Place >> PositionBits);

    public long Position => Place & ((1L << PositionBits) - 1);

    public static MessageKey Read(ReadOnlySpan<byte> bytes)
        => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Digest);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Place);
    }

    public int CompareTo(MessageKey other) => Digest != other.Digest ? Digest.CompareTo(other.Digest) : Place.CompareTo(other.Place);

    public static bool operator <(MessageKey left, MessageKey right) => left.CompareTo(right) < 0;
    public static bool operator >(MessageKey left, MessageKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(MessageKey left, MessageKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(MessageKey left, MessageKey right) => left.CompareTo(right) >= 0;
}
