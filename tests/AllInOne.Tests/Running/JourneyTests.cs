using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Grpc.Core;
using Perennial.AllInOne.Running;
using Perennial.Campaigns.V1;
using Perennial.Common.V1;
using Perennial.Engagement.V1;
using Perennial.Foundation.Hosting;
using Perennial.Ingestion.V1;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.AllInOne.Tests.Running;

/// <summary>From an SDK's request to a stage, a score and an action, over real ports.</summary>
public sealed class JourneyTests : IDisposable
{
    const string Root = "/v1/shops/" + TestPlatform.Shop;

    const string Orders = """
        {"batch": [
          {"type": "track", "event": "Order Completed", "messageId": "m1", "userId": "alice", "timestamp": "2026-02-10T09:00:00Z", "originalTimestamp": "2026-02-10T09:00:00Z", "properties": {"order_id": "1", "total": 10.50}},
          {"type": "track", "event": "Order Completed", "messageId": "m2", "userId": "alice", "timestamp": "2026-02-20T09:00:00Z", "originalTimestamp": "2026-02-20T09:00:00Z", "properties": {"order_id": "2", "total": 20}},
          {"type": "track", "event": "Email Link Clicked", "messageId": "m3", "userId": "alice", "timestamp": "2026-02-28T09:00:00Z", "originalTimestamp": "2026-02-28T09:00:00Z", "properties": {"email_id": "e1", "link_url": "https://shop.example/"}}
        ]}
        """;

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Takes_events_by_http_and_answers_stage_engagement_and_action_by_json_and_by_grpc()
    {
        await using var platform = await TestPlatform.StartAsync(_folder);
        await platform.PostAsync("/v1/batch", Orders);
        await platform.CatchUpAsync();
        await SeesAliceAsync(platform);

        var grpc = platform.Grpc();
        var stop = TestContext.Current.CancellationToken;
        var lifecycle = await new SegmentationService.SegmentationServiceClient(grpc).GetCustomerLifecycleAsync(new GetCustomerLifecycleRequest { Shop = TestPlatform.Shop, Customer = "user:alice" }, cancellationToken: stop);
        Assert.Equal("promising", lifecycle.Stage);
        var engagement = await new EngagementService.EngagementServiceClient(grpc).GetCustomerEngagementAsync(new GetCustomerEngagementRequest { Shop = TestPlatform.Shop, Customer = "user:alice" }, cancellationToken: stop);
        Assert.Equal(1, engagement.Channels.Sum(c => c.ClickCount));
        var action = await new CampaignService.CampaignServiceClient(grpc).RecommendNextActionAsync(new RecommendNextActionRequest { Shop = TestPlatform.Shop, Customer = "user:alice" }, cancellationToken: stop);
        Assert.NotEmpty(action.Reason);
    }

    [Fact]
    public async Task Keeps_everything_over_a_restart_and_doubles_nothing_that_is_sent_again()
    {
        await using (var first = await TestPlatform.StartAsync(_folder))
        {
            await first.PostAsync("/v1/batch", Orders);
        }
        await using var second = await TestPlatform.StartAsync(_folder);
        using var again = JsonDocument.Parse(await second.PostAsync("/v1/batch", Orders));
        Assert.Equal((0, 3), (again.RootElement.GetProperty("recorded").GetInt32(), again.RootElement.GetProperty("duplicates").GetInt32()));
        await second.CatchUpAsync();
        await SeesAliceAsync(second);
    }

