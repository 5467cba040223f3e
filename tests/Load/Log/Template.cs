using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Type;
using Perennial.Common.V1;

namespace Perennial.Load.Log;

/// <summary>
/// One kind of event as a page of the feed holds it, encoded once. Everything that differs from event to event has a fixed width (numbers
/// are varints of five bytes, ids have leading zeros), so that writing an event is a copy and a few bytes: the log costs next to nothing.
/// </summary>
sealed class Template
{
    /// <summary>Every number that is written here has this many bytes; it holds 35 bits.</summary>
    public const int VarintSize = 5;

    // What stands in the encoded example for what differs; none of them occurs otherwise.
    const int CustomerMark = 98_765_432, OrdinalMark = 357, AmountMark = 100;
    const long PositionMark = 20_123_456_789, SecondMark = 30_987_654_321, MessageMark = 8_642_013_579;
    const int PartitionMark = 7;
    const byte EventsTag = (1 << 3) | 2;

    static readonly long EpochSecond = LogEvent.Epoch.ToUnixTimeSeconds();
    readonly byte[] _bytes;
    readonly int[] _customers, _ordinals, _seconds, _messages, _amounts;
    readonly int _position;

    Template(EventKind kind)
    {
        _bytes = Encode(Example(kind));
        (_customers, _ordinals) = (Find(Digits("c", CustomerMark, 8), 1), Find(Digits($"-{CustomerMark}-", OrdinalMark, 3), 10));
        _customers = [.. _customers, .. _ordinals.Select(at => at - 9)];
        (_seconds, _position) = (Find(Varint(SecondMark), 0), Find(Varint(PositionMark), 0).Single());
        _messages = Find(Digits($"m-{PartitionMark}-", MessageMark, 10), 2);
        _amounts = Find(Amount(AmountMark).ToByteArray(), 6);
    }

    /// <summary>By <see cref="EventKind"/>.</summary>
    public static IReadOnlyList<Template> All { get; } = [.. System.Enum.GetValues<EventKind>().Select(kind => new Template(kind))];

    /// <summary>Bytes of the event in a page.</summary>
    public int Size => _bytes.Length;

    public void Write(Span<byte> target, LogEvent e, int partition, long position)
    {
        _bytes.CopyTo(target);
        WriteVarint(target[_position..], position);
        foreach (var at in _customers) WriteDigits(target[at..], e.Customer, 8);
        foreach (var at in _ordinals) WriteDigits(target[at..], e.Ordinal, 3);
        foreach (var at in _seconds) WriteVarint(target[at..], EpochSecond + e.Second);
        foreach (var at in _amounts) target[at] = (byte)(5 + ((e.Customer + e.Ordinal * 17) % 120));
        foreach (var at in _messages)
        {
            target[at] = (byte)('0' + partition);
            WriteDigits(target[(at + 2)..], position, 10);
        }
    }

    /// <summary>Longer than it need be, which every reader takes, and always as long.</summary>
    public static void WriteVarint(Span<byte> target, long number)
    {
        for (var i = 0; i < VarintSize; i++, number >>= 7) target[i] = (byte)((number & 0x7f) | (i < VarintSize - 1 ? 0x80L : 0));
    }

    static void WriteDigits(Span<byte> target, long number, int count)
    {
        for (var i = count - 1; i >= 0; i--, number /= 10) target[i] = (byte)('0' + number % 10);
    }

    static byte[] Encode(RecordedEvent example)
    {
        var length = example.CalculateSize();
        var bytes = new byte[1 + CodedOutputStream.ComputeLengthSize(length) + length];
        using var stream = new CodedOutputStream(bytes);
        stream.WriteRawTag(EventsTag);
        stream.WriteMessage(example);
        stream.CheckNoSpaceLeft();
        return bytes;
    }

    int[] Find(ReadOnlySpan<byte> mark, int offset)
    {
        var found = new List<int>();
        for (var at = 0; _bytes.AsSpan(at).IndexOf(mark) is >= 0 and var next; at += next + 1) found.Add(at + next + offset);
        return [.. found];
    }

    static byte[] Varint(long number)
    {
        var bytes = new byte[VarintSize];
        WriteVarint(bytes, number);
        return bytes;
    }

