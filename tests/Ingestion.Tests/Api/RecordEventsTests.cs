using System.Diagnostics.Metrics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;
using Perennial.Testing;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Ingestion.Tests.Api;

public sealed class RecordEventsTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync();

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    [Fact]
    public async Task A_bad_event_never_spoils_the_others()
    {
        var response = await _house.RecordAsync(Some.Order("a"), new Event { MessageId = "b", OrderCompleted = new OrderCompleted() }, Some.Order("a"), Some.Page("c"));

        Assert.Equal([Outcome.Recorded, Outcome.Refused, Outcome.Duplicate, Outcome.Recorded], response.Results.Select(r => r.Outcome));
        Assert.Equal(["a", "b", "a", "c"], response.Results.Select(r => r.MessageId));
        Assert.Equal(["user_id", "order_completed.order_id"], response.Results[1].Violations.Select(v => v.Field));
        Assert.Equal((2, 1, 1), (response.RecordedCount, response.DuplicateCount, response.RefusedCount));
        Assert.Equal(["a", "c"], (await _house.ReadAllAsync()).Select(e => e.Event.MessageId));
    }

    [Fact]
    public async Task Keeps_the_event_as_it_came_and_says_where()
    {
        var sent = Some.Order("a");
        sent.AnonymousId = "visitor";
        sent.OriginalTimestamp = Some.Instant.AddSeconds(-70).ToTimestamp();
        sent.Timestamp = Some.Instant.AddDays(-3).AddTicks(7).ToTimestamp();
        sent.SentAt = Some.Instant.AddSeconds(-60).ToTimestamp();
        sent.Backfill = true;
        var result = Assert.Single((await _house.RecordAsync(sent)).Results);

        var read = Assert.Single(await _house.ReadAllAsync());
        Assert.Equal(sent, read.Event);
        Assert.Equal((IngestionHouse.Shop, "user:alice", true), (read.Shop, read.Customer, read.Identified));
        Assert.Equal(Some.Instant.AddDays(-3), read.EventTime.ToDateTimeOffset());
        Assert.InRange(read.ReceiveTime.ToDateTimeOffset(), Some.Instant, Some.Instant.AddMinutes(5));
        Assert.Equal((StableHash.Partition(IngestionHouse.Shop, "user:alice", 4), read.Position), (result.Partition, result.Position));
    }

    [Fact]
    public async Task An_anonymous_visitor_is_another_customer_than_the_user_of_that_name()
    {
        await _house.RecordAsync(Some.Page("a"), new Event { MessageId = "b", AnonymousId = "alice", PageViewed = new PageViewed() });

        Assert.Equal(["anon:alice", "user:alice"], (await _house.ReadAllAsync()).Select(e => e.Customer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Counts_each_event_once_when_retried()
    {
        Event[] batch = [Some.Order("a"), Some.Order("b"), Some.Order("c")];
        await _house.RecordAsync(batch[..2]);
        var again = await _house.RecordAsync(batch);

        Assert.Equal([Outcome.Duplicate, Outcome.Duplicate, Outcome.Recorded], again.Results.Select(r => r.Outcome));
        Assert.Equal(3, (await _house.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Two_shops_may_use_the_same_message_id()
    {
        await _house.CreateShopAsync("other");
        await _house.RecordAsync(Some.Order("a"));
        var response = await _house.Client.RecordEventsAsync(new RecordEventsRequest { Shop = "other", Events = { Some.Order("a") } }, cancellationToken: Cancel);

        Assert.Equal(1, response.RecordedCount);
        Assert.Equal(["other"], (await _house.ReadAllAsync("other")).Select(e => e.Shop));
    }

    [Fact]
    public async Task Concurrent_callers_share_commits_and_are_answered_each_with_their_own()
    {
        using var commits = new Commits(_house.App.Services.GetRequiredService<Metrics>());
        Task<RecordEventsResponse>[] calls;
        await using (await _house.HoldAsync())
        {
            calls = [.. Enumerable.Range(0, 64).Select(i => _house.RecordAsync(Some.Page($"m{i}", $"u{i}"), Some.Page($"m{i + 1}", $"u{i + 1}")))];
            await QueuedAsync(128);
        }
        var responses = await Task.WhenAll(calls);

        Assert.Equal(65, responses.Sum(r => r.RecordedCount));
        Assert.Equal(63, responses.Sum(r => r.DuplicateCount));
        Assert.Equal(128, commits.Sizes.Sum());
        // What came before the lock was met, then all the rest.
        Assert.InRange(commits.Sizes.Count, 1, 2);
        var read = await _house.ReadAllAsync();
        var told = responses.SelectMany(r => r.Results).Where(r => r.Outcome == Outcome.Recorded).ToDictionary(r => r.MessageId, r => r.Position);
        Assert.Equal(told, read.ToDictionary(e => e.Event.MessageId, e => e.Position));
    }

    [Fact]
    public async Task A_caller_that_goes_away_tears_no_commit()
    {
        using var leaving = new CancellationTokenSource();
        await using (await _house.HoldAsync())
        {
            var call = _house.Client.RecordEventsAsync(new RecordEventsRequest { Shop = IngestionHouse.Shop, Events = { Some.Page("a"), Some.Page("b") } }, cancellationToken: leaving.Token);
            await QueuedAsync(2);
            await leaving.CancelAsync();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        }

        Assert.Equal(2, (await _house.RecordAsync(Some.Page("a"), Some.Page("b"))).DuplicateCount);
    }

    [Fact]
    public async Task A_full_queue_turns_away_at_once_and_loses_nothing_of_what_it_took()
    {
        await using var house = await IngestionHouse.StartAsync("--Ingestion:QueueEventsMax=10000");
        List<Task<RecordEventsResponse>> calls;
        await using (await house.HoldAsync())
        {
            calls = [.. Enumerable.Range(0, 5).Select(b => house.RecordAsync([.. Enumerable.Range(0, 2_500).Select(i => Some.Page($"m{b}-{i}"))]))];
            var turnedAway = await Task.WhenAny(calls);
            calls.Remove(turnedAway);
            var (code, reason, _) = await IngestionHouse.RefusalAsync(() => turnedAway);
            Assert.Equal((StatusCode.Unavailable, "OVERLOADED"), (code, reason));
        }
        Assert.Equal(10_000, (await Task.WhenAll(calls)).Sum(r => r.RecordedCount));
        Assert.Equal(10_000, (await house.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Large_events_that_wait_are_turned_away_by_their_bytes()
    {
        await using var house = await IngestionHouse.StartAsync("--Ingestion:QueueBytesMax=33554432");
        var large = new string('x', 30_000);
        List<Task<RecordEventsResponse>> calls;
        await using (await house.HoldAsync())
        {
            // 3 MB each: ten fit, whatever came before them into the commit that waits.
            calls = [.. Enumerable.Range(0, 14).Select(b => house.RecordAsync([.. Enumerable.Range(0, 100).Select(i => Titled($"m{b}-{i}", large))]))];
            var turnedAway = await Task.WhenAny(calls);
            calls.Remove(turnedAway);
            Assert.Equal("OVERLOADED", (await IngestionHouse.RefusalAsync(() => turnedAway)).Reason);
        }
        var answers = await Task.WhenAll(calls.Select(async call =>
        {
            try { return (await call).RecordedCount; }
            catch (RpcException) { return 0; }
        }));
        Assert.Equal(1_100, answers.Sum());
        Assert.Equal(1_100, (await house.ReadAllAsync()).Count);

        static Event Titled(string id, string title)
        {
            var e = Some.Page(id);
            e.PageViewed.Title = title;
            return e;
        }
    }

    [Fact]
    public async Task A_failed_commit_fails_its_callers_and_not_the_house()
    {
        var health = new Health.HealthClient(_house.Channel);
        await _house.ExecuteAsync("ALTER TABLE key_generation RENAME TO gone");
        var (code, reason, _) = await IngestionHouse.RefusalAsync(() => _house.RecordAsync(Some.Page("a")));
        Assert.Equal((StatusCode.Unavailable, "UNAVAILABLE"), (code, reason));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest(), cancellationToken: Cancel)).Status);
        Assert.StartsWith("2003 ", Assert.Single(_house.Complaints.Take()), StringComparison.Ordinal);

        await _house.ExecuteAsync("ALTER TABLE gone RENAME TO key_generation");
        Assert.Equal(1, (await _house.RecordAsync(Some.Page("a"))).RecordedCount);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest(), cancellationToken: Cancel)).Status);
    }

    [Fact]
    public async Task A_batch_has_limits()
    {
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => _house.RecordAsync([.. Enumerable.Range(0, 2_501).Select(i => Some.Page($"m{i}"))]));
        Assert.Equal((StatusCode.InvalidArgument, "BATCH_TOO_LARGE", "2500"), (code, reason, metadata["limit"]));

        (code, reason, _) = await IngestionHouse.RefusalAsync(() => _house.RecordAsync());
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), (code, reason));
        Assert.Empty(await _house.ReadAllAsync());
    }

    [Fact]
    public async Task An_event_is_as_large_as_the_limit_and_no_larger()
    {
        var (fits, exceeds) = (Some.Page("a"), Some.Page("b"));
        fits.PageViewed.Title = new string('x', 32 * 1024 - fits.CalculateSize() - 8);
        fits.PageViewed.Title += new string('x', 32 * 1024 - fits.CalculateSize());
        exceeds.PageViewed.Title = fits.PageViewed.Title + "x";
        Assert.Equal(32 * 1024, fits.CalculateSize());

        var response = await _house.RecordAsync(fits, exceeds);

        Assert.Equal([Outcome.Recorded, Outcome.Refused], response.Results.Select(r => r.Outcome));
        Assert.Equal("the event has 32769 bytes, at most 32768 are taken", Assert.Single(response.Results[1].Violations).Description);
        Assert.Equal(fits, Assert.Single(await _house.ReadAllAsync()).Event);
    }

    [Fact]
    public async Task A_future_instant_counts_as_now_or_is_refused_by_name()
    {
        var (soon, late) = (Some.Page("a"), Some.Page("b"));
        soon.Timestamp = Some.Instant.AddSeconds(250).ToTimestamp();
        late.Timestamp = Some.Instant.AddDays(1).ToTimestamp();

        var response = await _house.RecordAsync(soon, late);

        var read = Assert.Single(await _house.ReadAllAsync());
        Assert.Equal(read.ReceiveTime, read.EventTime);
        Assert.Equal(soon.Timestamp, read.Event.Timestamp);
        var violation = Assert.Single(response.Results[1].Violations);
        Assert.Equal("timestamp", violation.Field);
        Assert.Contains("more than 300 s after its receipt", violation.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_shop_and_another_tenants_shop_are_refused()
    {
        async Task CallAsync(string shop, Metadata headers) => await _house.Client.RecordEventsAsync(new RecordEventsRequest { Shop = shop, Events = { Some.Page("a") } }, headers, cancellationToken: Cancel);

        var (code, reason, _) = await IngestionHouse.RefusalAsync(() => CallAsync("nowhere", []));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), (code, reason));
        (code, reason, _) = await IngestionHouse.RefusalAsync(() => CallAsync(IngestionHouse.Shop, new Metadata { { "perennial-shop", "other" } }));
        Assert.Equal((StatusCode.PermissionDenied, "SHOP_MISMATCH"), (code, reason));
    }

    [Fact]
    public async Task What_was_recorded_outlives_the_process()
    {
        var folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
        for (var life = 0; life < 2; life++)
        {
            await using var app = Program.Build(["--Listen:Port=0", $"--Store:Data={folder}"]);
            await Program.House.StartAsync(app, Cancel);
            using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(app.Urls.Single());
            var client = new IngestionService.IngestionServiceClient(channel);
            await client.CreateShopAsync(new CreateShopRequest { Shop = "shop", TimeZone = "UTC", CurrencyCode = "EUR" }, cancellationToken: Cancel);
            var response = await client.RecordEventsAsync(new RecordEventsRequest { Shop = "shop", Events = { Some.Page("a") } }, cancellationToken: Cancel);
            Assert.Equal(life == 0 ? Outcome.Recorded : Outcome.Duplicate, response.Results[0].Outcome);
            await app.StopAsync(Cancel);
        }
        Directory.Delete(folder, recursive: true);
    }

    Task QueuedAsync(int events)
    {
        var queue = _house.App.Services.GetRequiredService<AppendQueue>();
        return Eventually.IsTrueAsync(() => Task.FromResult(queue.Events == events), $"{events} events wait for their commit");
    }

    /// <summary>Sizes of the commits of one house.</summary>
    sealed class Commits : IDisposable
    {
        readonly MeterListener _listener = new();
        readonly List<int> _sizes = [];

        public Commits(Metrics metrics)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == metrics && instrument.Name == "perennial.ingestion.commit.events") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, size, _, _) => _sizes.Add(size));
            _listener.Start();
        }

        public IReadOnlyList<int> Sizes => _sizes;

        public void Dispose() => _listener.Dispose();
    }
}
