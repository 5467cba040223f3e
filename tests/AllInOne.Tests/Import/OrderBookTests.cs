using Perennial.AllInOne.Import;

namespace Perennial.AllInOne.Tests.Import;

public sealed class OrderBookTests
{
    static readonly DateTimeOffset Noon = new(2011, 1, 2, 12, 0, 0, TimeSpan.Zero);
    readonly OrderBook _book = new(ColumnMap.Of(["order_id", "customer_id", "order_time", "product_id", "quantity", "unit_price", "total", "currency", "status"], []), refundPrefix: "C");

    [Fact]
    public void Groups_the_lines_of_an_order_wherever_they_stand()
    {
        _book.Add(Row(2, "1", quantity: 2, price: 1.50m));
        _book.Add(Row(3, "2", price: 4));
        _book.Add(Row(4, "1", quantity: 1, price: 2, time: Noon.AddMinutes(-1)));
        var orders = _book.Close();
        Assert.Equal(["1", "2"], orders.Select(o => o.Id));
        Assert.Equal(5.00m, orders[0].Total);
        Assert.Equal(Noon.AddMinutes(-1), orders[0].Time);
        Assert.Equal((2, 2, true), (orders[0].Rows, orders[0].Lines.Count, orders[0].IsComplete));
    }

    [Fact]
    public void Takes_what_concerns_the_order_from_the_row_that_says_it()
    {
        _book.Add(Row(2, "1", customer: "alice", price: 10) with { Total = 12, Currency = "USD", Status = OrderStatus.Cancelled });
        _book.Add(Row(3, "1", customer: "", price: 1) with { Time = null });
        var order = Assert.Single(_book.Close());
        Assert.Equal(("alice", 12m, "USD", OrderStatus.Cancelled), (order.CustomerId, order.Total, order.Currency, order.Status));
    }

    [Fact]
    public void Takes_an_id_with_the_refund_prefix_for_a_refund_of_no_named_order()
    {
        _book.Add(Row(2, "C1", quantity: -2, price: 1.50m));
        _book.Add(Row(3, "C1", quantity: -1, price: 4));
        var refund = Assert.Single(_book.Close());
        Assert.Equal((true, OrderStatus.Refunded, 7m), (refund.NamesNoOrder, refund.Status, refund.Total));
    }

    [Fact]
    public void Refuses_rows_that_contradict_their_order()
    {
        _book.Add(Row(2, "1", customer: "alice") with { Total = 1, Currency = "EUR", Status = OrderStatus.Completed });
        _book.Add(Row(3, "1", customer: "bob"));
        _book.Add(Row(4, "1") with { Currency = "USD" });
        _book.Add(Row(5, "1") with { Total = 2 });
        _book.Add(Row(6, "1") with { Status = OrderStatus.Refunded });
        Assert.Equal([
            "line 3, customer_id: 'bob' differs from 'alice' on an earlier row of order '1'",
            "line 4, currency: 'USD' differs from 'EUR' on an earlier row of order '1'",
            "line 5, total: '2' differs from '1' on an earlier row of order '1'; a total is the whole order's (for amounts per line map unit_price and quantity)",
            "line 6, status: 'refunded' differs from 'completed' on an earlier row of order '1'",
        ], _book.Refused.Select(r => r.ToString()));
        Assert.False(Assert.Single(_book.Close()).IsComplete);
    }

    [Fact]
    public void Refuses_an_order_without_time_without_goods_or_below_zero()
    {
        _book.Add(Row(2, "1") with { Time = null });
        _book.Add(Row(3, "2", quantity: -1));
        _book.Add(Row(4, "2", quantity: 0));
        _book.Add(Row(5, "3", price: -5));
        Assert.Empty(_book.Close());
        Assert.Equal([
            "line 2, order_time: is empty on every row of order '1'",
            "line 3, quantity: no row of order '2' has a quantity above 0 (2 rows)",
            "line 5, total: the total of order '3' is -5, below 0",
        ], _book.Refused.Select(r => r.ToString()));
    }

    [Fact]
    public void Remembers_that_an_order_has_several_times()
    {
        _book.Add(Row(2, "1"));
        _book.Add(Row(3, "1", time: Noon.AddMinutes(1)));
        _book.Add(Row(4, "2"));
        _book.Add(Row(5, "2") with { Time = null });
        Assert.Equal([true, false], _book.Close().Select(o => o.HasSeveralTimes));
    }

    [Fact]
    public void Takes_what_came_back_for_a_refund_of_its_order_where_told()
    {
        var book = new OrderBook(ColumnMap.Of(["order_id", "customer_id", "order_time", "total"], []), null, NegativeQuantity.Refund);
        book.Add(Row(2, "1", quantity: 3, price: 4));
        book.Add(Row(3, "1", quantity: -1, price: 4));
        book.Add(Row(4, "2", quantity: -2, price: 5));
        var orders = book.Close();
        Assert.Empty(book.Refused);
        Assert.Equal([("1", false, false, 12m, 1), ("1", false, true, 4m, 1), ("2", true, false, 10m, 1)], orders.Select(o => (o.Id, o.NamesNoOrder, o.IsReturn, o.Total!.Value, o.Rows)));
        Assert.Equal([OrderStatus.Completed, OrderStatus.Refunded, OrderStatus.Refunded], orders.Select(o => o.Status));
    }

    static OrderRow Row(long line, string order, string customer = "alice", decimal quantity = 1, decimal? price = 1, DateTimeOffset? time = null)
        => new(line, order, customer, time ?? Noon, "A", "", quantity, price, null, "", null);
}
