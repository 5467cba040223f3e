using System.Buffers;
using System.Text;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Audiences;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// A customer's record as one value of a column: some 40 bytes an order. Six parts, each with its length, so that a reader passes over what it does not need: seen,
/// left, facts, activities, opinions, traits. A trait that was said before is told by its place among those of the part. Times are differences in milliseconds to the entry before, known times to the entry's own; whole numbers
/// are LEB128, with the sign in the lowest bit where there may be one; ids that are UUIDs take 16 bytes.
/// </summary>
internal static class RecordCodec
{
    // The first knew no touches of activities, the second no traits; both are read as they are.
    const byte Version = 3, VersionMin = 1, VersionOfTraits = 3;
    const decimal Scale = 10_000m;

    // Beside the kind in the first byte of an entry.
    const int HasAmount = 4, HasCurrency = 8, HasUuid = 16;

    // Of an activity: its touch follows as the kind in the lower three bits and the channel above.
    const int HasTouch = 4, TouchKindBits = 3;

    // Every record that changes is written: each thread keeps its room for that.
    [ThreadStatic]
    static (ArrayBufferWriter<byte> All, ArrayBufferWriter<byte> Part)? _room;

    public static byte[] Write(CustomerRecord record)
    {
        var (all, part) = _room ??= (new ArrayBufferWriter<byte>(256), new ArrayBufferWriter<byte>(256));
        all.ResetWrittenCount();
        all.Write([Version]);
        Part(record.Seen, static t => t, static (_, _) => { });
        Part(record.Left, static t => t, static (_, _) => { });
        Part(record.Facts, static f => f.Time, Write);
        Part(record.Activities, static a => a.Time, Write);
        Part(record.Opinions, static o => o.Time, Write);
        var traits = record.Traits.Count == 0 ? null : new Dictionary<Trait, ulong>();
        Part(record.Traits, static t => t.Time, (to, said) => Write(to, said, traits!));
        return all.WrittenSpan.ToArray();

        void Part<T>(IReadOnlyList<Known<T>> entries, Func<T, DateTimeOffset> timeOf, Action<ArrayBufferWriter<byte>, T> write)
        {
            part.ResetWrittenCount();
            var last = 0L;
            for (var i = 0; i < entries.Count; i++)
            {
                var (entry, time) = (entries[i], timeOf(entries[i].What).ToUnixTimeMilliseconds());
                Signed(part, time - last);
                last = time;
                var from = entry.From.ToUnixTimeMilliseconds();
                Signed(part, from - time);
                Unsigned(part, entry.IsToday ? 0 : (ulong)(1 + entry.To.ToUnixTimeMilliseconds() - from));
                write(part, entry.What);
            }
            Unsigned(all, (ulong)part.WrittenCount);
            all.Write(part.WrittenSpan);
        }
    }

    static void Write(ArrayBufferWriter<byte> to, Fact fact)
    {
        Span<byte> uuid = stackalloc byte[16];
        var isUuid = TryUuid(fact.MessageId, uuid);
        to.Write([(byte)((int)fact.Kind - 1 | (fact.Amount is null ? 0 : HasAmount) | (fact.Currency.Length == 0 ? 0 : HasCurrency) | (isUuid ? HasUuid : 0))]);
        Message(to, fact.MessageId, isUuid, uuid);
        Text(to, fact.OrderId);
        if (fact.Amount is { } amount) Signed(to, (long)(amount * Scale));
        if (fact.Currency.Length > 0) Text(to, fact.Currency);
    }

    static void Write(ArrayBufferWriter<byte> to, Activity activity)
    {
        Span<byte> uuid = stackalloc byte[16];
        var isUuid = TryUuid(activity.MessageId, uuid);
        to.Write([(byte)((int)activity.Kind | (activity.Touch == default ? 0 : HasTouch) | (isUuid ? HasUuid : 0))]);
        if (activity.Touch != default) to.Write([(byte)((int)activity.Touch.Kind | (int)activity.Touch.Channel << TouchKindBits)]);
        Message(to, activity.MessageId, isUuid, uuid);
    }

