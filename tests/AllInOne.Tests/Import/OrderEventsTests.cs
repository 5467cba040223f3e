using Perennial.AllInOne.Import;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Order = Perennial.AllInOne.Import.Order;

namespace Perennial.AllInOne.Tests.Import;

public sealed class OrderEventsTests
{
    static readonly DateTimeOffset Noon = new(2011, 1, 2, 12, 0, 0, TimeSpan.Zero);
    static readonly Order Completed = new("1001", "alice", Noon, OrderStatus.Completed, false, 12.50m, "", [new OrderLine("A", "Apple", 2, 6.25m)], 2, 1, true);

    [Fact]
    public void An_order_is_an_order_completed_at_its_time()
    {
        var e = Assert.Single(Of(Completed));
        Assert.Equal(("import:1001:completed", "alice", ""), (e.MessageId, e.UserId, e.AnonymousId));
        Assert.Equal((Noon, Noon), (e.Timestamp.ToDateTimeOffset(), e.OriginalTimestamp.ToDateTimeOffset()));
        Assert.Equal(("1001", 12.50m), (e.OrderCompleted.OrderId, e.OrderCompleted.Amounts.Total.ToDecimal()));
        var product = Assert.Single(e.OrderCompleted.Products);
        Assert.Equal(("A", "Apple", 2d, 6.25m), (product.ProductId, product.Name, product.Quantity, product.Price.ToDecimal()));
    }

    [Fact]
    public void Makes_nobody_into_a_visitor_of_that_order()
        => Assert.Equal(("", "invoice-1001"), Assert.Single(Of(Completed with { CustomerId = "" })) is var e ? (e.UserId, e.AnonymousId) : default);

    [Fact]
    public void Names_no_order_in_a_refund_that_knows_none()
    {
        var e = Assert.Single(Of(Completed with { Id = "C7", Status = OrderStatus.Refunded, NamesNoOrder = true, Lines = [new OrderLine("A", "", -2, 6.25m)] }));
        Assert.Equal(("import:C7:refunded", "", "C7", 12.50m), (e.MessageId, e.OrderRefunded.OrderId, e.OrderRefunded.Reason, e.OrderRefunded.Total.ToDecimal()));
        Assert.Equal(2d, Assert.Single(e.OrderRefunded.Products).Quantity);
    }

    [Fact]
    public void Names_the_order_of_what_came_back()
    {
        var e = Assert.Single(Of(Completed with { Status = OrderStatus.Refunded, IsReturn = true, Lines = [new OrderLine("A", "", -1, 6.25m)] }));
        Assert.Equal(("import:1001:returned", "1001", 12.50m, 1d), (e.MessageId, e.OrderRefunded.OrderId, e.OrderRefunded.Total.ToDecimal(), e.OrderRefunded.Products[0].Quantity));
    }

    [Theory]
    [InlineData(OrderStatus.Cancelled, Event.PayloadOneofCase.OrderCancelled, "import:1001:cancelled")]
    [InlineData(OrderStatus.Refunded, Event.PayloadOneofCase.OrderRefunded, "import:1001:refunded")]
    internal void Follows_an_order_that_was_taken_back_with_the_event_that_says_so(OrderStatus status, Event.PayloadOneofCase payload, string messageId)
    {
        var events = Of(Completed with { Status = status });
        Assert.Equal([Event.PayloadOneofCase.OrderCompleted, payload], events.Select(e => e.PayloadCase));
        Assert.Equal(messageId, events[1].MessageId);
        // Without an amount it is the whole order.
        Assert.Null(events[1].OrderRefunded?.Total);
    }

    [Fact]
    public void Gives_an_incomplete_order_an_id_that_the_complete_one_comes_after()
    {
        var broken = Assert.Single(Of(Completed with { IsComplete = false })).MessageId;
        Assert.StartsWith("import:1001:broken-", broken, StringComparison.Ordinal);
        Assert.True(string.CompareOrdinal(broken, "import:1001:completed") < 0);
    }

    [Fact]
    public void Keeps_message_ids_within_their_limit()
    {
        Assert.Equal("import:1:completed", OrderEvents.MessageId("1", "completed"));
        var (one, other) = (OrderEvents.MessageId(new string('a', 200), "broken-01234567"), OrderEvents.MessageId(new string('a', 199) + "b", "broken-01234567"));
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
        var completed = Assert.Single(Of(Completed with { Currency = order }, usual)).OrderCompleted;
        Assert.Equal((expected, expected), (completed.Amounts.Total.CurrencyCode, completed.Products[0].Price.CurrencyCode));
    }

    [Fact]
    public void Leaves_out_names_first_and_the_last_products_then_where_an_event_would_be_too_large()
    {
        OrderLine[] Lines(int count) => [.. Enumerable.Range(0, count).Select(i => new OrderLine($"P{i}", "a name of some length", 1, 1.99m))];
        int Products(int count, out bool named)
        {
            var e = Assert.Single(Of(Completed with { Lines = Lines(count) }));
            Assert.True(e.CalculateSize() <= 32 * 1024);
            named = e.OrderCompleted.Products[0].Name.Length > 0;
            return e.OrderCompleted.Products.Count;
        }

        Assert.Equal(500, Products(500, out var named));
        Assert.True(named);
        Assert.Equal(1_000, Products(1_000, out named));
        Assert.False(named);
        Assert.InRange(Products(2_000, out _), 1_000, 1_999);
        var events = new OrderEvents(new Currencies("GBP", ""));
        Assert.True(events.HasTooManyProducts(Completed with { Lines = Lines(2_000) }));
        Assert.False(events.HasTooManyProducts(Completed with { Lines = Lines(1_000) }));
    }

    [Fact]
    public void Fits_forty_lines_of_the_longest_texts()
    {
        var order = Completed with { Lines = [.. Enumerable.Range(0, 40).Select(i => new OrderLine(new string('語', 198) + i, new string('n', 5_000), 1, 1.99m))] };
        Assert.Equal(40, Assert.Single(Of(order, "EUR")).OrderCompleted.Products.Count);
    }

    static List<Event> Of(Order order, string usual = "") => [.. new OrderEvents(new Currencies("GBP", usual)).Of(order)];
}
