using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Api;

public sealed class ReadTransitionsTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    static async Task<SegmentationHouse> StartAsync()
    {
        var house = await SegmentationHouse.StartAsync();
        house.Announce("tea", "Europe/London", "GBP");
        house.Announce("mugs", "Europe/London", "GBP");
        house.Record("tea", "user:a", "2024-06-01T10:00:00Z", Said.Visited());
        house.Record("mugs", "user:a", "2024-06-01T10:00:00Z", Said.Visited());
        await house.CatchUpAsync();
        return house;
    }

    static AsyncServerStreamingCall<ReadTransitionsResponse> Read(SegmentationHouse house, long after = 0, int size = 0, bool follow = false, string shop = "tea")
        => house.Client.ReadTransitions(new ReadTransitionsRequest { Shop = shop, AfterPosition = after, PageSize = size, Follow = follow }, cancellationToken: Cancellation);

    static async Task<List<ReadTransitionsResponse>> AllAsync(AsyncServerStreamingCall<ReadTransitionsResponse> call) => await call.ResponseStream.ReadAllAsync(Cancellation).ToListAsync(Cancellation);

    [Fact]
    public async Task Says_who_went_where_when_and_why()
    {
        await using var house = await StartAsync();
        var order = house.Record("tea", "user:a", "2024-06-20T10:00:00Z", Said.Ordered("o1", 10));
        await house.CatchUpAsync();
        var pages = await AllAsync(Read(house));
        Assert.Equal(2, Assert.Single(pages).NextPosition);
        var (first, second) = (pages[0].Transitions[0], pages[0].Transitions[1]);
        Assert.Equal((1, "tea", "user:a", true, "clc", 1, "", "prospect", StageCause.Types.Kind.FirstSeen, ""), (first.Position, first.Shop, first.Customer, first.Identified, first.Model, first.ModelRevision, first.FromStage, first.ToStage, first.Cause.Kind, first.Cause.MessageId));
        Assert.Equal(Utc("2024-06-01T10:00:00Z"), first.EffectiveTime.ToDateTimeOffset());
        Assert.InRange(first.RecordedTime.ToDateTimeOffset(), Utc(SegmentationHouse.Now), Utc(SegmentationHouse.Now).AddHours(1));
        Assert.Equal((2, "prospect", "new", StageCause.Types.Kind.Event, order), (second.Position, second.FromStage, second.ToStage, second.Cause.Kind, second.Cause.MessageId));
    }

    [Fact]
    public async Task Goes_on_after_a_position_in_pages_of_a_size()
    {
        await using var house = await StartAsync();
        for (var n = 0; n < 4; n++) house.Record("tea", $"anon:{n}", "2024-06-20T10:00:00Z", Said.Visited());
        await house.CatchUpAsync();
        var pages = await AllAsync(Read(house, after: 1, size: 3));
        Assert.Equal([3, 1], pages.Select(p => p.Transitions.Count));
        Assert.Equal([4, 5], pages.Select(p => p.NextPosition));
        Assert.Equal([2L, 3, 4, 5], pages.SelectMany(p => p.Transitions).Select(t => t.Position));
        Assert.DoesNotContain(pages.SelectMany(p => p.Transitions), t => t.Identified);
        Assert.Empty(await AllAsync(Read(house, after: 5)));
        Assert.Equal("user:a", Assert.Single(Assert.Single(await AllAsync(Read(house, shop: "mugs"))).Transitions).Customer);
    }

    [Fact]
    public async Task Follows_what_events_and_the_clock_bring()
    {
        await using var house = await StartAsync();
        using var call = Read(house, after: 1, follow: true);
        house.Record("tea", "user:b", "2024-06-20T10:00:00Z", Said.Ordered("o1", 10));
        Assert.Equal(("user:b", "new"), await NextAsync(call));
        // A moment ahead of the house's clock: nobody but the sweep can tell it.
        var soon = Utc(SegmentationHouse.Now).AddSeconds(20).ToString("O");
        house.Record("tea", "user:b", soon, Said.Cancelled("o1"));
        Assert.Equal(("user:b", "prospect"), await NextAsync(call));
    }

    static async Task<(string, string)> NextAsync(AsyncServerStreamingCall<ReadTransitionsResponse> call)
    {
        while (await call.ResponseStream.MoveNext(Cancellation))
            if (call.ResponseStream.Current.Transitions is [var first, ..]) return (first.Customer, first.ToStage);
        throw new InvalidOperationException("The stream has ended.");
    }

    [Fact]
    public async Task Says_that_it_is_there_while_nothing_happens()
    {
        await using var house = await StartAsync();
        using var call = Read(house, after: 1, follow: true);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        Assert.Empty(call.ResponseStream.Current.Transitions);
        Assert.Equal(1, call.ResponseStream.Current.NextPosition);
    }

    [Fact]
    public async Task Refuses_an_unknown_shop_and_names_all_that_is_wrong()
    {
        await using var house = await StartAsync();
        var unknown = await Assert.ThrowsAsync<RpcException>(() => AllAsync(Read(house, shop: "coffee")));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), (unknown.StatusCode, Errors.Reason(unknown)!.Reason));
        var wrong = await Assert.ThrowsAsync<RpcException>(() => AllAsync(Read(house, after: -1, size: -1, shop: "Tea")));
        Assert.Equal(StatusCode.InvalidArgument, wrong.StatusCode);
        Assert.Equal(["after_position", "page_size", "shop"], Errors.Detail<Google.Rpc.BadRequest>(Errors.Details(wrong))!.FieldViolations.Select(v => v.Field).Order(StringComparer.Ordinal));
    }
}
