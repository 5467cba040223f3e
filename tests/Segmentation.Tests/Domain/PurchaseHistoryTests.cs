using Perennial.Segmentation.Domain;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Domain;

public sealed class PurchaseHistoryTests
{
    static (int Orders, string? Last, decimal Value) At(PurchaseHistory history, string instant)
        => history.At(Utc(instant)) is { } p ? (p.OrderCount, p.LastOrder?.Id, p.Value) : throw new InvalidOperationException("Not seen yet.");

    [Fact]
    public void Nobody_is_there_before_their_first_event()
    {
        var history = PurchaseHistory.Of(Utc("2024-01-01"), [Ordered("a", "2024-01-05")], "GBP");
        Assert.Null(history.At(Utc("2023-12-31T23:59:59.999Z")));
        Assert.Equal((0, null, 0), At(history, "2024-01-01"));
        Assert.Equal((0, null, 0), At(history, "2024-01-04T23:59:59.999Z"));
        Assert.Equal((1, "a", 10), At(history, "2024-01-05"));
    }

    [Fact]
    public void A_fact_before_first_seen_moves_it() => Assert.Equal(Utc("2023-12-01"), PurchaseHistory.Of(Utc("2024-01-01"), [Ordered("a", "2023-12-01")], "GBP").FirstSeen);

    [Fact]
    public void Orders_of_one_day_each_count()
        => Assert.Equal((3, "c", 30), At(PurchasesOf(Ordered("a", "2024-01-01T10:00:00Z"), Ordered("b", "2024-01-01T10:00:00Z"), Ordered("c", "2024-01-01T11:00:00Z")), "2024-01-02"));

    [Fact]
    public void Of_two_orders_at_once_the_greater_id_is_the_last()
        => Assert.Equal("b", At(PurchasesOf(Ordered("b", "2024-01-01"), Ordered("a", "2024-01-01")), "2024-01-01").Last);

