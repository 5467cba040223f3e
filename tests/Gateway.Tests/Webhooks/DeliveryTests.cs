using System.Globalization;
using Dapper;
using Microsoft.AspNetCore.Http;
using Perennial.Gateway.Webhooks;
using Perennial.Gateway.Webhooks.Storage;
using Perennial.Testing;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>From the feed to the receiver: order, retries, dead letters, erasure, several gateways.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    Platform _platform = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    Receiver Receiver => _platform.Receiver;
    TransitionFeed Feed => _platform.Feed;

    public async ValueTask InitializeAsync() => _platform = await Platform.StartAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    static string[] Users(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => $"user:{i}")];

    void AddUsers(int from, int to)
    {
        foreach (var user in Users(from, to)) Feed.Add(user);
    }

    [Fact]
    public async Task A_transition_arrives_as_a_signed_CloudEvent()
    {
        var webhook = await _platform.AddAsync();
        var transition = Feed.Add("user:42");
        await _platform.RunAsync();
        await Receiver.HasAsync(1);
        var received = Receiver.All.Single();
        Assert.Equal(("acme/1", "application/cloudevents+json", $"{Platform.Start.ToUnixTimeSeconds()}"), (received.Id, received.ContentType, received.Timestamp));
        Assert.Equal(SecretsTests.Expected(webhook.Secrets.Current, received.Id, received.Timestamp, received.Body), received.Signature);
        var json = received.Json;
        Assert.Equal(["specversion", "id", "source", "type", "subject", "time", "recordedtime", "datacontenttype", "data"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ("1.0", "acme/1", "/v1/shops/acme/transitions", "perennial.lifecycle.stage.changed", "user:42", "application/json"),
            (Text("specversion"), Text("id"), Text("source"), Text("type"), Text("subject"), Text("datacontenttype")));
        Assert.Equal(("2026-02-02T00:00:00Z", "2026-02-02T00:00:00.25Z"), (Text("time"), Text("recordedtime")));
        Assert.Equal(transition, Segmentation.V1.Transition.Parser.ParseJson(json.GetProperty("data").GetRawText()));

        string Text(string name) => json.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Events_arrive_in_the_order_of_the_feed_and_those_that_come_later_too()
    {
        await _platform.AddAsync();
        AddUsers(1, 250);
        await _platform.RunAsync();
        await Receiver.HasAsync(250);
        AddUsers(251, 260);
        await Receiver.HasAsync(260);
        Assert.Equal(Users(1, 260), Receiver.Subjects());
        await _platform.ReachesAsync(260);
    }

    [Theory]
    [InlineData("clc", "", new[] { "user:1", "user:2" })]
    [InlineData("rfm", "", new[] { "user:3" })]
    [InlineData("", "lapsed", new[] { "user:1", "user:2" })]
    [InlineData("clc,rfm", "new,champion", new[] { "user:2", "user:3" })]
    public async Task A_filter_takes_models_and_stages_that_are_entered_or_left(string models, string stages, string[] expected)
    {
        await _platform.AddAsync(filter: new WebhookFilter(Split(models), Split(stages)));
        Feed.Add("user:1", "active", "lapsed");
        Feed.Add("user:2", "lapsed", "new");
        Feed.Add("user:3", "", "champion", "rfm");
        Feed.Add("user:4", "a", "b", "other");
        await _platform.RunAsync();
        await _platform.ReachesAsync(4);
        Assert.Equal(expected, Receiver.Subjects());

        static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public async Task A_restart_goes_on_where_it_was()
    {
        await _platform.AddAsync();
        AddUsers(1, 3);
        var first = await _platform.RunAsync();
        await _platform.ReachesAsync(3);
        await first.StopAsync();
        AddUsers(4, 6);
        await _platform.RunAsync();
        await _platform.ReachesAsync(6);
        Assert.Equal(Users(1, 6), Receiver.Subjects());
    }

    [Fact]
    public async Task A_failure_is_retried_on_schedule_with_the_same_id_before_anything_after_it()
    {
        var webhook = await _platform.AddAsync();
        AddUsers(1, 2);
        Receiver.AnswerWith(500);
        await _platform.RunAsync(settings: ("RetrySeconds", "5,300"));
        Assert.Equal(TimeSpan.FromSeconds(5), await _platform.PassToNextAttemptAsync(1));
        await Receiver.HasAsync(2);
        await _platform.IsAsync(w => w.Progress is { Attempts: 2, PendingPosition: 1, LastStatus: 500, LastFailure: Failures.Status }, "the second attempt is kept");
        Receiver.AnswerWith(200);
        Assert.Equal(TimeSpan.FromSeconds(300), await _platform.PassToNextAttemptAsync(2));
        await _platform.ReachesAsync(2);
        Assert.Equal(["acme/1", "acme/1", "acme/1", "acme/2"], Receiver.All.Select(r => r.Id));
        Assert.Equal([0, 5, 305, 305], Receiver.All.Select(r => long.Parse(r.Timestamp, CultureInfo.InvariantCulture) - Platform.Start.ToUnixTimeSeconds()));
        Assert.All(Receiver.All, r => Assert.Equal(SecretsTests.Expected(webhook.Secrets.Current, r.Id, r.Timestamp, r.Body), r.Signature));
        Assert.Equal(new Progress { Position = 2, LastAttemptTime = _platform.Clock.GetUtcNow(), LastStatus = 200 }, await _platform.ProgressAsync());
    }

    [Fact]
    public async Task A_retry_that_waits_survives_a_restart()
    {
        await _platform.AddAsync();
        Feed.Add();
        Receiver.AnswerWith(500);
        var first = await _platform.RunAsync();
        await _platform.IsAsync(w => w.Progress.NextAttemptTime is not null, "a retry waits");
        await first.StopAsync();
        Receiver.AnswerWith(200);
        await _platform.RunAsync();
        Assert.Equal(TimeSpan.FromSeconds(5), await _platform.PassToNextAttemptAsync(1));
        await _platform.ReachesAsync(1);
        Assert.Equal(2, Receiver.All.Count);
    }

    [Fact]
    public async Task Retry_After_is_honoured()
    {
        await _platform.AddAsync();
        Feed.Add();
        Receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "90";
            return Task.CompletedTask;
        };
        await _platform.RunAsync();
        Assert.Equal(TimeSpan.FromSeconds(90), await _platform.PassToNextAttemptAsync(1));
    }

    [Fact]
    public async Task After_the_last_attempt_it_is_a_dead_letter_and_the_next_event_has_its_turn()
    {
        await _platform.AddAsync();
        AddUsers(1, 3);
        Receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Subject == "user:2" ? 500 : 200;
            return Task.CompletedTask;
        };
        await _platform.RunAsync(settings: ("RetrySeconds", "5,10"));
        await _platform.PassToNextAttemptAsync(1);
        await _platform.PassToNextAttemptAsync(2);
        await _platform.ReachesAsync(3);
        Assert.Equal(["user:1", "user:2", "user:2", "user:2", "user:3"], Receiver.Subjects());
        var letter = Assert.Single(await _platform.Letters.ListAsync(Platform.Hook, 0, 10, Cancel));
        Assert.Equal((2, 3, 500, Failures.Status, false), (letter.Position, letter.Attempts, letter.LastStatus, letter.LastFailure, letter.Redeliver));
        Assert.Equal(_platform.Clock.GetUtcNow(), letter.LastAttemptTime);
    }

    [Fact]
    public async Task Dead_letters_are_delivered_again_when_asked_with_the_same_id()
    {
        var replica = await BuryAsync(3);
        Receiver.Answer = (received, context) =>
        {
            context.Response.StatusCode = received.Subject == "user:2" ? 400 : 200;
            return Task.CompletedTask;
        };
        Assert.Equal(3, await _platform.Letters.MarkAsync(Platform.Hook, null, Cancel));
        replica.Deliveries.Wake();
        await Receiver.HasAsync(6);
        await Eventually.IsTrueAsync(async () => await _platform.Letters.ListAsync(Platform.Hook, 0, 10, Cancel) is [{ Position: 2, Attempts: 3, LastStatus: 400, Redeliver: false }], "only what was refused is left");
        Assert.Equal(["acme/1", "acme/2", "acme/3", "acme/1", "acme/2", "acme/3"], Receiver.All.Select(r => r.Id));
    }

    [Fact]
    public async Task Redelivery_stands_beside_what_is_new()
    {
        var replica = await BuryAsync(1);
        var held = new TaskCompletionSource();
        Receiver.Answer = (received, _) => received.Id == "acme/1" ? held.Task : Task.CompletedTask;
        await _platform.Letters.MarkAsync(Platform.Hook, 1, Cancel);
        replica.Deliveries.Wake();
        await Receiver.HasAsync(2);
        Feed.Add("user:9");
        await _platform.ReachesAsync(2);
        held.SetResult();
        await Eventually.IsTrueAsync(async () => await _platform.Letters.CountAsync(Platform.Hook, Cancel) == 0, "the dead letter is delivered");
    }

    /// <summary>Events of so many users, all of them dead letters at once.</summary>
    async Task<Replica> BuryAsync(int users)
    {
        await _platform.AddAsync();
        AddUsers(1, users);
        Receiver.AnswerWith(500);
        var replica = await _platform.RunAsync(settings: ("RetrySeconds", "0"));
        // A wait of nothing is over at once.
        await _platform.ReachesAsync(users);
        Receiver.All.Clear();
        for (var i = 1; i <= users; i++) Receiver.All.Enqueue(new Received("/hook", $"acme/{i}", "", "", null, "{\"subject\":\"\"}"u8.ToArray()));
        return replica;
    }

    [Fact]
    public async Task With_no_room_for_another_dead_letter_the_webhook_is_disabled_and_loses_nothing()
    {
        await _platform.AddAsync();
        AddUsers(1, 3);
        Receiver.AnswerWith(500);
        await _platform.RunAsync(settings: [("RetrySeconds", "0"), ("DeadLettersMax", "2")]);
        await _platform.IsAsync(w => !w.Enabled, "it is disabled");
        var webhook = (await _platform.Webhooks.GetAsync(Platform.Hook, Cancel))!;
        Assert.Equal((DisabledReasons.DeadLettersFull, 2L), (webhook.DisabledReason, webhook.Progress.Position));
        Assert.Equal(2, await _platform.Letters.CountAsync(Platform.Hook, Cancel));
    }

    [Fact]
    public async Task Gone_disables_the_webhook_and_enabling_it_goes_on_with_the_same_event()
    {
        await _platform.AddAsync();
        AddUsers(1, 2);
        Receiver.AnswerWith(410);
        var replica = await _platform.RunAsync();
        await _platform.IsAsync(w => !w.Enabled, "it is disabled");
        var webhook = (await _platform.Webhooks.GetAsync(Platform.Hook, Cancel))!;
        Assert.Equal((DisabledReasons.Gone, 0L, 410), (webhook.DisabledReason, webhook.Progress.Position, webhook.Progress.LastStatus));
        Receiver.AnswerWith(200);
        await _platform.Webhooks.UpdateAsync(Platform.Hook, w => w with { Enabled = true, DisabledReason = "" }, restart: true, null, Cancel);
        replica.Deliveries.Wake();
        await _platform.ReachesAsync(2);
        Assert.Equal(["user:1", "user:1", "user:2"], Receiver.Subjects());
    }

    [Fact]
    public async Task A_slow_receiver_holds_up_nobody_else()
    {
        await _platform.AddAsync("hook", "/hook");
        await _platform.AddAsync("slow", "/slow");
        Receiver.Answer = (received, context) => received.Path == "/slow" ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask;
        AddUsers(1, 50);
        await _platform.RunAsync();
        await Receiver.HasAsync(1, "/slow");
        await _platform.ReachesAsync(50);
        Assert.Equal(["user:1"], Receiver.Subjects("/slow"));
    }

    [Fact]
    public async Task The_old_secret_signs_too_after_a_rotation()
    {
        var before = await _platform.AddAsync();
        var after = (await _platform.Webhooks.UpdateAsync(Platform.Hook, w => w with { Secrets = w.Secrets.Rotated(Platform.Start.AddDays(1)) }, restart: false, null, Cancel))!;
        Feed.Add();
        await _platform.RunAsync();
        await Receiver.HasAsync(1);
        var received = Receiver.All.Single();
        Assert.Equal(
            [SecretsTests.Expected(after.Secrets.Current, received.Id, received.Timestamp, received.Body), SecretsTests.Expected(before.Secrets.Current, received.Id, received.Timestamp, received.Body)],
            received.Signature.Split(' '));
    }

    [Fact]
    public async Task Two_gateways_deliver_each_event_once()
    {
        foreach (var id in (string[])["hook", "other", "third"]) await _platform.AddAsync(id, "/" + id);
        await _platform.RunAsync();
        await _platform.RunAsync();
        AddUsers(1, 50);
        foreach (var id in (string[])["hook", "other", "third"])
        {
            await Receiver.HasAsync(50, "/" + id);
            Assert.Equal(Users(1, 50), Receiver.Subjects("/" + id));
        }
        await _platform.ReachesAsync(50);
        Assert.Equal(150, Receiver.All.Count);
    }

    [Fact]
    public async Task Another_gateway_takes_over_from_one_that_is_lost()
    {
        await _platform.AddAsync();
        await _platform.Leases.ClaimAsync("lost", Platform.Start, Platform.Start.AddSeconds(30), Cancel);
        AddUsers(1, 2);
        var replica = await _platform.RunAsync();
        _platform.Clock.Advance(TimeSpan.FromSeconds(29));
        replica.Deliveries.Wake();
        Assert.Equal("lost", Assert.Single(await _platform.Leases.ListAsync(Cancel)).LeaseHolder);
        _platform.Clock.Advance(TimeSpan.FromSeconds(1));
        replica.Deliveries.Wake();
        await _platform.ReachesAsync(2);
        Assert.Equal(Users(1, 2), Receiver.Subjects());
    }

    [Fact]
    public async Task A_gateway_that_lost_its_lease_without_knowing_moves_nothing_any_more()
    {
        await _platform.AddAsync();
        // Its clock stands still: it never comes to renew.
        var stalled = await _platform.RunAsync(new TimedClock(Platform.Start));
        Feed.Add("user:1");
        await _platform.ReachesAsync(1);
        _platform.Clock.Advance(TimeSpan.FromSeconds(31));
        await _platform.RunAsync();
        var holder = "";
        await Eventually.IsTrueAsync(async () => (holder = Assert.Single(await _platform.Leases.ListAsync(Cancel)).LeaseHolder).Length > 0 && Receiver.All.Count == 1, "somebody holds it");
        AddUsers(2, 10);
        await _platform.ReachesAsync(10);
        // Each had the first of them on its way at most: in order, and no more than once too often.
        Assert.Equal(Users(1, 10), Receiver.Subjects().Distinct());
        Assert.InRange(Receiver.All.Count, 10, 11);
        await stalled.StopAsync();
    }

    [Fact]
    public async Task A_gateway_that_stops_leaves_its_webhooks_at_once()
    {
        await _platform.AddAsync();
        var first = await _platform.RunAsync();
        Feed.Add("user:1");
        await _platform.ReachesAsync(1);
        await first.StopAsync();
        Assert.Equal("", Assert.Single(await _platform.Leases.ListAsync(Cancel)).LeaseHolder);
    }

    [Fact]
    public async Task A_feed_that_is_away_is_asked_again()
    {
        await _platform.AddAsync();
        Feed.Add();
        Feed.Refuses = Grpc.Core.StatusCode.Internal;
        await _platform.RunAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(!Feed.Asked.IsEmpty && _platform.Clock.IsAwaited(Platform.Start.AddMilliseconds(100))), "it was asked in vain and waits");
        Feed.Refuses = null;
        _platform.Clock.Advance(TimeSpan.FromMilliseconds(100));
        await _platform.ReachesAsync(1);
    }

    [Fact]
    public async Task Who_was_erased_while_their_event_waited_is_passed_over()
    {
        await _platform.AddAsync();
        Feed.Add("user:gone");
        Receiver.AnswerWith(500);
        await _platform.RunAsync();
        await _platform.IsAsync(w => w.Progress.NextAttemptTime is not null, "a retry waits");
        Feed.Erase("user:gone");
        Receiver.AnswerWith(200);
        Feed.Add("user:other");
        await _platform.PassToNextAttemptAsync(1);
        await _platform.ReachesAsync(2);
        Assert.Equal(["user:gone", "user:other"], Receiver.Subjects());
    }

    [Fact]
    public async Task Who_was_erased_behind_a_slow_receiver_is_passed_over()
    {
        await _platform.AddAsync();
        AddUsers(1, 3);
        var answered = new TaskCompletionSource();
        Receiver.Answer = (_, _) => answered.Task;
        await _platform.RunAsync();
        await Receiver.HasAsync(1);
        Feed.Erase("user:3");
        _platform.Clock.Advance(TimeSpan.FromSeconds(11));
        answered.SetResult();
        await _platform.ReachesAsync(3);
        Assert.Equal(Users(1, 2), Receiver.Subjects());
    }

    [Fact]
    public async Task A_dead_letter_of_somebody_erased_is_gone_when_it_is_asked_for()
    {
        var replica = await BuryAsync(2);
        Feed.Erase("user:1");
        Receiver.AnswerWith(200);
        await _platform.Letters.MarkAsync(Platform.Hook, null, Cancel);
        replica.Deliveries.Wake();
        await Eventually.IsTrueAsync(async () => await _platform.Letters.CountAsync(Platform.Hook, Cancel) == 0, "no dead letter is left");
        Assert.Equal(["acme/1", "acme/2", "acme/2"], Receiver.All.Select(r => r.Id));
    }

    [Fact]
    public async Task A_dead_letter_beyond_the_end_of_the_feed_stays_one()
    {
        var replica = await BuryAsync(2);
        // As in a feed that is being made anew.
        Feed.Erase("user:2");
        Receiver.AnswerWith(200);
        await _platform.Letters.MarkAsync(Platform.Hook, 2, Cancel);
        replica.Deliveries.Wake();
        await Eventually.IsTrueAsync(async () => (await _platform.Letters.ListAsync(Platform.Hook, 1, 1, Cancel))[0] is { Redeliver: false, LastFailure: Failures.NotInFeed }, "it is said why");
        Assert.Equal(2, Receiver.All.Count);
    }

    [Fact]
    public async Task No_table_ever_names_a_customer_whatever_the_receiver_answers()
    {
        await _platform.AddAsync();
        Feed.Add("user:zquark");
        Feed.Add("user:zquark");
        Receiver.Answer = async (received, context) =>
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync("no such contact: " + received.Json, context.RequestAborted);
        };
        await _platform.RunAsync(settings: ("RetrySeconds", "5"));
        await _platform.PassToNextAttemptAsync(1);
        await _platform.IsAsync(w => w.Progress is { Position: 1, PendingPosition: 2 }, "one is dead, one waits");
        await using var connection = await _platform.Database.OpenAsync(Cancel);
        foreach (var table in await connection.QueryAsync<string>("SELECT name FROM sqlite_master WHERE type = 'table'"))
        {
            foreach (var row in (await connection.QueryAsync($"SELECT * FROM {table}")).Cast<IDictionary<string, object?>>())
                Assert.DoesNotContain(row.Values, value => $"{value}".Contains("zquark", StringComparison.OrdinalIgnoreCase));
        }
    }
}
