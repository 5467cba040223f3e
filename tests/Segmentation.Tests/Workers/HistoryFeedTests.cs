using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Tests.Workers;

public sealed class HistoryFeedTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static async Task<string> StageAsync(RunningHouse house, string customer, string asOf)
        => (await house.Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = customer, AsOf = Given.Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation)).Stage;

    [Fact]
    public async Task Follows_the_log_as_it_grows()
    {
        await using var house = await RunningHouse.StartAsync();
        house.Log.Announce("tea", "Europe/London", "GBP");
        house.Log.Record("tea", "user:a", "2024-01-05", Said.Visited());
        await house.CatchUpAsync();
        Assert.Equal("prospect", await StageAsync(house, "user:a", "2024-01-11"));
        house.Log.Record("tea", "user:a", "2024-01-10", Said.Ordered("o1", 10));
        await house.CatchUpAsync();
        Assert.Equal("new", await StageAsync(house, "user:a", "2024-01-11"));
    }

    [Fact]
    public async Task Goes_on_where_it_was_after_a_restart()
    {
        await using var house = await RunningHouse.StartAsync();
        house.Log.Announce("tea", "Europe/London", "GBP");
        house.Log.Record("tea", "user:a", "2024-01-10", Said.Ordered("o1", 10));
        await house.CatchUpAsync();
        await house.RestartAsync();
        house.Log.Record("tea", "user:a", "2024-01-20", Said.Ordered("o2", 10));
        await house.CatchUpAsync();
        var customer = await house.Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = "user:a", AsOf = Given.Utc("2024-01-21").ToTimestamp() }, cancellationToken: Cancellation);
        Assert.Equal(("promising", 2, 20), (customer.Stage, customer.Why.OrderCount, customer.Value.Units));
    }

    [Fact]
    public async Task Takes_a_burst_in_few_batches_of_bounded_size()
    {
        await using var house = await RunningHouse.StartAsync("--Feed:BatchSizeMax=100", "--Feed:PageSize=50");
        house.Log.Announce("tea", "Europe/London", "GBP");
        for (var n = 0; n < 1_000; n++) house.Log.Record("tea", $"user:{n % 300}", $"2024-01-{n % 28 + 1:00}T00:00:00Z", Said.Ordered($"o{n}", 1));
        await house.CatchUpAsync();
        var counts = await house.Client.GetStageCountsAsync(new GetStageCountsRequest { Shop = "tea", AsOf = Given.Utc("2024-02-01").ToTimestamp() }, cancellationToken: Cancellation);
        Assert.Equal(300, counts.CustomerCount);
        Assert.Equal(1_000, counts.Stages.Sum(s => s.Value.Units));
    }

    [Fact]
    public async Task Serves_once_it_reached_the_log()
    {
        await using var house = await RunningHouse.StartAsync();
        house.Log.Announce("tea", "Europe/London", "GBP");
        await house.CatchUpAsync();
        var health = await new Health.HealthClient(house.Invoker).CheckAsync(new HealthCheckRequest { Service = "perennial.segmentation.v1.SegmentationService" }, cancellationToken: Cancellation);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }
}
