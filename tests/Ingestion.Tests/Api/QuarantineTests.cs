using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.V1;
using Perennial.Testing;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Ingestion.Tests.Api;

/// <summary>The RPCs of the quarantine through the house's door.</summary>
public sealed class QuarantineTests : IAsyncLifetime
{
    IngestionHouse _house = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:QuarantineEventsMax=20");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    static QuarantinedEvent Broken(string messageId, string reason = "WRONG_TYPE") => new()
    {
        MessageId = messageId,
        Reason = reason,
        Violations = { new FieldViolation { Field = "properties.total", Description = "must be a number" } },
        Payload = """{"type":"track","event":"Order Completed"}""",
        Ids = { "user:alice" },
    };

    async Task<IReadOnlyList<string>> KeepAsync(params QuarantinedEvent[] events)
        => (await _house.Client.QuarantineEventsAsync(new QuarantineEventsRequest { Shop = IngestionHouse.Shop, Events = { events } }, cancellationToken: Cancel)).Quarantined;

    async Task<ListQuarantinedResponse> ListAsync(string reason = "", int size = 0, string token = "")
        => await _house.Client.ListQuarantinedAsync(new ListQuarantinedRequest { Shop = IngestionHouse.Shop, Reason = reason, PageSize = size, PageToken = token }, cancellationToken: Cancel);

    async Task<ReplayQuarantinedResponse> ReplayAsync(params Replay[] replays)
        => await _house.Client.ReplayQuarantinedAsync(new ReplayQuarantinedRequest { Shop = IngestionHouse.Shop, Replays = { replays } }, cancellationToken: Cancel);

    [Fact]
    public async Task Keeps_an_event_as_it_came_and_once()
    {
        var before = DateTimeOffset.UtcNow;
        Assert.Equal(["1"], await KeepAsync(Broken("m")));
        Assert.Equal(["1", "2"], await KeepAsync(Broken("m"), Broken("m", "MISSING_FIELD")));

        var list = await ListAsync();
        var expected = Broken("m");
        (expected.Quarantined, expected.ReceiveTime) = ("1", list.Events[0].ReceiveTime);
        Assert.Equal(expected, list.Events[0]);
        Assert.InRange(list.Events[0].ReceiveTime.ToDateTimeOffset(), Some.Instant, Some.Instant + (DateTimeOffset.UtcNow - before) + TimeSpan.FromMinutes(1));
        Assert.Equal([new QuarantineCount { Reason = "MISSING_FIELD", Count = 1 }, new QuarantineCount { Reason = "WRONG_TYPE", Count = 1 }], list.Counts);
        Assert.Empty(await _house.ReadAllAsync());
    }

    [Fact]
    public async Task Lists_pages_of_a_reason()
    {
        await KeepAsync([.. Enumerable.Range(1, 7).Select(i => Broken($"m{i}", i % 2 == 0 ? "EVEN" : "ODD"))]);
        var (ids, token) = (new List<string>(), "");
        do
        {
            var page = await ListAsync("ODD", 3, token);
            Assert.Equal(2, page.Counts.Count);
            ids.AddRange(page.Events.Select(e => e.MessageId));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["m1", "m3", "m5", "m7"], ids);
        var first = await ListAsync("ODD", 3);
        Assert.Equal("PAGE_TOKEN_INVALID", (await IngestionHouse.RefusalAsync(() => ListAsync("EVEN", 3, first.NextPageToken))).Reason);
        var named = await _house.Client.ListQuarantinedAsync(new ListQuarantinedRequest { Shop = IngestionHouse.Shop, Quarantined = { "5", "2", "99", "x", "" } }, cancellationToken: Cancel);
        Assert.Equal(["2", "5"], named.Events.Select(e => e.Quarantined));
    }

    [Fact]
    public async Task A_replayed_event_is_recorded_once_and_leaves()
    {
        await KeepAsync(Broken("m"), Broken("n"));
        var first = await ReplayAsync(new Replay { Quarantined = "1", Event = Some.Order("m") }, new Replay { Quarantined = "2", Fault = new QuarantineFault { Reason = "MISSING_FIELD", Violations = { new FieldViolation { Field = "event", Description = "is missing" } } } });
        Assert.Equal((1, 0, 1), (first.RecordedCount, first.DuplicateCount, first.RefusedCount));
        Assert.True(first.Results[0].Position > 0);
        Assert.Equal(("MISSING_FIELD", "is missing"), (first.Results[1].Reason, first.Results[1].Violations[0].Description));

        var left = Assert.Single((await ListAsync()).Events);
        Assert.Equal(("2", "MISSING_FIELD", 1, "event"), (left.Quarantined, left.Reason, left.ReplayCount, left.Violations[0].Field));
        Assert.Equal(Broken("n").Payload, left.Payload);

        var again = await ReplayAsync(new Replay { Quarantined = "1", Event = Some.Order("m") });
        Assert.Equal((Outcome.Refused, "NOT_QUARANTINED"), (again.Results[0].Outcome, again.Results[0].Reason));
        Assert.Equal(["m"], (await _house.ReadAllAsync()).Select(e => e.Event.MessageId));
    }

