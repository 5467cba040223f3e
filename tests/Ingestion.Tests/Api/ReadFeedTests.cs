using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Api;

public sealed class ReadFeedTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:Partitions=1", "--Ingestion:HeartbeatSeconds=1");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task Brings_every_position_in_pages_and_ends_at_the_head()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 24).Select(i => Some.Page($"m{i}", $"u{i}"))]);

        var pages = await ReadAsync(new ReadFeedRequest { AfterPosition = 3, PageSize = 10 });

        Assert.Equal([10, 10, 2], pages.Select(p => p.Events.Count));
        Assert.Equal([13, 23, 25], pages.Select(p => p.NextPosition));
        Assert.All(pages, p => Assert.Equal(25, p.HeadPosition));
        Assert.Equal(Enumerable.Range(4, 22).Select(i => (long)i), pages.SelectMany(p => p.Events).Select(e => e.Position));
    }

    [Fact]
    public async Task Says_where_the_head_is_when_there_is_nothing_to_bring()
    {
        var page = Assert.Single(await ReadAsync(new ReadFeedRequest { AfterPosition = 1 }));

        Assert.Equal((0, 1, 1), (page.Events.Count, page.NextPosition, page.HeadPosition));
    }

    [Fact]
    public async Task A_shop_reads_its_own_events_and_passes_over_the_others()
    {
        await _house.CreateShopAsync("other");
        await _house.RecordAsync([.. Enumerable.Range(0, 30).Select(i => Some.Page($"m{i}"))]);

        var pages = await ReadAsync(new ReadFeedRequest { Shop = "other", PageSize = 5 });

        Assert.Equal("other", Assert.Single(pages.SelectMany(p => p.Events)).Shop);
        Assert.Equal(32, pages[^1].NextPosition);
    }

    [Fact]
    public async Task A_follower_gets_what_is_there_and_then_each_commit_at_once()
    {
        await _house.RecordAsync(Some.Page("a"));
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { AfterPosition = 1, Follow = true }, cancellationToken: Cancel);

        Assert.Equal(["a"], await NextIdsAsync(call));
        for (var i = 0; i < 3; i++)
        {
            await _house.RecordAsync(Some.Page($"b{i}"));
            Assert.Equal([$"b{i}"], await NextIdsAsync(call));
        }
    }

    [Fact]
    public async Task A_follower_hears_of_another_replicas_commits()
    {
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { AfterPosition = 1, Follow = true }, cancellationToken: Cancel);
        await NextAsync(call);

        var replica = new LogStore(_house.App.Services.GetRequiredService<Database>(), 1);
        await replica.AppendAsync([Some.LogEvent("elsewhere") with { Payload = Some.Page("elsewhere").ToByteArray() }], Cancel);

        Assert.Equal([2L], (await NextWithEventsAsync(call)).Events.Select(e => e.Position));
    }

    [Fact]
    public async Task A_follower_at_the_end_hears_a_heartbeat()
    {
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { Follow = true }, cancellationToken: Cancel);
        Assert.Single((await NextAsync(call)).Events);

        for (var beat = 0; beat < 2; beat++)
        {
            var page = await NextAsync(call);
            Assert.Equal((0, 1, 1), (page.Events.Count, page.NextPosition, page.HeadPosition));
        }
    }

    [Fact]
    public async Task A_follower_of_a_quiet_shop_advances_by_heartbeats()
    {
        await _house.CreateShopAsync("other");
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { Shop = "other", AfterPosition = 2, Follow = true }, cancellationToken: Cancel);
        Assert.Equal(2, (await NextAsync(call)).NextPosition);
        await _house.RecordAsync(Some.Page("a"), Some.Page("b"));

        ReadFeedResponse page;
        do
        {
            page = await NextAsync(call);
            Assert.Empty(page.Events);
        }
        while (page.NextPosition < 4);
    }

    [Fact]
    public async Task Large_events_come_in_messages_that_readers_can_take()
    {
        // 60 MB of events, and a client that takes the usual 4 MiB a message.
        var large = new string('x', 30_000);
        for (var batch = 0; batch < 10; batch++)
        {
            await _house.RecordAsync([.. Enumerable.Range(0, 200).Select(i =>
            {
                var e = Some.Page($"m{batch}-{i}");
                e.PageViewed.Title = large;
                return e;
            })]);
        }
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { PageSize = 5_000 }, cancellationToken: Cancel);

        var count = 0;
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel)) count += page.Events.Count;
        Assert.Equal(2_001, count);
    }

    [Fact]
    public async Task Refuses_what_is_not_there()
    {
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => ReadAsync(new ReadFeedRequest { Partition = 1 }));
        Assert.Equal((StatusCode.OutOfRange, "PARTITION_NOT_FOUND", "1"), (code, reason, metadata["partitions"]));
        (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => ReadAsync(new ReadFeedRequest { AfterPosition = 2 }));
        Assert.Equal((StatusCode.OutOfRange, "POSITION_AHEAD_OF_LOG", "1"), (code, reason, metadata["head_position"]));
        (code, reason, _) = await IngestionHouse.RefusalAsync(() => ReadAsync(new ReadFeedRequest { Shop = "nowhere" }));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), (code, reason));
    }

    [Fact]
    public async Task Names_all_that_is_wrong_with_a_request_at_once()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(new ReadFeedRequest { AfterPosition = -1, PageSize = -1, Reader = "No Name" }));
        Assert.Equal(["after_position", "page_size", "reader"], Refused.Fields(error));
    }

    [Fact]
    public async Task Passes_over_erased_events_and_counts_them_in()
    {
        await _house.RecordAsync([.. Enumerable.Range(0, 9).Select(i => Some.Page($"m{i}"))]);
        await _house.ExecuteAsync("UPDATE event SET customer = '', message_id = '', payload = X'' WHERE position IN (4, 5, 10)");

        var pages = await ReadAsync(new ReadFeedRequest { PageSize = 5 });
        Assert.Equal([1L, 2, 3, 6, 7, 8, 9], pages.SelectMany(p => p.Events).Select(e => e.Position));
        Assert.Equal(10, pages[^1].NextPosition);
        Assert.Equal(10, Assert.Single(await ReadAsync(new ReadFeedRequest { AfterPosition = 9 })).NextPosition);
    }

    [Fact]
    public async Task A_follower_hears_that_the_end_is_erased()
    {
        await _house.RecordAsync(Some.Page("a"), Some.Page("b"));
        await _house.ExecuteAsync("UPDATE event SET customer = '', message_id = '', payload = X'' WHERE position > 1");
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { AfterPosition = 1, Follow = true }, cancellationToken: Cancel);

        var page = await NextAsync(call);
        Assert.Equal((0, 3, 3), (page.Events.Count, page.NextPosition, page.HeadPosition));
    }

    [Fact]
    public async Task What_retention_takes_from_under_a_reader_without_a_name_is_said_and_not_skipped()
    {
        var large = new string('x', 30_000);
        for (var batch = 0; batch < 4; batch++)
        {
            await _house.RecordAsync([.. Enumerable.Range(0, 250).Select(i =>
            {
                var e = Some.Page($"m{batch}-{i}");
                e.PageViewed.Title = large;
                return e;
            })]);
        }
        using var call = _house.Client.ReadFeed(new ReadFeedRequest { PageSize = 20 }, cancellationToken: Cancel);
        await NextAsync(call);
        await _house.ExecuteAsync("UPDATE partition_low SET position = 1000; DELETE FROM event WHERE position BETWEEN 2 AND 1000");

        var last = call.ResponseStream.Current.NextPosition;
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(async () =>
        {
            await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel))
            {
                Assert.Equal(last + 1, page.Events[0].Position);
                last = page.NextPosition;
            }
        });
        Assert.Equal((StatusCode.OutOfRange, "POSITION_NOT_KEPT", "1000"), (code, reason, metadata["low_position"]));
        Assert.True(last < 1_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("other")]
    public async Task A_tenant_reads_no_other_shop_and_not_all(string named)
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(() => ReadAsync(new ReadFeedRequest { Shop = named }, new Metadata { { "perennial-shop", IngestionHouse.Shop } }));

        Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), (code, reason));
    }

    [Fact]
    public async Task A_stop_ends_open_streams_promptly()
    {
        await using var house = await IngestionHouse.StartAsync("--Ingestion:HeartbeatSeconds=10");
        using var call = house.Client.ReadFeed(new ReadFeedRequest { Follow = true }, cancellationToken: Cancel);
        await NextAsync(call);
        var next = call.ResponseStream.MoveNext(Cancel);

        // A host that waits for streams needs its whole grace of 15 s.
        await house.App.StopAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(8), Cancel);

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => next)).StatusCode);
    }

    [Fact]
    public async Task The_head_is_told_per_partition()
    {
        await _house.RecordAsync(Some.Page("a"), Some.Page("b"));
        var progress = await _house.Client.GetFeedHeadAsync(new GetFeedHeadRequest { Shop = IngestionHouse.Shop }, cancellationToken: Cancel);

        var partition = Assert.Single(progress.Partitions);
        Assert.Equal((0, 3, 3), (partition.Partition, partition.Position, partition.HeadPosition));
        Assert.Equal(0, progress.LagEvents);
        var (code, _, _) = await IngestionHouse.RefusalAsync(async () => await _house.Client.GetFeedHeadAsync(new GetFeedHeadRequest { Shop = "nowhere" }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.NotFound, code);
    }

    async Task<List<ReadFeedResponse>> ReadAsync(ReadFeedRequest request, Metadata? headers = null)
    {
        using var call = _house.Client.ReadFeed(request, headers, cancellationToken: Cancel);
        var pages = new List<ReadFeedResponse>();
        await foreach (var page in call.ResponseStream.ReadAllAsync(Cancel)) pages.Add(page);
        return pages;
    }

    static async Task<ReadFeedResponse> NextAsync(AsyncServerStreamingCall<ReadFeedResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(Cancel).WaitAsync(Patience, Cancel));
        return call.ResponseStream.Current;
    }

    static async Task<ReadFeedResponse> NextWithEventsAsync(AsyncServerStreamingCall<ReadFeedResponse> call)
    {
        while (true)
        {
            if (await NextAsync(call) is { Events.Count: > 0 } page) return page;
        }
    }

    static async Task<IEnumerable<string>> NextIdsAsync(AsyncServerStreamingCall<ReadFeedResponse> call) => (await NextWithEventsAsync(call)).Events.Select(e => e.Event.MessageId);
}