    static void Write(ArrayBufferWriter<byte> to, Opinion opinion)
    {
        Span<byte> uuid = stackalloc byte[16];
        var isUuid = TryUuid(opinion.MessageId, uuid);
        to.Write([(byte)((int)opinion.Kind - 1 | (opinion.Score is null ? 0 : HasAmount) | (isUuid ? HasUuid : 0))]);
        Message(to, opinion.MessageId, isUuid, uuid);
        if (opinion.Score is { } score) Signed(to, (long)(score * Scale));
    }

    static void Write(ArrayBufferWriter<byte> to, Identification said, Dictionary<Trait, ulong> known)
    {
        Span<byte> uuid = stackalloc byte[16];
        var isUuid = TryUuid(said.MessageId, uuid);
        to.Write([(byte)(isUuid ? HasUuid : 0)]);
        Message(to, said.MessageId, isUuid, uuid);
        Unsigned(to, (ulong)said.Traits.Count);
        for (var i = 0; i < said.Traits.Count; i++)
        {
            var trait = said.Traits[i];
            if (known.TryGetValue(trait, out var place))
            {
                Unsigned(to, place);
                continue;
            }
            known.Add(trait, (ulong)known.Count + 1);
            Unsigned(to, 0);
            Text(to, trait.Name);
            WriteValue(to, trait);
        }
    }

    // Of a value: which there is follows from the first byte, and of a flag all of it.
    const byte NoValue = 0, TextValue = 1, NumberValue = 2, FalseValue = 3, TrueValue = 4;

    static void WriteValue(ArrayBufferWriter<byte> to, Trait trait)
    {
        var value = trait.Value;
        to.Write([value.Kind switch { FieldKind.Text => TextValue, FieldKind.Number => NumberValue, FieldKind.Flag => value.AsFlag ? TrueValue : FalseValue, _ => NoValue }]);
        if (value.Kind == FieldKind.Text) Text(to, value.AsText!);
        else if (value.Kind == FieldKind.Number) Signed(to, trait.Steps);
    }

    /// <param name="sources">What is not among them is passed over and left empty.</param>
    public static CustomerRecord Read(ReadOnlySpan<byte> bytes, Sources sources = Sources.All)
    {
        if (bytes[0] is < VersionMin or > Version) throw new InvalidDataException($"A customer's record has format {bytes[0]}, and this version of the house reads {VersionMin} to {Version}.");
        var reader = new Reader(bytes[1..]);
        return new CustomerRecord
        {
            Seen = Part(ref reader, true, static (ref Reader _, DateTimeOffset time) => time),
            Left = Part(ref reader, true, static (ref Reader _, DateTimeOffset time) => time),
            Facts = Part(ref reader, sources.HasFlag(Sources.Purchases), ReadFact),
            Activities = Part(ref reader, sources.HasFlag(Sources.Activities), ReadActivity),
            Opinions = Part(ref reader, sources.HasFlag(Sources.Opinions), ReadOpinion),
            Traits = bytes[0] >= VersionOfTraits && sources.HasFlag(Sources.Traits) ? Traits(ref reader) : [],
        };
    }

    // About what one takes: a list is seldom grown, and never much too long.
    const int EntrySize = 40;

    delegate T ReadEntry<T>(ref Reader reader, DateTimeOffset time);

    static List<Known<T>> Part<T>(ref Reader reader, bool isWanted, ReadEntry<T> read)
    {
        var part = new Reader(reader.Take((int)reader.Unsigned()));
        if (!isWanted || part.IsAtEnd) return [];
        var entries = new List<Known<T>>(1 + part.Length / EntrySize);
        for (var last = 0L; !part.IsAtEnd;)
        {
            last += part.Signed();
            var from = last + part.Signed();
            var to = (long)part.Unsigned();
            entries.Add(new Known<T>(read(ref part, Instant(last)), Instant(from), to == 0 ? Calendar.Forever : Instant(from + to - 1)));
        }
        return entries;
    }

    static Fact ReadFact(ref Reader reader, DateTimeOffset time)
    {
        var head = reader.Byte();
        return new Fact(
            (FactKind)((head & 3) + 1),
            time,
            reader.Message((head & HasUuid) != 0),
            reader.Text(),
            (head & HasAmount) != 0 ? reader.Signed() / Scale : null,
            (head & HasCurrency) != 0 ? reader.Text() : "");
    }

