using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.V1;
using Erasure = Perennial.Ingestion.V1.Erasure;
using Outcome = Perennial.Ingestion.V1.EventResult.Types.Outcome;

namespace Perennial.Ingestion.Tests.Api;

/// <summary>ExportCustomer, EraseCustomer, GetErasure and ReleaseId through the real door. That nothing is left in any table is the sweep's to show.</summary>
public sealed class PrivacyTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    IngestionHouse _house = null!;
    int _messages;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:ReattributeEventsMax=3", "--Ingestion:ErasurePollSeconds=1");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    Event Page(string user = "", string visitor = "", string email = "") => new() { MessageId = $"m{++_messages}", UserId = user, AnonymousId = visitor, Email = email, PageViewed = new PageViewed { Name = "Home" } };

    async Task<Erasure> EraseAsync(string customer)
        => await _house.Client.EraseCustomerAsync(new EraseCustomerRequest { Shop = IngestionHouse.Shop, Customer = customer, Actor = "dpo", Reason = "request 7" }, cancellationToken: Cancel);

    async Task<List<ExportCustomerResponse>> ExportAsync(string customer)
    {
        using var call = _house.Client.ExportCustomer(new ExportCustomerRequest { Shop = IngestionHouse.Shop, Customer = customer }, cancellationToken: Cancel);
        return await call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
    }

    async Task<string> QuarantineAsync(string messageId, params string[] ids)
    {
        var answer = await _house.Client.QuarantineEventsAsync(new QuarantineEventsRequest
        {
            Shop = IngestionHouse.Shop,
            Events = { new QuarantinedEvent { MessageId = messageId, Reason = "WRONG_TYPE", Payload = "{}", Ids = { ids } } },
        }, cancellationToken: Cancel);
        return Assert.Single(answer.Quarantined);
    }

    async Task<List<string>> QuarantinedAsync()
        => [.. (await _house.Client.ListQuarantinedAsync(new ListQuarantinedRequest { Shop = IngestionHouse.Shop }, cancellationToken: Cancel)).Events.Select(e => e.MessageId)];

    [Fact]
    public async Task An_export_holds_the_identity_every_event_once_and_what_is_in_quarantine()
    {
        await _house.RecordAsync(Page(visitor: "v"), Page(visitor: "v"), Page("bob"));
        await _house.RecordAsync(Page("ann", "v", "ann@example.com"));
        await QuarantineAsync("q1", "anon:v");
        await QuarantineAsync("q2", "user:bob");

        foreach (var id in (string[])["user:ann", "anon:v", "email:ann@example.com"])
        {
            var parts = await ExportAsync(id);
            Assert.Equal("user:ann", parts[0].Identity.Customer);
            Assert.Equal(3, parts[0].Identity.Ids.Count);
            Assert.Equal(["m1", "m2", "m4"], parts.Where(p => p.Event is not null).Select(p => p.Event.Event.MessageId).Order(StringComparer.Ordinal));
            Assert.All(parts.Where(p => p.Event is not null), p => Assert.Equal("user:ann", p.Event.Customer));
            Assert.Equal("q1", Assert.Single(parts, p => p.Quarantined is not null).Quarantined.MessageId);
        }
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => ExportAsync("user:nobody")));
    }

    [Fact]
    public async Task An_erased_person_leaves_orders_without_a_name_and_their_ids_are_refused()
    {
        await _house.RecordAsync(Page(visitor: "v"), Some.Order("o1", "ann"), Some.Order("o2", "ann"), Some.Order("bobs", "bob"));
        await _house.RecordAsync(Page("ann", "v"), Page("ann"), Page("ann"));
        await QuarantineAsync("q1", "user:ann");
        await QuarantineAsync("q2", "user:bob");

        var erasure = await EraseAsync("anon:v");
        Assert.Equal((2, 6L), (erasure.IdCount, erasure.EventCount));
        Assert.Equal(("dpo", "request 7"), (erasure.Actor, erasure.Reason));

        var current = (await _house.ReadAllAsync()).Where(e => e.Event.PayloadCase != Event.PayloadOneofCase.CustomerReset).ToLookup(e => e.Customer);
        Assert.Equal([erasure.Remains, "user:bob"], current.Select(c => c.Key).Order(StringComparer.Ordinal));
        var remains = current[erasure.Remains].ToList();
        Assert.Equal(2, remains.Count(e => e.Event.OrderCompleted is { Amounts.Total.Units: 25 }));
        Assert.Equal(Event.PayloadOneofCase.CustomerErased, remains[^1].Event.PayloadCase);
        Assert.All(remains, e => Assert.True(e.Identified && e.ReattributeTime is not null));
        Assert.Equal(["q2"], await QuarantinedAsync());

        var again = (await _house.RecordAsync(Page("ann"), Page("bob", "v"), Page("bob"))).Results;
        Assert.Equal([Outcome.Refused, Outcome.Refused, Outcome.Recorded], again.Select(r => r.Outcome));
        Assert.Equal(["user_id", "anonymous_id"], again.Take(2).Select(r => r.Violations[0].Field));
        Assert.All(again.Take(2), r => Assert.Equal("ERASED", r.Reason));
        Assert.Equal("", await QuarantineAsync("q3", "user:ann"));

        Assert.Equal(erasure.Erasure_, (await EraseAsync("user:ann")).Erasure_);
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => ExportAsync("user:ann")));
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => EraseAsync("user:nobody")));
    }

    [Fact]
    public async Task An_erasure_is_done_when_every_reader_has_passed_it()
    {
        await _house.RecordAsync(Page("ann"));
        await _house.Client.ReportReaderAsync(new ReportReaderRequest { Reader = "slow" }, cancellationToken: Cancel);
        var erasure = await EraseAsync("user:ann");
        Assert.Equal(Erasure.Types.State.Running, erasure.State);
        Assert.Contains(await _house.ReadAllAsync(), e => e.Customer == "user:ann");

        var heads = (await _house.Client.GetFeedHeadAsync(new GetFeedHeadRequest(), cancellationToken: Cancel)).Partitions;
        await _house.Client.ReportReaderAsync(new ReportReaderRequest { Reader = "slow", Positions = { heads.Select(h => new ReaderPosition { Partition = h.Partition, Position = h.HeadPosition }) } }, cancellationToken: Cancel);
        await DoneAsync(erasure);
        Assert.DoesNotContain(await _house.ReadAllAsync(), e => e.Customer == "user:ann");
        Assert.Equal((StatusCode.NotFound, "ERASURE_NOT_FOUND"), await RefusalAsync(async () => await _house.Client.GetErasureAsync(new GetErasureRequest { Shop = IngestionHouse.Shop, Erasure = "none" }, cancellationToken: Cancel)));
    }

    async Task DoneAsync(Erasure erasure)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while ((await _house.Client.GetErasureAsync(new GetErasureRequest { Shop = IngestionHouse.Shop, Erasure = erasure.Erasure_ }, cancellationToken: patience.Token)).State != Erasure.Types.State.Done) await Task.Delay(50, patience.Token);
    }

    [Fact]
    public async Task Who_comes_back_is_released_and_begins_anew()
    {
        await _house.RecordAsync(Page("ann"));
        var first = await EraseAsync("user:ann");
        Assert.True((await _house.Client.ReleaseIdAsync(new ReleaseIdRequest { Shop = IngestionHouse.Shop, Id = "user:ann" }, cancellationToken: Cancel)).Released);
        Assert.False((await _house.Client.ReleaseIdAsync(new ReleaseIdRequest { Shop = IngestionHouse.Shop, Id = "user:ann" }, cancellationToken: Cancel)).Released);

        Assert.Equal(1, (await _house.RecordAsync(Page("ann"))).RecordedCount);
        Assert.Equal("m2", Assert.Single(await ExportAsync("user:ann"), p => p.Event is not null).Event.Event.MessageId);
        var second = await EraseAsync("user:ann");
        Assert.NotEqual(first.Erasure_, second.Erasure_);
        Assert.Equal(1, second.EventCount);
    }

    [Fact]
    public async Task Of_two_who_were_merged_by_mistake_one_is_erased_and_the_other_keeps_everything()
    {
        await _house.RecordAsync(Some.Order("a1", "ann"), Some.Order("b1", "bob"));
        var merge = await _house.Client.MergeCustomersAsync(new MergeCustomersRequest { Shop = IngestionHouse.Shop, FromCustomer = "user:ann", ToCustomer = "user:bob", Actor = "x", Reason = "y" }, cancellationToken: Cancel);
        await _house.RecordAsync(Page("ann"), Page("bob"));
        await _house.Client.UnmergeCustomersAsync(new UnmergeCustomersRequest { Shop = IngestionHouse.Shop, Change = merge.Change, Actor = "x", Reason = "z" }, cancellationToken: Cancel);

        await EraseAsync("user:ann");
        var logged = await _house.ReadAllAsync();
        Assert.DoesNotContain(logged, e => e.Event.UserId == "ann");
        Assert.Equal(["b1", "m2"], (await ExportAsync("user:bob")).Where(p => p.Event is not null).Select(p => p.Event.Event.MessageId).Order(StringComparer.Ordinal));
        Assert.Empty((await _house.Client.GetIdentityAsync(new GetIdentityRequest { Shop = IngestionHouse.Shop, Customer = "user:bob" }, cancellationToken: Cancel)).Changes);
    }

    [Fact]
    public async Task An_event_of_somebody_else_that_carries_a_device_of_the_person_stays_theirs()
    {
        await _house.RecordAsync(Page("ann", "tablet"), Page("bob", "tablet"), Page("bob"));
        var merge = await _house.Client.MergeCustomersAsync(new MergeCustomersRequest { Shop = IngestionHouse.Shop, FromCustomer = "user:ann", ToCustomer = "user:bob", Actor = "x", Reason = "y" }, cancellationToken: Cancel);
        await _house.Client.UnmergeCustomersAsync(new UnmergeCustomersRequest { Shop = IngestionHouse.Shop, Change = merge.Change, Actor = "x", Reason = "z" }, cancellationToken: Cancel);

        await EraseAsync("user:ann");
        Assert.Equal(["m2", "m3"], (await ExportAsync("user:bob")).Where(p => p.Event is not null).Select(p => p.Event.Event.MessageId).Order(StringComparer.Ordinal));
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(Func<Task> call)
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(call);
        return (code, reason);
    }
}
