using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Api.SegmentationHouseFixture;
using static Perennial.Segmentation.Tests.Given;
using Channel = Perennial.Common.V1.Channel;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>Stages by the engagement score through the door of a running house, those that a merge takes along and an erasure takes away included.</summary>
public sealed class EngagedModelTests : IAsyncLifetime
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SegmentationHouse _house = null!;

    SegmentationService.SegmentationServiceClient Client => _house.Client;

    public async ValueTask InitializeAsync()
    {
        _house = await SegmentationHouse.StartAsync("--Segmentation:DerivationLookSeconds=1");
        _house.Announce("tea", "Europe/London", "GBP");
        await _house.CatchUpAsync();
    }

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    static ModelStage Stage(string id, double? min, double? max)
    {
        var condition = new FeatureCondition { Feature = Feature.EngagementScore };
        if (min is { } least) condition.AtLeast = least;
        if (max is { } most) condition.AtMost = most;
        return new() { Stage = id, Rules = { new ModelRule { Conditions = { condition } } } };
    }

    static ModelDocument Engaged(double least = 0.5) => new() { Title = "Engaged", Stages = { Stage("quiet", null, 0.0999), Stage("interested", 0.1, least - 0.0001), Stage("engaged", least, null) } };

    AsyncUnaryCall<Model> Create(ModelDocument document) => Client.CreateModelAsync(new() { Shop = "tea", Model = "engaged", Document = document }, cancellationToken: Cancellation);

    async Task ActivateAsync()
    {
        await Create(Engaged());
        await Client.ActivateModelAsync(new() { Shop = "tea", Model = "engaged" }, cancellationToken: Cancellation);
        await Eventually.IsTrueAsync(async () => (await Client.GetModelAsync(new() { Shop = "tea", Model = "engaged" }, cancellationToken: Cancellation)).Active is not null, "the model is active");
    }

    async Task<CustomerLifecycle> LifecycleAsync(string customer, string asOf = SegmentationHouse.Now)
        => await Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = customer, Model = "engaged", AsOf = Utc(asOf).ToTimestamp() }, cancellationToken: Cancellation);

    async Task<string> StagesAsync() => string.Join(", ", (await Client.GetStageCountsAsync(new() { Shop = "tea", Model = "engaged", IncludeAnonymous = true }, cancellationToken: Cancellation)).Stages.Select(s => $"{s.Stage} {s.CustomerCount}"));

    [Fact]
    public async Task A_gap_on_the_grid_of_the_score_is_refused_with_an_example()
    {
        var gap = await RefusalAsync(Create(new() { Stages = { Stage("quiet", null, 0.4998), Stage("engaged", 0.5, null) } }), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_GAP", "engagement_score=0.4999"), (gap.Reason, gap.Metadata["example"]));
        var overlap = await RefusalAsync(Create(new() { Stages = { Stage("quiet", null, 0.5), Stage("engaged", 0.5, null) } }), StatusCode.InvalidArgument);
        Assert.Equal(("MODEL_OVERLAP", "engagement_score=0.5"), (overlap.Reason, overlap.Metadata["example"]));
    }

    [Fact]
    public async Task It_is_told_with_its_reason_and_the_day_on_which_it_falls_below()
    {
        await ActivateAsync();
        var click = _house.Record("tea", "user:ann", "2024-06-10T10:00:00Z", Said.Engaged(Channel.Email, clicked: true));
        _house.Record("tea", "user:ann", "2024-06-10T10:05:00Z", Said.Engaged(Channel.Email, clicked: true));
        await _house.CatchUpAsync();

        var now = await LifecycleAsync("user:ann");
        Assert.Equal(("engaged", Utc("2024-06-10T10:00:00Z").ToTimestamp()), (now.Stage, now.SinceTime));
        var condition = Assert.Single(now.Why.Conditions);
        // 2^(-20/30), cut to ten-thousandths: the second click of the day adds nothing.
        Assert.Equal(("engagement_score", 0.6299, 0.5), (condition.Feature, condition.Value, condition.Min));
        Assert.Contains(click, condition.MessageIds);
        // Halved after thirty days, and below a tenth after a hundred.
        Assert.Equal(("interested", "2024-07-11", Utc("2024-07-10T23:00:00Z").ToTimestamp()), (now.WhatNext.Stage, now.WhatNext.ChangeDate, now.WhatNext.ChangeTime));
        Assert.Equal(("engaged", "interested"), ((await LifecycleAsync("user:ann", "2024-07-10T22:59:59.999Z")).Stage, (await LifecycleAsync("user:ann", "2024-07-10T23:00:00Z")).Stage));
        Assert.Equal(("quiet", "2024-09-18"), ((await LifecycleAsync("user:ann", "2024-07-11T12:00:00Z")).WhatNext.Stage, (await LifecycleAsync("user:ann", "2024-07-11T12:00:00Z")).WhatNext.ChangeDate));
    }

    [Fact]
    public async Task The_clock_moves_whoever_stays_away_and_the_feed_tells_it()
    {
        await ActivateAsync();
        _house.Record("tea", "user:bob", "2024-06-10T10:00:00Z", Said.Engaged(Channel.Push, clicked: true));
        await _house.CatchUpAsync();
        await _house.RestartAsync("--Clock:Now=2024-07-11T08:00:00Z");
        using var feed = Client.ReadTransitions(new() { Shop = "tea", Follow = true }, cancellationToken: Cancellation);
        var told = new List<Transition>();
        while (told.Count(t => t.Model == "engaged") < 2 && await feed.ResponseStream.MoveNext(Cancellation)) told.AddRange(feed.ResponseStream.Current.Transitions);
        Assert.Equal([("engaged", StageCause.Types.Kind.FirstSeen, Utc("2024-06-10T10:00:00Z").ToTimestamp()), ("interested", StageCause.Types.Kind.Clock, Utc("2024-07-10T23:00:00Z").ToTimestamp())], told.Where(t => t.Model == "engaged").Select(t => (t.ToStage, t.Cause.Kind, t.EffectiveTime)));
    }

    [Fact]
    public async Task A_preview_shows_who_another_bound_moves()
    {
        await ActivateAsync();
        _house.Record("tea", "user:ann", "2024-06-10T10:00:00Z", Said.Engaged(Channel.Email, clicked: true));
        _house.Record("tea", "user:bob", "2024-06-29T10:00:00Z", Said.Engaged(Channel.Email, clicked: true));
        await _house.CatchUpAsync();
        var begun = await Client.PreviewModelAsync(new() { Shop = "tea", Model = "engaged", Document = Engaged(0.9), AsOfFrom = Utc("2024-06-01").ToTimestamp(), AsOfTo = Utc(SegmentationHouse.Now).ToTimestamp() }, cancellationToken: Cancellation);
        ModelPreview done = begun;
        await Eventually.IsTrueAsync(async () => (done = await Client.GetModelPreviewAsync(new() { Shop = "tea", Preview = begun.Preview }, cancellationToken: Cancellation)).State == ModelPreview.Types.State.Done, "the preview has ended");
        var mover = Assert.Single((await Client.ListPreviewMoversAsync(new() { Shop = "tea", Preview = begun.Preview }, cancellationToken: Cancellation)).Movers);
        Assert.Equal(("user:ann", "engaged", "interested"), (mover.Customer, mover.BeforeStage, mover.AfterStage));
        Assert.Equal(0.6299, mover.AfterWhy.Conditions.Single().Value);
    }

    [Fact]
    public async Task A_merge_takes_the_touches_along_and_an_erasure_leaves_none()
    {
        await ActivateAsync();
        _house.Record("tea", "anon:v", "2024-06-20T10:00:00Z", Said.Engaged(Channel.Email, clicked: true));
        _house.Record("tea", "user:m", "2024-06-21T10:00:00Z", Said.Visited());
        await _house.CatchUpAsync();
        Assert.Equal("quiet 0, interested 1, engaged 1", await StagesAsync());

        _house.Record("tea", "anon:v", "2024-06-25T10:00:00Z", Said.Reset(CustomerReset.Types.Reason.Merged));
        _house.Record("tea", "user:m", "2024-06-20T10:00:00Z", Said.Engaged(Channel.Email, clicked: true), reattributed: "2024-06-25T10:00:00Z");
        await _house.CatchUpAsync();
        Assert.Equal("quiet 0, interested 0, engaged 1", await StagesAsync());
        Assert.Equal(("engaged", Utc("2024-06-20T10:00:00Z").ToTimestamp()), ((await LifecycleAsync("user:m")).Stage, (await LifecycleAsync("user:m")).SinceTime));

        _house.Record("tea", "user:m", "2024-06-26T10:00:00Z", Said.Reset(CustomerReset.Types.Reason.Erased));
        await _house.CatchUpAsync();
        Assert.Equal("quiet 0, interested 0, engaged 0", await StagesAsync());
        // Whoever comes back under the name begins anew.
        _house.Record("tea", "user:m", "2024-06-27T10:00:00Z", Said.Visited());
        await _house.CatchUpAsync();
        Assert.Equal(("interested", 0.2332), ((await LifecycleAsync("user:m")).Stage, (await LifecycleAsync("user:m")).Why.Conditions.Single().Value));
    }
}
