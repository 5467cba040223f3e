using Google.Protobuf;
using Perennial.Common.V1;
using Perennial.Ingestion.Workers;

namespace Perennial.Ingestion.Tests.Workers;

public sealed class RemnantsTests
{
    static readonly DateTimeOffset Start = Some.Instant;

    static IReadOnlyList<Event> Of(params (Event Event, DateTimeOffset Time)[] events) => [.. Remnants.Of(events).Select(r => r.Remnant)];

    static Event Order(string messageId, string orderId) => new()
    {
        MessageId = messageId,
        UserId = "alice",
        Email = "alice@example.org",
        Context = new Context { Ip = "192.0.2.1" },
        OrderCompleted = new OrderCompleted
        {
            OrderId = orderId,
            Coupon = "FOR-ALICE",
            Affiliation = "alice's shop",
            Amounts = new OrderAmounts { Total = Some.Pounds(25), Tax = Some.Pounds(5) },
            Products = { new Product { ProductId = "mug", Name = "Mug for Alice", Price = Some.Pounds(25), Quantity = 1 } },
        },
    };

    [Fact]
    public void An_order_keeps_its_amounts_under_numbers_for_names()
    {
        var remnant = Assert.Single(Of((Order("m-alice", "alice-7"), Start)));
        Assert.Equal(
            new Event
            {
                MessageId = "00000001",
                OrderCompleted = new OrderCompleted
                {
                    OrderId = "00000001",
                    Amounts = new OrderAmounts { Total = Some.Pounds(25), Tax = Some.Pounds(5) },
                    Products = { new Product { Price = Some.Pounds(25), Quantity = 1 } },
                },
            },
            remnant);
        Assert.False(remnant.ToByteString().ToStringUtf8().Contains("alice", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void What_concerns_one_order_goes_on_concerning_it()
    {
        var remnants = Of(
            (Order("c", "z"), Start),
            (Order("b", "a"), Start),
            (new Event { MessageId = "a", OrderUpdated = new OrderUpdated { OrderId = "z", Amounts = new OrderAmounts { Total = Some.Pounds(9) } } }, Start),
            (new Event { MessageId = "d", OrderCancelled = new OrderCancelled { OrderId = "a", Reason = "alice changed her mind" } }, Start),
            (new Event { MessageId = "e", OrderRefunded = new OrderRefunded { OrderId = "z", Reason = "for alice" } }, Start),
            (new Event { MessageId = "f", OrderRefunded = new OrderRefunded { Total = Some.Pounds(1) } }, Start));
        Assert.Equal(
            ["00000002", "00000001", "00000002", "00000001", "00000002", ""],
            remnants.Select(r => r.OrderCompleted?.OrderId ?? r.OrderUpdated?.OrderId ?? r.OrderCancelled?.OrderId ?? r.OrderRefunded.OrderId));
        // In the order of the names that they had: which of two facts of one instant comes first stays as it was.
        Assert.Equal(["00000003", "00000002", "00000001", "00000004", "00000005", "00000006"], remnants.Select(r => r.MessageId));
        Assert.All(remnants, r => Assert.DoesNotContain("alice", r.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Of_everything_else_only_the_first_sight_stays()
    {
        var remnants = Remnants.Of(
        [
            (Some.Page("m1"), Start.AddDays(1)),
            (new Event { MessageId = "m2", TraitsChanged = new TraitsChanged { Traits = new() { Fields = { ["name"] = new() { StringValue = "Alice" } } } } }, Start),
            (Order("m3", "o"), Start.AddDays(2)),
        ]);
        Assert.Equal([1, 2], remnants.Select(r => r.Index));
        Assert.Equal(new PageViewed(), remnants[0].Remnant.PageViewed);
    }

    [Fact]
    public void Nothing_leaves_nothing() => Assert.Empty(Of());
}