    [Fact]
    public async Task A_shop_that_moves_counts_its_history_in_the_new_zone_and_remembers_what_it_said_in_the_old()
    {
        const string Order = """{"type": "track", "event": "Order Completed", "messageId": "m1", "userId": "bob", "timestamp": "2026-02-20T20:00:00Z", "originalTimestamp": "2026-02-20T20:00:00Z", "properties": {"order_id": "1", "total": 5}}""";
        var stop = TestContext.Current.CancellationToken;
        await using var platform = await TestPlatform.StartAsync(_folder);
        await platform.PostAsync("/v1/batch", $$"""{"batch": [{{Order}}]}""");
        await platform.CatchUpAsync();
        Assert.Equal("2026-03-23", (await GetAsync("")).WhatNext.ChangeDate);
        var before = (await GetAsync("")).AsOf;

        using var http = new HttpClient { BaseAddress = platform.Platform.Http, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", platform.Key) } };
        var shop = await platform.Gateway.GetAsync<Shop>(Root, stop);
        using var change = new StringContent($$"""{"timeZone": "Asia/Tokyo", "etag": "{{shop.Etag}}"}""");
        using var answer = await http.PatchAsync(new Uri(Root, UriKind.Relative), change, stop);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Asia/Tokyo", (await platform.Gateway.GetAsync<Shop>(Root, stop)).TimeZone);
        await Eventually.IsTrueAsync(async () => (await GetAsync("")).WhatNext.ChangeDate == "2026-03-24", "stages are counted in Tokyo");
        Assert.Equal("2026-03-23", (await GetAsync($"?known_at={Uri.EscapeDataString(before.ToDateTimeOffset().ToString("O"))}")).WhatNext.ChangeDate);

        Task<CustomerLifecycle> GetAsync(string query) => platform.Gateway.GetAsync<CustomerLifecycle>($"{Root}/customers/user:bob/lifecycle{query}", stop);
    }

    [Fact]
    public async Task Quarantines_a_malformed_event_alone_and_says_what_is_wrong()
    {
        await using var platform = await TestPlatform.StartAsync(_folder);
        using var answer = JsonDocument.Parse(await platform.PostAsync("/v1/batch", """
            {"batch": [
              {"type": "track", "event": "Order Completed", "messageId": "m1", "userId": "bob", "properties": {"total": 5}},
              {"type": "track", "event": "Order Completed", "messageId": "m2", "userId": "bob", "properties": {"order_id": "9", "total": 5}},
              {"type": "track", "event": "Order Completed", "messageId": "m3", "userId": "bob", "timestamp": "2026-03-02T12:00:00Z", "originalTimestamp": "2026-03-02T12:00:00Z", "properties": {"order_id": "10", "total": 5}}
            ]}
            """));
        Assert.Equal((1, 2, 0), (answer.RootElement.GetProperty("recorded").GetInt32(), answer.RootElement.GetProperty("quarantined").GetInt32(), answer.RootElement.GetProperty("refused").GetInt32()));
        Assert.Equal([(0, "properties.order_id"), (2, "timestamp")], answer.RootElement.GetProperty("results").EnumerateArray().Select(r => (r.GetProperty("index").GetInt32(), r.GetProperty("violations")[0].GetProperty("field").GetString()!)));
        await platform.CatchUpAsync();
        Assert.Equal(1, (await platform.Gateway.GetAsync<CustomerLifecycle>($"{Root}/customers/user:bob/lifecycle", TestContext.Current.CancellationToken)).Why.OrderCount);
    }

    [Fact]
    public async Task A_broken_order_waits_in_quarantine_until_a_patch_mends_it_and_counts_once()
    {
        const string Broken = """{"batch": [{"type": "track", "event": "Order Completed", "messageId": "b1", "userId": "carol", "timestamp": "2026-02-01T12:00:00Z", "properties": {"number": "77", "amount": 12.5, "wrapped": true}}]}""";
        await using var platform = await TestPlatform.StartAsync(_folder);
        // An SDK that hears nothing sends again: it is one event all the same.
        await platform.PostAsync("/v1/batch", Broken);
        using var answer = JsonDocument.Parse(await platform.PostAsync("/v1/batch", Broken));
        var id = answer.RootElement.GetProperty("results")[0].GetProperty("quarantined").GetString()!;

        var kept = Assert.Single((await ListAsync(platform)).Events);
        Assert.Equal((id, "b1", "MISSING_FIELD", "user:carol"), (kept.Quarantined, kept.MessageId, kept.Reason, kept.Ids.Single()));
        var path = $"{Root}/quarantine:replay";
        using var vain = JsonDocument.Parse(await platform.PostAsync(path, ""));
        Assert.Equal((0, 1), (vain.RootElement.GetProperty("recorded").GetInt32(), vain.RootElement.GetProperty("refused").GetInt32()));
        Assert.Equal(1, (await ListAsync(platform)).Events.Single().ReplayCount);

        using var mended = JsonDocument.Parse(await platform.PostAsync(path, $$"""{"quarantined": ["{{id}}"], "patch": {"rename": {"properties.number": "properties.order_id", "properties.amount": "properties.total"}, "set": {"properties.currency": "EUR"} } }"""));
        Assert.Equal((1, 0), (mended.RootElement.GetProperty("recorded").GetInt32(), mended.RootElement.GetProperty("refused").GetInt32()));
        using var again = JsonDocument.Parse(await platform.PostAsync(path, ""));
        Assert.Equal(0, again.RootElement.GetProperty("replayed").GetInt32());
        Assert.Empty((await ListAsync(platform)).Events);

        await platform.CatchUpAsync();
        var stop = TestContext.Current.CancellationToken;
        var recorded = Assert.Single(await FeedOfAsync(platform, "user:carol"));
        Assert.Equal(("77", 12L, 500_000_000, "EUR"), (recorded.OrderCompleted.OrderId, recorded.OrderCompleted.Amounts.Total.Units, recorded.OrderCompleted.Amounts.Total.Nanos, recorded.OrderCompleted.Amounts.Total.CurrencyCode));
        Assert.True(recorded.Properties.Fields["wrapped"].BoolValue);
        Assert.Equal(1, (await platform.Gateway.GetAsync<CustomerLifecycle>($"{Root}/customers/user:carol/lifecycle", stop)).Why.OrderCount);
    }

    static Task<ListQuarantinedResponse> ListAsync(TestPlatform platform) => platform.Gateway.GetAsync<ListQuarantinedResponse>($"{Root}/quarantine", TestContext.Current.CancellationToken);

    static async Task<List<Event>> FeedOfAsync(TestPlatform platform, string customer)
        => [.. (await new IngestionService.IngestionServiceClient(platform.Grpc()).ReadAllAsync(TestPlatform.Shop)).Where(e => e.Customer == customer).Select(e => e.Event)];

    [Fact]
    public async Task Lets_nobody_in_with_a_wrong_key_and_no_key_into_another_shop()
    {
        await using var platform = await TestPlatform.StartAsync(_folder);
        var stop = TestContext.Current.CancellationToken;
        using var http = new HttpClient { BaseAddress = platform.Platform.Http, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", "pk_test-shop_wrong") } };
        using var answer = await http.GetAsync(new Uri($"{Root}/stages:count", UriKind.Relative), stop);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"UNAUTHENTICATED\"", await answer.Content.ReadAsStringAsync(stop), StringComparison.Ordinal);

        var wrong = await Assert.ThrowsAsync<RpcException>(async () => await new IngestionService.IngestionServiceClient(platform.Grpc("wrong")).GetShopAsync(new GetShopRequest { Shop = TestPlatform.Shop }, cancellationToken: stop));
        Assert.Equal(StatusCode.Unauthenticated, wrong.StatusCode);
        var other = await Assert.ThrowsAsync<RpcException>(async () => await new IngestionService.IngestionServiceClient(platform.Grpc()).GetShopAsync(new GetShopRequest { Shop = "other-shop" }, cancellationToken: stop));
        Assert.Equal(StatusCode.PermissionDenied, other.StatusCode);
    }

    [Fact]
    public async Task Runs_on_sql_server_in_one_database_with_a_schema_for_each()
    {
        await using var database = await TestDatabase.CreateOrSkipAsync();
        await using var platform = await TestPlatform.StartAsync(_folder, database.Connection);
        await platform.PostAsync("/v1/batch", Orders);
        await platform.CatchUpAsync();
        await SeesAliceAsync(platform);
        Assert.Empty(Directory.GetFiles(_folder, "*.db"));
    }

    static async Task SeesAliceAsync(TestPlatform platform)
    {
        var stop = TestContext.Current.CancellationToken;
        var lifecycle = await platform.Gateway.GetAsync<CustomerLifecycle>($"{Root}/customers/user:alice/lifecycle", stop);
        Assert.Equal(("promising", 2, 9), (lifecycle.Stage, lifecycle.Why.OrderCount, lifecycle.Why.DaysSinceLastOrder));
        Assert.Equal((30, 500_000_000, "EUR"), ((int)lifecycle.Value.Units, lifecycle.Value.Nanos, lifecycle.Value.CurrencyCode));
        Assert.Equal(("drifting", "2026-04-22"), (lifecycle.WhatNext.Stage, lifecycle.WhatNext.ChangeDate));
        var engagement = await platform.Gateway.GetAsync<CustomerEngagement>($"{Root}/customers/user:alice/engagement", stop);
        Assert.Equal(Temperature.Warm, engagement.Temperature);
        var action = await platform.Gateway.GetAsync<NextAction>($"{Root}/customers/user:alice/nextAction", stop);
        Assert.Equal(("promising", 2), (action.DecidedOn.Stage, action.DecidedOn.OrderCount));
        Assert.NotEmpty(action.Action);
    }
}
