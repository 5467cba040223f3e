using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Perennial.CampaignRecommendation.Storage.Playbooks;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Foundation.Hosting;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.CampaignRecommendation.Tests.Api;

/// <summary>The house through its own door, tailing a log and asking two houses that the test plays.</summary>
public sealed class CampaignApiTests : IAsyncLifetime
{
    const int Partitions = 2;

    readonly FakeFeed _feed = new(Partitions);
    readonly FakeSegmentation _lifecycles = new();
    readonly FakeEngagement _engagements = new();
    readonly string _data = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    FakeHouse _ingestion = null!;
    FakeHouse _segmentation = null!;
    FakeHouse _engagement = null!;
    RunningHouse _house = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    CampaignService.CampaignServiceClient Client => new(_house.Invoker);

    public async ValueTask InitializeAsync()
    {
        _ingestion = await FakeHouse.StartAsync(_feed);
        _segmentation = await FakeHouse.StartAsync(_lifecycles);
        _engagement = await FakeHouse.StartAsync(_engagements);
        _feed.AppendEverywhere(Given.ShopConfigured());
        _house = await StartAsync();
        await AppliedAsync(Partitions);
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        await _ingestion.DisposeAsync();
        await _segmentation.DisposeAsync();
        await _engagement.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    Task<RunningHouse> StartAsync() => RunningHouse.StartAsync(Program.House, Program.Build, _data,
        $"--Upstream:Ingestion={_ingestion.Address}", $"--Upstream:Segmentation={_segmentation.Address}", $"--Upstream:Engagement={_engagement.Address}",
        "--now=2026-03-10T12:00:00Z", "--Campaigns:PageSize=2");

    [Fact]
    public async Task Recommend_answers_action_channel_cost_reason_and_all_it_was_decided_on()
    {
        _lifecycles.Add("user:1", "loyal", 5, 70, ("at_risk", 21));
        _engagements.Warm.Add("user:1");

        var action = await RecommendAsync("user:1");

        Assert.Equal(("demo", "user:1"), (action.Shop, action.Customer));
        Assert.Equal(("loyal-rewards-before-at-risk", "S10", Channel.Parcel), (action.Play, action.Strategy, action.Channel));
        Assert.StartsWith("Remind of the rewards", action.Action, StringComparison.Ordinal);
        Assert.Equal(("GBP", 3, 200_000_000), (action.Cost.CurrencyCode, action.Cost.Units, action.Cost.Nanos));
        Assert.Equal("5 orders, the last 70 days ago: becomes at risk on 2026-03-31 without an order.", action.Reason);
        Assert.Equal(["loyal-upsell", "loyal-stay-in-mind"], action.Alternatives.Select(a => a.Play));
        Assert.Equal(1, action.Propensity);
        Assert.Equal(Given.Today, DateOnly.FromDateTime(action.AsOf.ToDateTime()));

        var on = action.DecidedOn;
        Assert.Equal(("clc", "loyal", 5, 70), (on.Model, on.Stage, on.OrderCount, on.DaysSinceLastOrder));
        Assert.Equal(("GBP", 400, 500_000_000), (on.Value.CurrencyCode, on.Value.Units, on.Value.Nanos));
        Assert.Equal((1.5, true, 1), (on.EngagementScore, on.Warm, on.PlaybookRevision));
        Assert.Equal(("at_risk", Given.Noon.AddDays(-40)), (on.NextStage, on.StageSinceTime.ToDateTimeOffset()));
        Assert.Equal((false, "no e-mail address known"), on.Channels.Single(c => c.Channel == Channel.Email) is var email ? (email.Reachable, email.Reason) : default);
    }

    [Fact]
    public async Task Recommend_uses_what_the_log_says_about_reaching_the_customer()
    {
        _lifecycles.Add("user:1", "drifting", 2, 65);
        Assert.Equal(Channel.Onsite, (await RecommendAsync("user:1")).Channel);

        await RecordAsync(1, Given.Recorded("user:1", Given.Noon.AddDays(-9), e => e.TraitsChanged = new TraitsChanged { Traits = new Struct { Fields = { ["email"] = Value.ForString("ada@example.org") } } }));
        Assert.Equal(Channel.Email, (await RecommendAsync("user:1")).Channel);

        await RecordAsync(2, Given.Recorded("user:1", Given.Noon.AddDays(-8), e => e.MessageEngaged = new MessageEngaged { Channel = Channel.Email, Interaction = MessageEngaged.Types.Interaction.Unsubscribed }));
        var action = await RecommendAsync("user:1");
        Assert.Equal(Channel.Onsite, action.Channel);
        Assert.Equal("unsubscribed on 2026-03-02", action.DecidedOn.Channels.Single(c => c.Channel == Channel.Email).Reason);
    }

    [Fact]
    public async Task Recommend_asks_both_houses_for_the_same_instant()
    {
        _lifecycles.Add("user:1", "new", 1, 3);
        var asOf = Given.Noon.AddDays(-7).ToTimestamp();

        var action = await Client.RecommendNextActionAsync(new() { Shop = "demo", Customer = "user:1", AsOf = asOf }, cancellationToken: Cancellation);

        Assert.Equal(asOf, action.AsOf);
        Assert.Equal(asOf, Assert.Single(_lifecycles.Asked).AsOf);
        Assert.Equal(asOf, Assert.Single(_engagements.Asked).AsOf);
    }

    [Fact]
    public async Task Recommend_for_an_unknown_customer_is_not_found_in_this_services_name()
    {
        var error = await RefusedAsync(() => RecommendAsync("user:nobody"));
        var reason = Errors.Reason(error)!;
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND", "campaigns.perennial", "user:nobody"), (error.StatusCode, reason.Reason, reason.Domain, reason.Metadata["customer"]));
    }

    [Fact]
    public async Task Recommend_passes_another_houses_reason_on()
    {
        _lifecycles.Refusal = Errors.Of(CommonErrorReason.ShopNotFound, "Shop 'demo' does not exist.", ("shop", "demo"));
        var error = await RefusedAsync(() => RecommendAsync("user:1"));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND", "Shop 'demo' does not exist."), (error.StatusCode, Errors.Reason(error)!.Reason, error.Status.Detail));
    }

    [Fact]
    public async Task Recommend_is_unavailable_while_another_house_is_away()
    {
        _lifecycles.Add("user:1", "new", 1, 3);
        await _engagement.DisposeAsync();
        var error = await RefusedAsync(() => RecommendAsync("user:1"));
        Assert.Equal((StatusCode.Unavailable, "UNAVAILABLE", "engagement"), (error.StatusCode, Errors.Reason(error)!.Reason, Errors.Reason(error)!.Metadata["service"]));
    }

    [Fact]
    public async Task Recommend_tells_a_fault_between_houses_as_its_own()
    {
        _lifecycles.Add("user:1", "new", 1, 3);
        _engagements.Refusal = Errors.Of(CommonErrorReason.Unauthenticated, "The service token is wrong.");
        Assert.Equal(StatusCode.Internal, (await RefusedAsync(() => RecommendAsync("user:1"))).StatusCode);
    }

    [Fact]
    public async Task Recommend_is_unavailable_while_the_log_has_not_told_of_the_shop()
    {
        _lifecycles.Add("user:1", "new", 1, 3);
        var error = await RefusedAsync(() => Client.RecommendNextActionAsync(new() { Shop = "other", Customer = "user:1" }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Recommend_names_everything_that_is_wrong_at_once()
    {
        var error = await RefusedAsync(() => Client.RecommendNextActionAsync(new() { Shop = "", Customer = "1", AsOf = new Timestamp { Nanos = -1 } }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(["shop", "as_of", "customer"], Refused.Fields(error));
    }

    [Fact]
    public async Task Stream_answers_everybody_in_order_at_one_instant_page_by_page()
    {
        foreach (var i in Enumerable.Range(1, 5)) _lifecycles.Add($"user:{i}", i % 2 == 0 ? "sleeper" : "prospect", i % 2 == 0 ? 1 : 0, i % 2 == 0 ? 300 : null);

        var actions = await StreamAsync(new() { Shop = "demo" });

        Assert.Equal(["user:1", "user:2", "user:3", "user:4", "user:5"], actions.Select(a => a.Customer));
        Assert.Equal(["prospect-acquire", "sleeper-reactivate"], actions.Take(2).Select(a => a.Play));
        Assert.Single(actions.Select(a => a.AsOf).Distinct());
        Assert.Equal(3, _lifecycles.Listed.Count);
        Assert.Equal([actions[0].AsOf], _lifecycles.Listed.Select(l => l.AsOf).Concat(_engagements.Asked.Select(a => a.AsOf)).Distinct());
    }

    [Fact]
    public async Task Stream_takes_one_stage_and_asks_for_anonymous_visitors_only_when_told()
    {
        _lifecycles.Add("user:1", "loyal", 5, 50);
        _lifecycles.Add("user:2", "sleeper", 1, 300);

        Assert.Equal(["user:2"], (await StreamAsync(new() { Shop = "demo", Stage = "sleeper" })).Select(a => a.Customer));
        Assert.False(_lifecycles.Listed[0].IncludeAnonymous);
        await StreamAsync(new() { Shop = "demo", IncludeAnonymous = true });
        Assert.True(_lifecycles.Listed[^1].IncludeAnonymous);
    }

    [Fact]
    public async Task Stream_of_a_stage_that_does_not_exist_passes_the_reason_on()
    {
        _lifecycles.Refusal = Errors.Of(SegmentationErrorReason.StageNotFound, "No stage 'vip'.");
        var error = await RefusedAsync(() => StreamAsync(new() { Shop = "demo", Stage = "vip" }));
        Assert.Equal("STAGE_NOT_FOUND", Errors.Reason(error)!.Reason);
    }

    [Fact]
    public async Task Stream_stops_asking_when_the_caller_leaves()
    {
        foreach (var i in Enumerable.Range(0, 100_000)) _lifecycles.Add($"user:{i:D6}", "prospect", 0, null);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var call = Client.StreamNextActions(new() { Shop = "demo" }, cancellationToken: leaving.Token);
        Assert.True(await call.ResponseStream.MoveNext(leaving.Token));

        await leaving.CancelAsync();

        var before = -1;
        await Eventually.IsTrueAsync(async () =>
        {
            var now = Pages();
            var still = now == before;
            before = now;
            await Task.Delay(50, Cancellation);
            return still;
        }, "no more pages are asked for");
        Assert.True(before < 50_000, $"{before} pages");

        int Pages()
        {
            lock (_lifecycles.Listed) return _lifecycles.Listed.Count;
        }
    }

    [Fact]
    public async Task Playbook_answers_its_plays_in_order_in_the_shops_currency()
    {
        var playbook = await Client.GetPlaybookAsync(new() { Shop = "demo" }, cancellationToken: Cancellation);

        Assert.Equal(("demo", 1), (playbook.Shop, playbook.Revision));
        Assert.Equal(Given.DefaultPlaybook.Plays.Select(p => p.Id), playbook.Plays.Select(p => p.Play_));
        Assert.All(playbook.Plays.SelectMany(p => p.Channels), c => Assert.Equal("GBP", c.Cost.CurrencyCode));
        Assert.Equal(3, playbook.Plays[0].Conditions.BirthdayWithinDays);
        Assert.False(playbook.Plays[0].Conditions.HasWarm);
    }

    [Fact]
    public async Task Playbook_of_an_unknown_shop_is_not_found()
    {
        var error = await RefusedAsync(() => Client.GetPlaybookAsync(new() { Shop = "other" }, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), (error.StatusCode, Errors.Reason(error)!.Reason));
    }

    [Fact]
    public async Task Playbook_keeps_its_revision_when_the_house_starts_again()
    {
        await _house.DisposeAsync();
        _house = await StartAsync();
        Assert.Equal(1, (await Client.GetPlaybookAsync(new() { Shop = "demo" }, cancellationToken: Cancellation)).Revision);
    }

    [Fact]
    public async Task Is_healthy_once_it_follows_the_log()
        => await Eventually.IsTrueAsync(async () => (await new Health.HealthClient(_house.Invoker).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancellation)).Status == HealthCheckResponse.Types.ServingStatus.Serving, "the house serves");

    [Fact]
    public async Task Does_not_start_with_options_out_of_bounds()
        => Assert.Contains("PageSize", (await Assert.ThrowsAsync<StartException>(() => RunningHouse.StartAsync(Program.House, Program.Build, Path.Combine(_data, "second"), "--Campaigns:PageSize=1001"))).Message, StringComparison.Ordinal);

    async Task<NextAction> RecommendAsync(string customer) => await Client.RecommendNextActionAsync(new() { Shop = "demo", Customer = customer }, cancellationToken: Cancellation);

    async Task<List<NextAction>> StreamAsync(StreamNextActionsRequest request)
    {
        using var call = Client.StreamNextActions(request, cancellationToken: Cancellation);
        return await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);
    }

    async Task RecordAsync(int total, RecordedEvent recorded)
    {
        _feed.Append(recorded);
        await AppliedAsync(Partitions + total);
    }

    Task AppliedAsync(int events) => Eventually.AppliedAsync(async () => await Client.GetFeedProgressAsync(new Perennial.Campaigns.V1.GetFeedProgressRequest(), cancellationToken: Cancellation), events);

    static Task<RpcException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);
}
