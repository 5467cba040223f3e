using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Perennial.AllInOne.Import;

/// <summary>What money an order is in.</summary>
/// <param name="Shop">The shop's: not said again in every event.</param>
/// <param name="Default">Of orders that name none.</param>
internal sealed record Currencies(string Shop, string Default)
{
    /// <summary>The currency to be named, or empty for the shop's.</summary>
    public string Of(Order order) => (order.Currency.Length > 0 ? order.Currency : Default) is var currency && currency == Shop ? "" : currency;
}

/// <summary>
/// Writes orders as track calls of the Segment protocol. Message ids follow from the order id, so the same file imported again
/// records nothing twice. An order of which a row was refused carries an id of its own that sorts before the complete one's:
/// once the row is mended, the complete order replaces it.
/// </summary>
internal sealed class TrackWriter : IDisposable
{
    /// <summary>Ingestion takes 32 KiB per encoded event; this much of it is for the products.</summary>
    internal const int ProductBytesMax = 31 * 1024;
    const int MessageIdLengthMax = 100;
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly ArrayBufferWriter<byte> _buffer = new(1024 * 1024);
    readonly Utf8JsonWriter _json;
    readonly Currencies _currencies;
    readonly List<Order> _orders = [];

    public TrackWriter(Currencies currencies)
    {
        _currencies = currencies;
        _json = new Utf8JsonWriter(_buffer, Options);
        _json.WriteStartObject();
        _json.WriteStartArray("batch");
    }

    /// <summary>Bytes written so far.</summary>
    public long Bytes => _json.BytesCommitted + _json.BytesPending;

    /// <summary>The order behind each event, in the order of the events.</summary>
    public IReadOnlyList<Order> Orders => _orders;

    /// <summary>Writes an order as the one or two events it is.</summary>
    public void Add(Order order)
    {
        OrderCount++;
        if (!order.NamesNoOrder) Write(order, order.IsComplete ? "completed" : "broken-" + Fingerprint(order), "Order Completed", withAmounts: true);
        if (order.Status == OrderStatus.Cancelled) Write(order, "cancelled", "Order Cancelled", withAmounts: false);
        if (order.Status == OrderStatus.Refunded) Write(order, order.NamesNoOrder && !order.IsComplete ? "broken-" + Fingerprint(order) : "refunded", "Order Refunded", withAmounts: order.NamesNoOrder);
    }

    /// <summary>Orders added: one may be two events.</summary>
    public int OrderCount { get; private set; }

    /// <summary>Ends the batch and hands its bytes over; nothing can be added afterwards.</summary>
    public ReadOnlyMemory<byte> Close()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    /// <summary><c>import:{order id}:{kind}</c>; of an order id too long for a message id, its hash.</summary>
    internal static string MessageId(string orderId, string kind)
    {
        var id = $"import:{orderId}:{kind}";
        return id.Length <= MessageIdLengthMax ? id : $"import:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(orderId)))}:{kind}";
    }

    void Write(Order order, string kind, string name, bool withAmounts)
    {
        _orders.Add(order);
        _json.WriteStartObject();
        _json.WriteString("type", "track");
        _json.WriteString("event", name);
        _json.WriteString("messageId", MessageId(order.Id, kind));
        if (order.CustomerId.Length > 0) _json.WriteString("userId", order.CustomerId);
        else _json.WriteString("anonymousId", "invoice-" + order.Id);
        // Both together: the time is taken as it stands.
        _json.WriteString("timestamp", order.Time.UtcDateTime);
        _json.WriteString("originalTimestamp", order.Time.UtcDateTime);
        _json.WriteBoolean("backfill", true);
        _json.WriteStartObject("properties");
        if (!order.NamesNoOrder) _json.WriteString("order_id", order.Id);
        else _json.WriteString("reason", order.Id);
        if (withAmounts) WriteAmounts(order);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    void WriteAmounts(Order order)
    {
        if (order.Total is { } total) _json.WriteNumber("total", total);
        if (_currencies.Of(order) is { Length: > 0 } currency) _json.WriteString("currency", currency);
        WriteProducts(order);
    }

    void WriteProducts(Order order)
    {
        var hasCurrency = _currencies.Of(order).Length > 0;
        var withNames = order.Lines.Sum(line => EncodedBytes(line, withName: true, hasCurrency)) <= ProductBytesMax;
        var bytes = 0;
        _json.WriteStartArray("products");
        foreach (var line in order.Lines)
        {
            var quantity = order.NamesNoOrder ? Math.Abs(line.Quantity) : line.Quantity;
            // What came back within an order lowers its total; it is no product of it.
            if (quantity < 0 || (line.ProductId.Length == 0 && line.ProductName.Length == 0)) continue;
            if ((bytes += EncodedBytes(line, withNames, hasCurrency)) > ProductBytesMax) break;
            _json.WriteStartObject();
            if (line.ProductId.Length > 0) _json.WriteString("product_id", line.ProductId);
            if (withNames && line.ProductName.Length > 0) _json.WriteString("name", line.ProductName);
            _json.WriteNumber("quantity", quantity);
            if (line.UnitPrice is { } price) _json.WriteNumber("price", price);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    /// <summary>True where an event cannot hold every product line: the total is right all the same.</summary>
    public static bool HasTooManyProducts(Order order, Currencies currencies) => order.Lines.Sum(line => EncodedBytes(line, withName: false, currencies.Of(order).Length > 0)) > ProductBytesMax;

    // Of perennial.common.v1.Product with tags and lengths: quantity (double), ids, price (currency, units and nanos).
    internal static int EncodedBytes(OrderLine line, bool withName, bool withCurrency)
    {
        const int QuantityBytes = 9;
        const int CurrencyBytes = 5;
        var bytes = QuantityBytes + String(line.ProductId) + (withName ? String(line.ProductName) : 0) + (line.UnitPrice is { } price ? PriceBytes(price) + (withCurrency ? CurrencyBytes : 0) : 0);
        return bytes + (bytes < 128 ? 2 : 3);

        static int String(string text) => text.Length == 0 ? 0 : (text.Length < 43 ? 2 : 3) + Encoding.UTF8.GetByteCount(text);
        static int PriceBytes(decimal price)
        {
            var units = decimal.Truncate(price);
            // A negative varint takes ten bytes; nanos of a fraction five.
            return 2 + (units == 0 ? 0 : units < 0 ? 11 : 1 + VarintBytes((ulong)units)) + (price == units ? 0 : price < 0 ? 11 : 6);
        }

        static int VarintBytes(ulong value)
        {
            var bytes = 1;
            while ((value >>= 7) > 0) bytes++;
            return bytes;
        }
    }

    static string Fingerprint(Order order)
    {
        var text = string.Join('\n', order.Lines.Select(line => FormattableString.Invariant($"{line.ProductId}\t{line.Quantity}\t{line.UnitPrice}"))) + FormattableString.Invariant($"\n{order.Total}\n{order.Time:O}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
    }
}
