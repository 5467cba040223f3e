using System.Text.Json;
using Google.Type;
using Perennial.AllInOne.Import;
using Perennial.Common.V1;
using Order = Perennial.AllInOne.Import.Order;

namespace Perennial.AllInOne.Tests.Import;

public sealed class TrackWriterTests
{
    static readonly Order Completed = new("1001", "alice", new DateTimeOffset(2011, 1, 2, 12, 0, 0, TimeSpan.Zero), OrderStatus.Completed, false, 12.50m, "", [new OrderLine("A", "", 2, 6.25m)], 2, 1, true);

    [Fact]
    public void Writes_an_order_as_the_track_call_of_the_protocol()
    {
        var call = Assert.Single(Write(Completed));
        Assert.Equal(
            """{"type":"track","event":"Order Completed","messageId":"import:1001:completed","userId":"alice","timestamp":"2011-01-02T12:00:00Z","originalTimestamp":"2011-01-02T12:00:00Z","backfill":true,"properties":{"order_id":"1001","total":12.50,"products":[{"product_id":"A","quantity":2,"price":6.25}]}}""",
            call.GetRawText());
    }

    [Fact]
    public void Makes_nobody_into_a_visitor_of_that_order()
        => Assert.Equal("invoice-1001", Assert.Single(Write(Completed with { CustomerId = "" })).GetProperty("anonymousId").GetString());

    [Fact]
    public void Names_no_order_in_a_refund_that_knows_none()
    {
        var call = Assert.Single(Write(Completed with { Id = "C7", Status = OrderStatus.Refunded, NamesNoOrder = true }));
        Assert.Equal(("Order Refunded", "import:C7:refunded"), (call.GetProperty("event").GetString(), call.GetProperty("messageId").GetString()));
        Assert.False(call.GetProperty("properties").TryGetProperty("order_id", out _));
        Assert.Equal(12.50m, call.GetProperty("properties").GetProperty("total").GetDecimal());
    }

    [Theory]
    [InlineData(OrderStatus.Cancelled, "Order Cancelled", "import:1001:cancelled")]
    [InlineData(OrderStatus.Refunded, "Order Refunded", "import:1001:refunded")]
    internal void Follows_an_order_that_was_taken_back_with_the_event_that_says_so(OrderStatus status, string name, string messageId)
    {
        var calls = Write(Completed with { Status = status });
        Assert.Equal(["Order Completed", name], calls.Select(c => c.GetProperty("event").GetString()));
        Assert.Equal(messageId, calls[1].GetProperty("messageId").GetString());
        // Without an amount it is the whole order.
        Assert.Equal("""{"order_id":"1001"}""", calls[1].GetProperty("properties").GetRawText());
    }

    [Fact]
    public void Gives_an_incomplete_order_an_id_that_the_complete_one_comes_after()
    {
        var broken = Assert.Single(Write(Completed with { IsComplete = false })).GetProperty("messageId").GetString();
        Assert.StartsWith("import:1001:broken-", broken, StringComparison.Ordinal);
        Assert.True(string.CompareOrdinal(broken, "import:1001:completed") < 0);
    }

    [Fact]
    public void Keeps_message_ids_within_their_limit()
    {
        Assert.Equal("import:1:completed", TrackWriter.MessageId("1", "completed"));
        var (one, other) = (TrackWriter.MessageId(new string('a', 200), "broken-01234567"), TrackWriter.MessageId(new string('a', 199) + "b", "broken-01234567"));
        Assert.True(one.Length <= 100);
        Assert.NotEqual(one, other);
    }

    [Theory]
    [InlineData("GBP", "", "")]
    [InlineData("EUR", "", "EUR")]
    [InlineData("", "USD", "USD")]
    [InlineData("", "GBP", "")]
    public void Names_a_currency_only_where_it_is_not_the_shops(string order, string usual, string expected)
    {
        var properties = Assert.Single(Write(Completed with { Currency = order }, usual)).GetProperty("properties");
        Assert.Equal(expected, properties.TryGetProperty("currency", out var currency) ? currency.GetString() : "");
    }

    [Fact]
    public void Knows_how_large_a_product_is_once_encoded()
    {
        foreach (var (id, name, price) in new[] { ("85123A", "", 2.55m), ("A", new string('n', 200), 0m), (new string('x', 200), "é", 1234567.891m), ("", "n", -0.5m) })
        {
            var units = decimal.Truncate(price);
            var product = new Product { ProductId = id, Name = name, Quantity = 3, Price = new Money { CurrencyCode = "EUR", Units = (long)units, Nanos = (int)((price - units) * 1_000_000_000m) } };
            var encoded = new OrderCompleted { Products = { product } }.CalculateSize();
            Assert.InRange(TrackWriter.EncodedBytes(new OrderLine(id, name, 3, price), withName: true, withCurrency: true), encoded, encoded + 3);
        }
    }

    [Fact]
    public void Leaves_out_names_first_and_the_last_products_then_where_an_event_would_be_too_large()
    {
        OrderLine[] Lines(int count) => [.. Enumerable.Range(0, count).Select(i => new OrderLine($"P{i}", "a name of some length", 1, 1.99m))];
        int Products(int count, out bool named)
        {
            var products = Assert.Single(Write(Completed with { Lines = Lines(count) })).GetProperty("properties").GetProperty("products");
            named = products[0].TryGetProperty("name", out _);
            return products.GetArrayLength();
        }

        Assert.Equal(500, Products(500, out var named));
        Assert.True(named);
        Assert.Equal(1_000, Products(1_000, out named));
        Assert.False(named);
        Assert.InRange(Products(2_000, out _), 1_000, 1_999);
        Assert.True(TrackWriter.HasTooManyProducts(Completed with { Lines = Lines(2_000) }, new Currencies("GBP", "")));
    }

    static List<JsonElement> Write(Order order, string usual = "")
    {
        using var writer = new TrackWriter(new Currencies("GBP", usual));
        writer.Add(order);
        using var document = JsonDocument.Parse(writer.Close());
        return [.. document.RootElement.GetProperty("batch").EnumerateArray().Select(e => e.Clone())];
    }
}