    [Fact]
    public void An_order_told_twice_is_one_order_at_its_first_time_with_its_last_amount()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10), Ordered("a", "2024-01-03", 12));
        Assert.Equal((1, "a", 10), At(history, "2024-01-02"));
        Assert.Equal((1, "a", 12), At(history, "2024-01-03"));
        Assert.Equal(Utc("2024-01-01"), history.At(Utc("2024-01-04"))!.LastOrder!.Time);
    }

    [Fact]
    public void An_update_changes_the_value_and_adds_no_order()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10), Updated("a", "2024-01-02", 8), Updated("a", "2024-01-03", null));
        Assert.Equal((1, "a", 10), At(history, "2024-01-01"));
        Assert.Equal((1, "a", 8), At(history, "2024-01-02"));
        Assert.Equal((1, "a", 8), At(history, "2024-01-03"));
    }

    [Fact]
    public void An_update_of_an_unknown_order_stands_for_it()
    {
        Assert.Equal((1, "a", 8), At(PurchasesOf(Updated("a", "2024-01-02", 8)), "2024-01-02"));
        var completed = PurchasesOf(Updated("a", "2024-01-02", 8), Ordered("a", "2024-01-05", 9));
        Assert.Equal((1, "a", 9), At(completed, "2024-01-06"));
        Assert.Equal(Utc("2024-01-02"), completed.At(Utc("2024-01-06"))!.LastOrder!.Time);
    }

    [Fact]
    public void A_cancelled_order_counts_until_it_was_cancelled()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01"), Ordered("b", "2024-01-05", 20), Cancelled("b", "2024-01-07"));
        Assert.Equal((2, "b", 30), At(history, "2024-01-06T23:59:59.999Z"));
        Assert.Equal((1, "a", 10), At(history, "2024-01-07"));
    }

    [Fact]
    public void A_cancelled_order_stays_cancelled()
        => Assert.Equal((0, null, 0), At(PurchasesOf(Ordered("a", "2024-01-01"), Cancelled("a", "2024-01-02"), Updated("a", "2024-01-03", 5), Ordered("a", "2024-01-04"), Refunded("a", "2024-01-05", 3)), "2024-01-06"));

    [Fact]
    public void A_cancellation_that_happened_first_keeps_the_order_from_counting()
        => Assert.Equal((0, null, 0), At(PurchasesOf(Cancelled("a", "2024-01-01"), Ordered("a", "2024-01-02")), "2024-01-03"));

    [Fact]
    public void A_part_refunded_lowers_the_value_and_the_order_counts()
        => Assert.Equal((1, "a", 6), At(PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 4)), "2024-01-02"));

    [Fact]
    public void Refunds_that_reach_the_value_take_the_order_away()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 4), Refunded("a", "2024-01-03", 6));
        Assert.Equal((1, "a", 6), At(history, "2024-01-02"));
        Assert.Equal((0, null, 0), At(history, "2024-01-03"));
    }

    [Fact]
    public void Refunds_beyond_the_value_go_below_nothing()
        => Assert.Equal((0, null, -5), At(PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 15)), "2024-01-02"));

    [Fact]
    public void A_refund_without_an_amount_is_of_the_whole_order()
        => Assert.Equal((0, null, 0), At(PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 3), Refunded("a", "2024-01-03")), "2024-01-03"));

    [Fact]
    public void A_refund_of_no_order_lowers_the_value_alone()
        => Assert.Equal((1, "a", 3), At(PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("", "2024-01-02", 7)), "2024-01-02"));

    [Fact]
    public void A_refund_of_an_order_never_seen_lowers_the_value_alone()
        => Assert.Equal((1, "a", 3), At(PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("z", "2024-01-02", 7)), "2024-01-02"));

    [Fact]
    public void A_refund_that_came_before_its_order_is_counted_once()
    {
        var history = PurchasesOf(Refunded("a", "2024-01-01", 4), Ordered("a", "2024-01-02", 10));
        Assert.Equal((0, null, -4), At(history, "2024-01-01"));
        Assert.Equal((1, "a", 6), At(history, "2024-01-02"));
    }

    [Fact]
    public void A_raised_amount_brings_a_refunded_order_back()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10), Refunded("a", "2024-01-02", 10), Updated("a", "2024-01-03", 25));
        Assert.Equal((0, null, 0), At(history, "2024-01-02"));
        Assert.Equal((1, "a", 15), At(history, "2024-01-03"));
    }

    [Fact]
    public void An_order_of_no_value_counts() => Assert.Equal((1, "a", 0), At(PurchasesOf(Ordered("a", "2024-01-01", null)), "2024-01-01"));

    [Fact]
    public void Facts_of_one_instant_take_effect_together()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01"), Cancelled("a", "2024-01-01"), Ordered("b", "2024-01-01"));
        Assert.Equal([new Purchases(Utc("2024-01-01"), 1, new Order(Utc("2024-01-01"), "b"), 10)], history.Points);
    }

    [Fact]
    public void At_one_instant_an_update_is_the_later_word_and_among_updates_the_greater_message()
    {
        var ordered = Ordered("a", "2024-01-01", 10) with { MessageId = "z" };
        var updated = Updated("a", "2024-01-01", 8) with { MessageId = "m" };
        Assert.Equal(8, At(PurchasesOf(ordered, updated), "2024-01-01").Value);
        Assert.Equal(9, At(PurchasesOf(Updated("a", "2024-01-01", 9) with { MessageId = "n" }, ordered, updated), "2024-01-01").Value);
    }

    [Fact]
    public void An_order_in_another_currency_counts_for_no_value()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10, "GBP"), Ordered("b", "2024-01-02", 99, "USD"), Refunded("b", "2024-01-03", 50, "USD"));
        Assert.Equal((2, "b", 10), At(history, "2024-01-02"));
        Assert.Equal((2, "b", 10), At(history, "2024-01-03"));
    }

    [Theory]
    [InlineData(99)]
    [InlineData(null)]
    public void An_order_in_another_currency_can_be_refunded_whole(int? amount)
        => Assert.Equal((0, null, 0), At(PurchasesOf(Ordered("b", "2024-01-02", 99, "USD"), Refunded("b", "2024-01-03", amount, amount is null ? "" : "USD")), "2024-01-03"));

    [Fact]
    public void A_refund_in_another_currency_of_no_order_says_nothing()
        => Assert.Equal((1, "a", 10), At(PurchasesOf(Ordered("a", "2024-01-01"), Refunded("", "2024-01-02", 7, "USD")), "2024-01-02"));

    [Fact]
    public void The_same_message_counts_once()
    {
        var fact = Ordered("a", "2024-01-01");
        Assert.Equal((1, "a", 10), At(PurchasesOf(fact, fact), "2024-01-01"));
        var refund = Refunded("", "2024-01-02", 3);
        Assert.Equal((1, "a", 7), At(PurchasesOf(fact, refund, refund), "2024-01-02"));
    }

    [Fact]
    public void Value_changes_add_up_to_the_value()
    {
        var history = PurchasesOf(Ordered("a", "2024-01-01", 10), Updated("a", "2024-01-02", 8), Refunded("a", "2024-01-03", 3), Ordered("b", "2024-01-04", 0), Cancelled("a", "2024-01-05"));
        Assert.Equal(
            [(Utc("2024-01-01"), 10), (Utc("2024-01-02"), -2), (Utc("2024-01-03"), -3), (Utc("2024-01-05"), -5)],
            history.ValueChanges().Select(v => (v.Time, (int)v.Amount)));
    }
}