    static Activity ReadActivity(ref Reader reader, DateTimeOffset time)
    {
        var head = reader.Byte();
        var touch = (head & HasTouch) != 0 ? reader.Byte() : 0;
        return new Activity((ActivityKind)(head & 3), time, reader.Message((head & HasUuid) != 0), new Touch((TouchKind)(touch & (1 << TouchKindBits) - 1), (Channel)(touch >> TouchKindBits)));
    }

    static Opinion ReadOpinion(ref Reader reader, DateTimeOffset time)
    {
        var head = reader.Byte();
        return new Opinion((OpinionKind)((head & 3) + 1), time, reader.Message((head & HasUuid) != 0), (head & HasAmount) != 0 ? reader.Signed() / Scale : null);
    }

    // The last part: it need not be passed over.
    static List<Known<Identification>> Traits(ref Reader reader)
    {
        var known = new List<Trait>();
        return Part(ref reader, true, (ref Reader part, DateTimeOffset time) => ReadIdentification(ref part, time, known));
    }

    static Identification ReadIdentification(ref Reader reader, DateTimeOffset time, List<Trait> known)
    {
        var message = reader.Message((reader.Byte() & HasUuid) != 0);
        var traits = new Trait[(int)reader.Unsigned()];
        for (var i = 0; i < traits.Length; i++)
        {
            if ((int)reader.Unsigned() is > 0 and var place)
            {
                traits[i] = known[place - 1];
                continue;
            }
            traits[i] = new Trait(reader.Text(), ReadValue(ref reader));
            known.Add(traits[i]);
        }
        return new Identification(time, message, traits);
    }

    static FieldValue ReadValue(ref Reader reader) => reader.Byte() switch
    {
        TextValue => FieldValue.Of(reader.Text()),
        NumberValue => FieldValue.Of((decimal?)reader.Signed() / Trait.StepsPerUnit),
        FalseValue => FieldValue.Of((bool?)false),
        TrueValue => FieldValue.Of((bool?)true),
        _ => default,
    };

    static DateTimeOffset Instant(long millis) => DateTimeOffset.FromUnixTimeMilliseconds(millis);

    /// <summary>Whether an id is the usual text of a UUID, so that it can be told from its 16 bytes. The parser also takes signs and prefixes.</summary>
    static bool TryUuid(string id, Span<byte> bytes)
    {
        if (id.Length != 36 || !Guid.TryParseExact(id, "D", out var uuid)) return false;
        foreach (var c in id)
            if (c != '-' && !char.IsAsciiHexDigitLower(c)) return false;
        return uuid.TryWriteBytes(bytes);
    }

    static void Message(ArrayBufferWriter<byte> to, string id, bool isUuid, ReadOnlySpan<byte> uuid)
    {
        if (isUuid) to.Write(uuid);
        else Text(to, id);
    }

    static void Text(ArrayBufferWriter<byte> to, string text)
    {
        Unsigned(to, (ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, to);
    }

    static void Signed(ArrayBufferWriter<byte> to, long value) => Unsigned(to, unchecked((ulong)((value << 1) ^ (value >> 63))));

    static void Unsigned(ArrayBufferWriter<byte> to, ulong value)
    {
        var span = to.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)((value & 0x7F) | 0x80);
        span[length++] = (byte)value;
        to.Advance(length);
    }

    ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public readonly int Length => _rest.Length;

        public ReadOnlySpan<byte> Take(int length)
        {
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        public byte Byte() => Take(1)[0];

        public ulong Unsigned()
        {
            var (value, i) = (0UL, 0);
            for (; _rest[i] >= 0x80; i++) value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            value |= (ulong)_rest[i] << (7 * i);
            _rest = _rest[(i + 1)..];
            return value;
        }

        public long Signed()
        {
            var value = Unsigned();
            return (long)(value >> 1) ^ -(long)(value & 1);
        }

        public string Text() => Encoding.UTF8.GetString(Take((int)Unsigned()));

        public string Message(bool isUuid) => isUuid ? new Guid(Take(16)).ToString("D") : Text();
    }
}
