using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

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
/// Orders as events. Message ids follow from the order id, so the same order imported again, from whichever file, records nothing
/// twice. An order of which a row was refused carries an id of its own that sorts before the complete one's: once the row is
/// mended, the complete order replaces it.
/// </summary>
internal sealed class OrderEvents(Currencies currencies)
{
    /// <summary>Ingestion takes 32 KiB per encoded event; this much of it is for the products.</summary>
    internal const int ProductBytesMax = 31 * 1024;

    /// <summary>So few lines fit however long their texts are: 200 characters of up to three bytes for the id.</summary>
    const int LinesThatFit = 40;
    const int MessageIdLengthMax = 100;

    /// <summary>The one or two events that an order is.</summary>
    public IEnumerable<Event> Of(Order order)
    {
        var broken = order.IsComplete ? null : "broken-" + Fingerprint(order);
        if (!order.NamesNoOrder && !order.IsReturn)
        {
            var completed = EventOf(order, broken ?? "completed");
            completed.OrderCompleted = new OrderCompleted { OrderId = order.Id, Amounts = order.Total is { } total ? new OrderAmounts { Total = total.ToMoney(currencies.Of(order)) } : null, Products = { Products(order) } };
            yield return completed;
        }
        if (order.Status == OrderStatus.Cancelled)
        {
            var cancelled = EventOf(order, "cancelled");
            cancelled.OrderCancelled = new OrderCancelled { OrderId = order.Id };
            yield return cancelled;
        }
        if (order.Status == OrderStatus.Refunded)
        {
            var refunded = EventOf(order, order.IsReturn ? "returned" : order.NamesNoOrder && broken is not null ? broken : "refunded");
            refunded.OrderRefunded = Refund(order);
            yield return refunded;
        }
    }

    /// <summary>True where an event cannot hold every product line: the total is right all the same.</summary>
    public bool HasTooManyProducts(Order order)
        => order.Lines.Count > LinesThatFit && order.Lines.Where(line => IsProduct(order, line)).Sum(line => Bytes(Product(order, line, withName: false))) > ProductBytesMax;

    /// <summary><c>import:{order id}:{kind}</c>; of an order id too long for a message id, its hash.</summary>
    internal static string MessageId(string orderId, string kind)
    {
        var id = $"import:{orderId}:{kind}";
        return id.Length <= MessageIdLengthMax ? id : $"import:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(orderId)))}:{kind}";
    }

    static Event EventOf(Order order, string kind)
    {
        var time = order.Time.ToTimestamp();
        // Both times together: it is taken as it stands.
        var e = new Event { MessageId = MessageId(order.Id, kind), Timestamp = time, OriginalTimestamp = time };
        if (order.CustomerId.Length > 0) e.UserId = order.CustomerId;
        else e.AnonymousId = "invoice-" + order.Id;
        return e;
    }

    OrderRefunded Refund(Order order)
    {
        // Without an amount it is the whole order.
        if (!order.NamesNoOrder && !order.IsReturn) return new OrderRefunded { OrderId = order.Id };
        return new OrderRefunded
        {
            OrderId = order.NamesNoOrder ? "" : order.Id,
            Reason = order.NamesNoOrder ? order.Id : "",
            Total = order.Total?.ToMoney(currencies.Of(order)),
            Products = { Products(order) },
        };
    }

    /// <summary>Names are left out where the event could not hold them, then the last products.</summary>
    IEnumerable<Product> Products(Order order)
    {
        var products = order.Lines.Where(line => IsProduct(order, line)).Select(line => Product(order, line, withName: true)).ToList();
        if (products.Sum(Bytes) <= ProductBytesMax) return products;
        foreach (var product in products) product.Name = "";
        var bytes = 0;
        return products.TakeWhile(product => (bytes += Bytes(product)) <= ProductBytesMax);
    }

    // What came back within an order lowers its total; it is no product of it.
    static bool IsProduct(Order order, OrderLine line) => (line.Quantity >= 0 || IsRefund(order)) && (line.ProductId.Length > 0 || line.ProductName.Length > 0);

    static bool IsRefund(Order order) => order.NamesNoOrder || order.IsReturn;

    Product Product(Order order, OrderLine line, bool withName) => new()
    {
        ProductId = line.ProductId,
        Name = withName ? line.ProductName : "",
        Quantity = (double)(IsRefund(order) ? Math.Abs(line.Quantity) : line.Quantity),
        Price = line.UnitPrice?.ToMoney(currencies.Of(order)),
    };

    static int Bytes(Product product) => product.CalculateSize() is var size ? size + CodedOutputStream.ComputeLengthSize(size) + 1 : 0;

    static string Fingerprint(Order order)
    {
        var text = string.Join('\n', order.Lines.Select(line => FormattableString.Invariant($"{line.ProductId}\t{line.Quantity}\t{line.UnitPrice}"))) + FormattableString.Invariant($"\n{order.Total}\n{order.Time:O}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
    }
}