    static byte[] Digits(string before, long number, int count) => Encoding.ASCII.GetBytes(before + number.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(count, '0'));

    static RecordedEvent Example(EventKind kind)
    {
        var time = new Timestamp { Seconds = SecondMark };
        var e = Payload(kind);
        (e.MessageId, e.Timestamp) = ($"m-{PartitionMark}-{MessageMark}", time);
        var recorded = new RecordedEvent { Position = PositionMark, Shop = LogSpec.Shop, EventTime = time, ReceiveTime = time, Event = e };
        if (kind == EventKind.ShopConfigured) return recorded;
        (recorded.Customer, recorded.Identified, e.UserId) = (LogSpec.CustomerId(CustomerMark), true, $"c{CustomerMark}");
        return recorded;
    }

    static Event Payload(EventKind kind) => kind switch
    {
        EventKind.ShopConfigured => new() { ShopConfigured = new ShopConfigured { TimeZone = LogSpec.Zone, CurrencyCode = LogSpec.Currency } },
        EventKind.Identified => new() { TraitsChanged = new TraitsChanged { Traits = new Struct { Fields = { ["name"] = Value.ForString("Ada Byron") } } } },
        EventKind.SessionStarted => new() { Custom = new CustomEvent { Name = "Session Started" } },
        EventKind.PageViewed => new() { PageViewed = new PageViewed { Name = "Home", Url = "https://shop.example/collections/winter", Title = "Winter collection" } },
        EventKind.ProductViewed => new() { ProductViewed = new ProductViewed { Product = Product() } },
        EventKind.Searched => new() { ProductsSearched = new ProductsSearched { Query = "grey blanket" } },
        EventKind.AddedToCart => new() { CartChanged = new CartChanged { Change = CartChanged.Types.Change.ProductAdded, Products = { Product() } } },
        EventKind.RemovedFromCart => new() { CartChanged = new CartChanged { Change = CartChanged.Types.Change.ProductRemoved, Products = { Product() } } },
        EventKind.CheckoutStarted => new() { CheckoutProgressed = new CheckoutProgressed { Step = CheckoutProgressed.Types.Step.Started, Products = { Product() } } },
        EventKind.Ordered => new() { OrderCompleted = new OrderCompleted { OrderId = OrderMark, Amounts = new OrderAmounts { Total = Amount(AmountMark) }, Products = { Product(), Product(), Product() } } },
        EventKind.Cancelled => new() { OrderCancelled = new OrderCancelled { OrderId = OrderMark, Reason = "changed their mind" } },
        EventKind.Returned => new() { OrderRefunded = new OrderRefunded { OrderId = OrderMark, Reason = "returned" } },
        EventKind.EmailSent => Letter(MessageEngaged.Types.Interaction.Sent),
        EventKind.EmailDelivered => Letter(MessageEngaged.Types.Interaction.Delivered),
        EventKind.EmailOpened => Letter(MessageEngaged.Types.Interaction.Opened),
        EventKind.EmailClicked => Letter(MessageEngaged.Types.Interaction.Clicked),
        EventKind.EmailUnsubscribed => Letter(MessageEngaged.Types.Interaction.Unsubscribed),
        EventKind.NpsAnswered => new() { SurveyAnswered = new SurveyAnswered { SurveyId = "nps", Score = 9 } },
        EventKind.ConsentChanged => new() { ConsentChanged = new ConsentChanged { Channel = Channel.Email, Purpose = "marketing", Granted = true } },
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    static string OrderMark => LogSpec.OrderId(CustomerMark, OrdinalMark);

    static Event Letter(MessageEngaged.Types.Interaction interaction)
        => new() { MessageEngaged = new MessageEngaged { Channel = Channel.Email, Interaction = interaction, CampaignId = "winter", Subject = "The winter collection is here" } };

    // Below 128, so that other units have as many bytes.
    static Money Amount(int units) => new() { CurrencyCode = LogSpec.Currency, Units = units, Nanos = 950_000_000 };

    static Product Product() => new() { ProductId = "sku-48211", Name = "Wool blanket, grey", Price = new Money { CurrencyCode = LogSpec.Currency, Units = 29, Nanos = 900_000_000 }, Quantity = 1 };
}