    [Fact]
    public async Task One_that_was_recorded_meanwhile_leaves_as_a_duplicate()
    {
        await KeepAsync(Broken("m"));
        await _house.RecordAsync(Some.Order("m"));
        Assert.Equal(Outcome.Duplicate, (await ReplayAsync(new Replay { Quarantined = "1", Event = Some.Order("m") })).Results[0].Outcome);
        Assert.Empty((await ListAsync()).Events);
    }

    [Fact]
    public async Task One_that_ingestion_refuses_stays_with_its_reason()
    {
        await KeepAsync(Broken("a"), Broken("b"), Broken("c"), Broken("d"));
        var answer = await ReplayAsync(
            new Replay { Quarantined = "1", Event = new Event { MessageId = "a", UserId = "u", OrderCompleted = new OrderCompleted() } },
            new Replay { Quarantined = "2", Event = new Event { MessageId = "b", UserId = "null", PageViewed = new PageViewed() } },
            new Replay { Quarantined = "3", Event = Some.Page("c") },
            new Replay { Quarantined = "4", Event = new Event { MessageId = "d", UserId = "u", Timestamp = Some.Instant.AddDays(1).ToTimestamp(), PageViewed = new PageViewed() } });
        Assert.Equal(["MISSING_FIELD", "NO_IDENTITY", "", "BAD_TIMESTAMP"], answer.Results.Select(r => r.Reason));
        Assert.Equal(["1 MISSING_FIELD order_completed.order_id", "2 NO_IDENTITY user_id", "4 BAD_TIMESTAMP timestamp"], (await ListAsync()).Events.Select(e => $"{e.Quarantined} {e.Reason} {e.Violations[0].Field}"));
    }

    [Fact]
    public async Task Times_are_judged_as_of_the_first_receipt()
    {
        var received = Some.Instant.AddDays(-10);
        var (late, untimed) = (Broken("late"), Broken("untimed"));
        (late.ReceiveTime, untimed.ReceiveTime) = (received.ToTimestamp(), received.ToTimestamp());
        await KeepAsync(late, untimed);
        // The sender's clock was an hour slow when it sent.
        var skewed = Some.Page("late");
        (skewed.OriginalTimestamp, skewed.SentAt) = (received.AddHours(-2).ToTimestamp(), received.AddHours(-1).ToTimestamp());
        await ReplayAsync(new Replay { Quarantined = "1", Event = skewed }, new Replay { Quarantined = "2", Event = Some.Page("untimed") });

        var recorded = (await _house.ReadAllAsync()).ToDictionary(e => e.Event.MessageId);
        Assert.Equal(received.AddHours(-1), recorded["late"].EventTime.ToDateTimeOffset());
        Assert.Equal(received, recorded["untimed"].EventTime.ToDateTimeOffset());
        // It was known only now.
        Assert.All(recorded.Values, e => Assert.True(e.ReceiveTime.ToDateTimeOffset() >= Some.Instant));
    }

    [Fact]
    public async Task A_receipt_in_the_future_is_now()
    {
        var early = Broken("m");
        early.ReceiveTime = Some.Instant.AddYears(1).ToTimestamp();
        await KeepAsync(early);
        Assert.True((await ListAsync()).Events[0].ReceiveTime.ToDateTimeOffset() < Some.Instant.AddDays(1));
    }

    [Fact]
    public async Task Full_it_takes_nothing_and_says_so()
    {
        await KeepAsync([.. Enumerable.Range(1, 19).Select(i => Broken($"m{i}"))]);
        var (code, reason, metadata) = await IngestionHouse.RefusalAsync(() => KeepAsync(Broken("x"), Broken("y")));
        Assert.Equal((StatusCode.ResourceExhausted, "QUARANTINE_FULL", "20"), (code, reason, metadata["limit"]));
        Assert.Equal(["20"], await KeepAsync(Broken("x")));
        Assert.Equal(["20"], await KeepAsync(Broken("x")));
    }

