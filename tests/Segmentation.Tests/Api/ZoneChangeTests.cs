using Google.Protobuf.WellKnownTypes;
using Perennial.Segmentation.V1;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

/// <summary>A shop that moves from London to Tokyo while the house runs: an evening's order of the 30th of May is one of the 31st there, and makes somebody drift a day later.</summary>
public sealed class ZoneChangeFixture : IAsyncLifetime
{
    internal SegmentationHouse House { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        House = await SegmentationHouse.StartAsync("--Segmentation:DerivationLookSeconds=3600");
        House.Announce("tea", "Europe/London", "GBP");
        House.Record("tea", "user:ann", "2024-05-30T20:00:00Z", Said.Ordered("o-1", 10));
        await House.CatchUpAsync();
        House.Announce("tea", "Asia/Tokyo", "GBP", updated: "2024-06-30T12:00:00Z");
        // A partition that tells of old settings once more changes nothing.
        House.Announce("tea", "Europe/London", "GBP");
        await House.CatchUpAsync();
        await Eventually.IsTrueAsync(async () => (await GetAsync("2024-06-30T12:00:00Z")).WhatNext.ChangeDate == "2024-07-01", "stages are counted in Tokyo");
    }

    internal async Task<CustomerLifecycle> GetAsync(string asOf, string? knownAt = null)
        => await House.Client.GetCustomerLifecycleAsync(new() { Shop = "tea", Customer = "user:ann", AsOf = At(asOf), KnownAt = At(knownAt) }, cancellationToken: TestContext.Current.CancellationToken);

    internal static Timestamp? At(string? instant) => instant is null ? null : Utc(instant).ToTimestamp();

    public ValueTask DisposeAsync() => House.DisposeAsync();
}

public sealed class ZoneChangeTests(ZoneChangeFixture fixture) : IClassFixture<ZoneChangeFixture>
{
    const string Before = "2024-06-30T11:59:59.999Z";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SegmentationService.SegmentationServiceClient Client => fixture.House.Client;

    [Theory]
    [InlineData(null, "2024-07-01", "2024-06-30T15:00:00Z")]
    [InlineData(Before, "2024-06-30", "2024-06-29T23:00:00Z")]
    public async Task The_next_stage_is_told_in_the_zone_that_was_known(string? knownAt, string date, string time)
    {
        var next = (await fixture.GetAsync("2024-06-29", knownAt)).WhatNext;
        Assert.Equal(("drifting", date, Utc(time)), (next.Stage, next.ChangeDate, next.ChangeTime.ToDateTimeOffset()));
    }

    /// <summary>Around the boundary of either zone.</summary>
    [Theory]
    [InlineData("2024-06-29T22:59:59.999Z", null, "new")]
    [InlineData("2024-06-29T22:59:59.999Z", Before, "new")]
    [InlineData("2024-06-29T23:00:00Z", null, "new")]
    [InlineData("2024-06-29T23:00:00Z", Before, "drifting")]
    [InlineData("2024-06-30T14:59:59.999Z", null, "new")]
    [InlineData("2024-06-30T15:00:00Z", null, "drifting")]
    [InlineData("2024-06-30T15:00:00Z", Before, "drifting")]
    public async Task Every_answer_rests_on_one_zone(string asOf, string? knownAt, string stage)
    {
        var (instant, known) = (ZoneChangeFixture.At(asOf), ZoneChangeFixture.At(knownAt));
        Assert.Equal(stage, (await fixture.GetAsync(asOf, knownAt)).Stage);

        var list = await Client.ListCustomersAsync(new() { Shop = "tea", Stage = stage, AsOf = instant, KnownAt = known }, cancellationToken: Cancellation);
        Assert.Equal("user:ann", Assert.Single(list.Customers).Customer);

        var counts = await Client.GetStageCountsAsync(new() { Shop = "tea", AsOf = instant, KnownAt = known }, cancellationToken: Cancellation);
        Assert.Equal(stage, Assert.Single(counts.Stages, s => s.CustomerCount > 0).Stage);

        var flows = await Client.GetStageFlowsAsync(new() { Shop = "tea", From = Utc("2024-06-01").ToTimestamp(), To = instant, KnownAt = known }, cancellationToken: Cancellation);
        Assert.Equal(("new", stage), (Assert.Single(flows.Flows).FromStage, flows.Flows[0].ToStage));
    }

    [Fact]
    public async Task The_story_tells_of_either_zone_when_it_was_known()
    {
        var story = (await Client.GetCustomerTimelineAsync(new() { Shop = "tea", Customer = "user:ann" }, cancellationToken: Cancellation)).Memberships;
        Assert.Equal(
            ["new 06-29T23:00 until known otherwise", "drifting 06-29T23:00 until known otherwise", "new 06-30T15:00", "drifting 06-30T15:00 MODEL"],
            story.Where(m => m.Stage is "new" or "drifting").Select(m =>
                $"{m.Stage} {(m.Stage == "new" ? m.ValidTo : m.ValidFrom).ToDateTimeOffset():MM-ddTHH:mm}{(m.KnownTo is null ? "" : " until known otherwise")}{(m.Cause.Kind == StageCause.Types.Kind.Model ? " MODEL" : "")}"));
    }

    [Fact]
    public async Task Whoever_moved_is_in_the_feed_by_the_model()
    {
        using var call = Client.ReadTransitions(new() { Shop = "tea" }, cancellationToken: Cancellation);
        var told = new List<Transition>();
        while (await call.ResponseStream.MoveNext(Cancellation)) told.AddRange(call.ResponseStream.Current.Transitions);
        Assert.Equal([("", "drifting"), ("drifting", "new")], told.Select(t => (t.FromStage, t.ToStage)));
        Assert.Equal(StageCause.Types.Kind.Model, told[^1].Cause.Kind);
    }
}
