using Perennial.Ingestion.Api;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Tests.Api;

public sealed class RefusalReasonsTests
{
    [Theory]
    [InlineData("user_id", "is a placeholder", "NO_IDENTITY")]
    [InlineData("anonymous_id", "must have at most 200 characters", "NO_IDENTITY")]
    [InlineData("external_ids[0].type", "is required", "NO_IDENTITY")]
    [InlineData("customer_aliased.previous_id", "is a placeholder", "NO_IDENTITY")]
    [InlineData("message_id", "is required", "BAD_MESSAGE_ID")]
    [InlineData("sent_at", "must lie in the years 1970 to 9999", "BAD_TIMESTAMP")]
    [InlineData("order_completed.order_id", "is required, 1 to 200 characters", "MISSING_FIELD")]
    [InlineData("order_refunded.order_id", "order_id or total is required", "MISSING_FIELD")]
    [InlineData("order_completed.products[3].quantity", "must be from 0", "OUT_OF_RANGE")]
    [InlineData("", "the event has 40000 bytes", "TOO_LARGE")]
    public void Names_the_kind_of_a_fault(string field, string description, string reason)
        => Assert.Equal(reason, RefusalReasons.Of([new FieldViolation { Field = field, Description = description }]));

    [Fact]
    public void The_first_fault_counts_unless_the_event_is_too_large()
    {
        FieldViolation[] two = [new() { Field = "timestamp" }, new() { Field = "user_id" }];
        Assert.Equal("BAD_TIMESTAMP", RefusalReasons.Of(two));
        Assert.Equal("TOO_LARGE", RefusalReasons.Of([.. two, new FieldViolation { Description = "the event has 40000 bytes" }]));
    }
}