    [Fact]
    public async Task Concurrent_replays_record_once()
    {
        await KeepAsync([.. Enumerable.Range(1, 15).Select(i => Broken($"m{i}"))]);
        Replay[] replays = [.. Enumerable.Range(1, 15).Select(i => new Replay { Quarantined = i.ToString(CultureInfo.InvariantCulture), Event = Some.Order($"m{i}") })];
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ReplayAsync(replays)));
        Assert.Equal(15, answers.Sum(a => a.RecordedCount));
        Assert.Equal(15, (await _house.ReadAllAsync()).Count);
        Assert.Empty((await ListAsync()).Events);
        // All that is kept was given back: there is room for the limit again.
        Assert.Equal(20, (await KeepAsync([.. Enumerable.Range(1, 20).Select(i => Broken($"n{i}"))])).Count);
    }

    public static TheoryData<QuarantinedEvent, string> Bad() => new()
    {
        { With(e => e.Payload = ""), "payload" },
        { With(e => e.Payload = new string('x', 256 * 1024 + 1)), "payload" },
        { With(e => e.Reason = ""), "reason" },
        { With(e => e.Reason = "wrong type"), "reason" },
        { With(e => e.MessageId = new string('m', 101)), "message_id" },
        { With(e => e.MessageId = "m "), "message_id" },
        { With(e => e.Ids.Add("")), "ids" },
        { With(e => e.Ids.Add(Enumerable.Range(0, 20).Select(i => $"user:{i}"))), "ids" },
        { With(e => e.Violations.Add(Enumerable.Range(0, 100).Select(_ => new FieldViolation()))), "violations" },
        { With(e => e.ReceiveTime = new Timestamp { Nanos = -1 }), "receive_time" },
    };

    static QuarantinedEvent With(Action<QuarantinedEvent> change)
    {
        var e = Broken("m");
        change(e);
        return e;
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task Names_all_that_is_wrong(QuarantinedEvent e, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => KeepAsync(Broken("good"), e));
        Assert.Equal(["events[1]." + field], Refused.Fields(error));
        Assert.Empty((await ListAsync()).Events);
    }

    [Fact]
    public async Task Names_all_that_is_wrong_with_a_list_at_once()
    {
        var request = new ListQuarantinedRequest { Shop = IngestionHouse.Shop, PageSize = -1, Quarantined = { Enumerable.Repeat("1", 1_001) } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _house.Client.ListQuarantinedAsync(request, cancellationToken: Cancel));
        Assert.Equal(["quarantined", "page_size"], Refused.Fields(error));
    }

    [Fact]
    public async Task Refuses_what_is_no_request()
    {
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => KeepAsync())).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => ReplayAsync())).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => ReplayAsync(new Replay { Quarantined = "1" }))).Code);
        var twice = new Replay { Quarantined = "1", Event = Some.Page("m") };
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => ReplayAsync(twice, twice))).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await IngestionHouse.RefusalAsync(() => ReplayAsync(new Replay { Quarantined = "1", Fault = new QuarantineFault() }))).Code);
        Assert.Equal("SHOP_NOT_FOUND", (await IngestionHouse.RefusalAsync(async () => await _house.Client.ListQuarantinedAsync(new ListQuarantinedRequest { Shop = "nowhere" }, cancellationToken: Cancel))).Reason);
    }

    [Fact]
    public async Task Counts_what_is_kept_by_reason_and_what_is_replayed_by_outcome()
    {
        var counted = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Metrics.MeterName && instrument.Meter.Scope == _house.App.Services.GetService(typeof(Metrics))) l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) => counted.AddOrUpdate($"{instrument.Name} {(tags.Length > 0 ? tags[0].Value : "")}".Trim(), count, (_, before) => before + count));
        listener.Start();
        await KeepAsync(Broken("a"), Broken("b", "MISSING_FIELD"), Broken("a"));
        await IngestionHouse.RefusalAsync(() => KeepAsync([.. Enumerable.Range(0, 30).Select(i => Broken($"c{i}"))]));
        await ReplayAsync(new Replay { Quarantined = "1", Event = Some.Page("a") }, new Replay { Quarantined = "9", Event = Some.Page("z") });
        Assert.Equal((1, 1, 30, 1, 1), (counted["perennial.ingestion.quarantined WRONG_TYPE"], counted["perennial.ingestion.quarantined MISSING_FIELD"], counted["perennial.ingestion.quarantine.full"], counted["perennial.ingestion.replayed recorded"], counted["perennial.ingestion.replayed refused"]));
    }
}
