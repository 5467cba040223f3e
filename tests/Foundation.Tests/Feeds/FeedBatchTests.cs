using Perennial.Common.V1;
using Perennial.Foundation.Feeds;

namespace Perennial.Foundation.Tests.Feeds;

public sealed class FeedBatchTests
{
    static RecordedEvent Reset(string customer, string shop = "tea") => new() { Shop = shop, Customer = customer, Event = new Event { CustomerReset = new CustomerReset() } };
    static RecordedEvent Viewed(string customer, string id, string shop = "tea") => new() { Shop = shop, Customer = customer, Event = new Event { MessageId = id, PageViewed = new PageViewed() } };

    static FeedBatch Of(params RecordedEvent[] recorded) => new(0, 0, recorded.Length, recorded);

    [Fact]
    public void Without_a_reset_every_event_counts()
    {
        var batch = Of(Viewed("user:1", "a"), Viewed("user:2", "b"));
        Assert.Empty(batch.Resets);
        Assert.Equal(["a", "b"], batch.Events.Select(e => e.Event.MessageId));
    }

    [Fact]
    public void What_stands_before_a_reset_of_its_customer_is_gone()
    {
        var batch = Of(Viewed("user:1", "a"), Viewed("user:2", "b"), Viewed("user:1", "c", "mugs"), Reset("user:1"), Viewed("user:1", "d"));
        Assert.Equal([("tea", "user:1")], batch.Resets);
        Assert.Equal(["b", "c", "d"], batch.Events.Select(e => e.Event.MessageId));
    }

    [Fact]
    public void The_last_of_several_resets_counts()
    {
        var batch = Of(Reset("user:1"), Viewed("user:1", "a"), Reset("user:1"), Viewed("user:1", "b"));
        Assert.Equal([("tea", "user:1")], batch.Resets);
        Assert.Equal(["b"], batch.Events.Select(e => e.Event.MessageId));
    }
}
