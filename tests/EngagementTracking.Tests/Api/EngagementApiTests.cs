using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Testing;
using static Perennial.Common.V1.MessageEngaged.Types;

namespace Perennial.EngagementTracking.Tests.Api;

/// <summary>The house through its own door, tailing a log.</summary>
public sealed class EngagementApiTests : IAsyncLifetime
{
    readonly FakeFeed _feed = new();
    readonly string _data = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    FakeHouse _ingestion = null!;
    RunningHouse _house = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    EngagementService.EngagementServiceClient Client => new(_house.Invoker);

    public async ValueTask InitializeAsync()
    {
        _ingestion = await FakeHouse.StartAsync(_feed);
        _house = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _ingestion.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    Task<RunningHouse> StartAsync() => RunningHouse.StartAsync(Program.House, Program.Build, _data, $"--Upstream:Ingestion={_ingestion.Address}", "--now=2026-03-10T12:00:00Z");

    [Fact]
    public async Task Get_answers_score_temperature_channels_and_why()
    {
        await RecordAsync(
            Message("user:1", Given.Noon.AddDays(-1), Interaction.Sent),
            Message("user:1", Given.Noon.AddDays(-1), Interaction.Clicked),
            Given.Recorded("user:1", Given.Noon.AddDays(-30), e => e.OrderCompleted = new OrderCompleted { OrderId = "o1" }));

        var answer = await Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:1" }, cancellationToken: Cancellation);

        Assert.Equal(Math.Pow(2, -1.0 / 30) + 1, answer.Score, 12);
        Assert.Equal(Temperature.Warm, answer.Temperature);
        Assert.Equal("score 1.98 of 1.00 needed, half-life 30 days", answer.Reason);
        Assert.Equal(TimeSpan.FromDays(30), answer.HalfLife.ToTimeSpan());
        Assert.Equal(Given.Noon.AddDays(-1), answer.LastTouchTime.ToDateTimeOffset());
        Assert.Equal([Channel.Email, Channel.Onsite], answer.Channels.Select(c => c.Channel));
        Assert.Equal((1, 1, 0), (answer.Channels[0].SentCount, answer.Channels[0].ClickCount, answer.Channels[0].OpenCount));
        Assert.Equal((1, Given.Noon.AddDays(-30)), (answer.Channels[1].ActionCount, answer.Channels[1].LastTouchTime.ToDateTimeOffset()));
        Assert.Equal(3, answer.Position);
        Assert.True(answer.AsOf.ToDateTimeOffset() >= Given.Noon);
    }

    [Fact]
    public async Task Get_answers_as_of_an_instant_in_the_past()
    {
        await RecordAsync(
            Given.Recorded("user:1", Given.Noon.AddDays(-40), e => e.OrderCompleted = new OrderCompleted { OrderId = "o1" }),
            Message("user:1", Given.Noon.AddDays(-20), Interaction.Unsubscribed),
            Given.Recorded("user:1", Given.Noon.AddDays(-1), e => e.OrderCompleted = new OrderCompleted { OrderId = "o2" }));

        var past = await Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:1", AsOf = Given.Noon.AddDays(-30).ToTimestamp() }, cancellationToken: Cancellation);
        Assert.Equal(2 * Math.Pow(2, -10.0 / 30), past.Score, 12);
        Assert.Equal(Given.Noon.AddDays(-40), past.LastTouchTime.ToDateTimeOffset());
        Assert.DoesNotContain(past.Channels, c => c.Unsubscribed);

        var now = await Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:1" }, cancellationToken: Cancellation);
        Assert.True(now.Channels.Single(c => c.Channel == Channel.Email).Unsubscribed);

        var before = await RefusedAsync(() => Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:1", AsOf = Given.Noon.AddDays(-41).ToTimestamp() }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, before.StatusCode);
    }

    [Fact]
    public async Task Consents_tell_channel_purpose_time_and_source_with_their_history()
    {
        await RecordAsync(
            Consent("user:1", Given.Noon.AddDays(-3), "marketing", granted: true),
            Consent("user:1", Given.Noon.AddDays(-2), "statistics", granted: false),
            Message("user:1", Given.Noon.AddDays(-1), Interaction.Unsubscribed),
            Consent("user:2", Given.Noon.AddDays(-1), "marketing", granted: true));

        var now = await Client.GetCustomerConsentsAsync(new() { Shop = "demo", Customer = "user:1" }, cancellationToken: Cancellation);
        Assert.Equal([("marketing", false, "unsubscribe"), ("statistics", false, "checkout")], now.Consents.Select(c => (c.Purpose, c.Granted, c.Source)));
        Assert.Equal(Given.Noon.AddDays(-1), now.Consents[0].ConsentTime.ToDateTimeOffset());
        Assert.Equal([true, false, false], now.History.Select(c => c.Granted));

        var then = await Client.GetCustomerConsentsAsync(new() { Shop = "demo", Customer = "user:1", AsOf = Given.Noon.AddDays(-2.5).ToTimestamp() }, cancellationToken: Cancellation);
        Assert.True(Assert.Single(then.Consents).Granted);

        var nobody = await RefusedAsync(() => Client.GetCustomerConsentsAsync(new() { Shop = "demo", Customer = "user:nobody" }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, nobody.StatusCode);
    }

    static RecordedEvent Consent(string customer, DateTimeOffset time, string purpose, bool granted)
        => Given.Recorded(customer, time, e => e.ConsentChanged = new ConsentChanged { Channel = Channel.Email, Purpose = purpose, Granted = granted, Source = "checkout" });

    [Fact]
    public async Task Get_of_an_unknown_customer_is_not_found_with_its_reason()
    {
        var error = await RefusedAsync(() => Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:nobody" }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        var reason = Errors.Reason(error)!;
        Assert.Equal(("CUSTOMER_NOT_FOUND", "engagement.perennial", "user:nobody"), (reason.Reason, reason.Domain, reason.Metadata["customer"]));
    }

    [Fact]
    public async Task Get_names_everything_that_is_wrong_at_once()
    {
        var error = await RefusedAsync(() => Client.GetCustomerEngagementAsync(new() { Shop = "Demo!", Customer = "1", AsOf = new Timestamp { Seconds = long.MaxValue } }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(["shop", "as_of", "customer"], Refused.Fields(error));
    }

    [Fact]
    public async Task Batch_answers_in_the_order_of_the_request_and_zeros_for_strangers()
    {
        await RecordAsync(Message("user:2", Given.Noon, Interaction.Clicked), Message("user:1", Given.Noon, Interaction.Opened));

        var answer = await Client.BatchGetCustomerEngagementAsync(new() { Shop = "demo", Customers = { "user:1", "user:stranger", "user:2", "user:1" } }, cancellationToken: Cancellation);

        Assert.Equal([("user:1", 0.1), ("user:stranger", 0), ("user:2", 1), ("user:1", 0.1)], answer.Customers.Select(c => (c.Customer, c.Score)));
        Assert.Equal([Temperature.Cold, Temperature.Cold, Temperature.Warm, Temperature.Cold], answer.Customers.Select(c => c.Temperature));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task Batch_takes_one_to_a_thousand_customers(int count)
    {
        var request = new BatchGetCustomerEngagementRequest { Shop = "demo" };
        request.Customers.AddRange(Enumerable.Range(0, count).Select(i => $"user:{i}"));
        Assert.Equal(StatusCode.InvalidArgument, (await RefusedAsync(() => Client.BatchGetCustomerEngagementAsync(request, cancellationToken: Cancellation).ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Batch_names_the_customer_that_is_wrong()
    {
        var error = await RefusedAsync(() => Client.BatchGetCustomerEngagementAsync(new() { Shop = "demo", Customers = { "user:1", "nobody" } }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal("customers[1]", Assert.Single(Refused.Fields(error)));
    }

    [Fact]
    public async Task Counts_each_event_once_when_the_house_starts_again()
    {
        await RecordAsync(Message("user:1", Given.Noon, Interaction.Clicked));
        await _house.DisposeAsync();
        _feed.Append(Message("user:1", Given.Noon, Interaction.Clicked));
        _house = await StartAsync();
        await AppliedAsync(2);

        var answer = await Client.GetCustomerEngagementAsync(new() { Shop = "demo", Customer = "user:1" }, cancellationToken: Cancellation);
        Assert.Equal(2, Assert.Single(answer.Channels).ClickCount);
    }

    [Fact]
    public async Task Is_healthy_once_it_follows_the_log()
        => await Eventually.IsTrueAsync(async () => (await new Health.HealthClient(_house.Invoker).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation)).Status == HealthCheckResponse.Types.ServingStatus.Serving, "the house serves");

    [Theory]
    [InlineData("--Engagement:HalfLifeDays=0", "HalfLifeDays")]
    [InlineData("--Engagement:HalfLifeDays=3651", "HalfLifeDays")]
    [InlineData("--Engagement:WarmScoreMin=0", "WarmScoreMin")]
    [InlineData("--Engagement:OpenWeight=-1", "OpenWeight")]
    public async Task Does_not_start_with_options_out_of_bounds(string setting, string named)
    {
        var refused = await Assert.ThrowsAsync<StartException>(() => RunningHouse.StartAsync(Program.House, Program.Build, Path.Combine(_data, "second"), setting));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    async Task RecordAsync(params RecordedEvent[] events)
    {
        _feed.Append(events);
        await AppliedAsync(events.Length);
    }

    Task AppliedAsync(int events) => Eventually.AppliedAsync(async () => await Client.GetFeedProgressAsync(new GetFeedProgressRequest(), cancellationToken: Cancellation), events);

    static RecordedEvent Message(string customer, DateTimeOffset time, Interaction interaction)
        => Given.Recorded(customer, time, e => e.MessageEngaged = new MessageEngaged { Channel = Channel.Email, Interaction = interaction });

    static Task<RpcException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);
}
