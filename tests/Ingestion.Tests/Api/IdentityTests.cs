using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Common.V1;
using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Identity;
using Perennial.Ingestion.V1;
using IdentityChange = Perennial.Ingestion.V1.IdentityChange;

namespace Perennial.Ingestion.Tests.Api;

/// <summary>GetIdentity, MergeCustomers, UnmergeCustomers, and what RecordEvents links, through the real door.</summary>
public sealed class IdentityTests : IAsyncLifetime
{
    static readonly string Ann = CustomerId.Email("ann@example.com").Text;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    IngestionHouse _house = null!;
    int _messages;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _house = await IngestionHouse.StartAsync("--Ingestion:ReattributeEventsMax=2");

    public ValueTask DisposeAsync() => _house.DisposeAsync();

    Event Page(string user = "", string visitor = "", string email = "") => new() { MessageId = $"m{++_messages}", UserId = user, AnonymousId = visitor, Email = email, PageViewed = new PageViewed { Name = "Home" } };

    async Task<Identity> IdentityAsync(string customer) => await _house.Client.GetIdentityAsync(new GetIdentityRequest { Shop = IngestionHouse.Shop, Customer = customer }, cancellationToken: Cancel);

    async Task<IdentityChange> MergeAsync(string from, string to, string request = "")
        => await _house.Client.MergeCustomersAsync(new MergeCustomersRequest { Shop = IngestionHouse.Shop, FromCustomer = from, ToCustomer = to, Actor = "ann", Reason = "wrote to us", RequestId = request }, cancellationToken: Cancel);

    async Task<IdentityChange> UnmergeAsync(string change)
        => await _house.Client.UnmergeCustomersAsync(new UnmergeCustomersRequest { Shop = IngestionHouse.Shop, Change = change, Actor = "bob", Reason = "was wrong" }, cancellationToken: Cancel);

    /// <summary>By customer the messages that count, in the order of the feed: what lies behind their last reset.</summary>
    async Task<Dictionary<string, List<RecordedEvent>>> CurrentAsync()
    {
        var current = new Dictionary<string, List<RecordedEvent>>();
        foreach (var e in await _house.ReadAllAsync())
        {
            if (e.Event.PayloadCase == Event.PayloadOneofCase.CustomerReset) current.Remove(e.Customer);
            else (current.TryGetValue(e.Customer, out var events) ? events : current[e.Customer] = []).Add(e);
        }
        return current;
    }

    static async Task<(StatusCode Code, string Reason)> RefusalAsync(Func<Task> call)
    {
        var (code, reason, _) = await IngestionHouse.RefusalAsync(call);
        return (code, reason);
    }

    static string Outline(Dictionary<string, List<RecordedEvent>> current)
        => string.Join(" | ", current.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}: {string.Join(' ', c.Value.Select(e => e.Event.MessageId).Order(StringComparer.Ordinal))}"));

    /// <summary>Waits for the worker, who moves what events linked without anybody waiting.</summary>
    async Task<string> SettledAsync(string expected)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            var outline = Outline(await CurrentAsync());
            if (outline == expected || patience.IsCancellationRequested) return outline;
            await Task.Delay(20, Cancel);
        }
    }

    [Fact]
    public async Task A_visitor_who_logs_in_brings_their_history_along()
    {
        await _house.RecordAsync(Page(visitor: "v"), Page(visitor: "v"), Page(visitor: "v"));
        var results = (await _house.RecordAsync(Page("ann", "v"), Page(visitor: "v"))).Results;

        const string moved = "user:ann: m1 m2 m3 m4 m5";
        Assert.Equal(moved, await SettledAsync(moved));
        var all = await _house.ReadAllAsync();
        var reset = Assert.Single(all, e => e.Event.PayloadCase == Event.PayloadOneofCase.CustomerReset);
        Assert.Equal(("anon:v", false, CustomerReset.Types.Reason.Merged), (reset.Customer, reset.Identified, reset.Event.CustomerReset.Reason));
        Assert.All(results, r => Assert.Contains(all, e => e.Position == r.Position && e.Event.MessageId == r.MessageId && e.Customer == "user:ann" && e.ReattributeTime is null));
        var login = Assert.Single(all, e => e.Event.MessageId == "m4");
        foreach (var original in all.Where(e => e is { Customer: "anon:v", Event.PageViewed: not null }))
        {
            var copy = Assert.Single(all, e => e.Customer == "user:ann" && e.Event.MessageId == original.Event.MessageId);
            Assert.Equal((original.Event, original.EventTime, original.ReceiveTime, true), (copy.Event, copy.EventTime, copy.ReceiveTime, copy.Identified));
            Assert.True(copy.ReattributeTime >= login.ReceiveTime);
        }
        Assert.Equal(1, (await _house.RecordAsync(all[0].Event)).DuplicateCount);
    }

    [Fact]
    public async Task On_a_shared_device_the_first_to_log_in_keeps_the_visitor_and_the_second_what_names_them()
    {
        await _house.RecordAsync(Page("ann", "v"));
        await _house.RecordAsync(Page("bob", "v"), Page(visitor: "v"), Page("bob"));

        Assert.Equal("user:ann: m1 m3 | user:bob: m2 m4", Outline(await CurrentAsync()));
        Assert.Equal(["user:bob"], (await IdentityAsync("user:bob")).Ids.Select(i => i.Id));
    }

    [Fact]
    public async Task An_identity_names_every_id_with_how_it_came()
    {
        var all = Page("ann", "v", "Ann@example.com");
        all.ExternalIds.Add(new ExternalId { Type = "shopify", Id = "9" });
        await _house.RecordAsync(all);
        await _house.RecordAsync(new Event { MessageId = "alias", UserId = "ann", CustomerAliased = new CustomerAliased { PreviousId = "old" } });
        await _house.RecordAsync(new Event { MessageId = "traits", UserId = "ann", TraitsChanged = new TraitsChanged { Traits = Struct.Parser.ParseJson("""{"email":"second@example.com"}""") } });

        var identity = await IdentityAsync("email:ANN@example.com");
        Assert.Equal((IngestionHouse.Shop, "user:ann", true), (identity.Shop, identity.Customer, identity.Identified));
        string[] ids = ["anon:old", "anon:v", Ann, CustomerId.Email("second@example.com").Text, "ext:shopify:9", "user:ann"];
        Assert.Equal(ids.Order(StringComparer.Ordinal), identity.Ids.Select(i => i.Id));
        Assert.All(identity.Ids, i => Assert.Equal(identity.Changes.SingleOrDefault(c => c.FromCustomer == i.Id)?.ChangeTime, i.LinkTime));
        Assert.Equal(["ext:shopify:9 m1", Ann + " m1", "anon:v m1", "anon:old alias", CustomerId.Email("second@example.com").Text + " traits"], identity.Changes.Select(c => $"{c.FromCustomer} {c.Actor}"));
        Assert.All(identity.Changes, c => Assert.Equal((IdentityChange.Types.Kind.Linked, "user:ann", ""), (c.Kind, c.ToCustomer, c.UndoChange)));
        Assert.Equal((await _house.ReadAllAsync()).Single(e => e.Event.MessageId == "m1").ReceiveTime, identity.Changes[0].ChangeTime);
        foreach (var id in identity.Ids) Assert.Equal(identity, await IdentityAsync(id.Id));
    }

    [Fact]
    public async Task Placeholders_beside_an_id_link_nobody()
    {
        await _house.RecordAsync(Page("ann", "undefined"), Page("bob", "undefined"), Page("cleo", " v"));
        foreach (var user in (string[])["user:ann", "user:bob", "user:cleo"]) Assert.Single((await IdentityAsync(user)).Ids);
    }

    [Fact]
    public async Task Two_users_are_merged_and_parted_by_calls_with_what_was_recorded_in_between()
    {
        await _house.RecordAsync(Page("ann"), Page("bob"), Page("ann", "v"));
        var merge = await MergeAsync("anon:v", "user:bob");
        Assert.Equal((IdentityChange.Types.Kind.Merged, "user:ann", "user:bob", "ann", "wrote to us", 2L), (merge.Kind, merge.FromCustomer, merge.ToCustomer, merge.Actor, merge.Reason, merge.MovedEventCount));
        await _house.RecordAsync(Page("ann"), Page("bob"), Page(visitor: "v"));
        Assert.Equal("user:bob: m1 m2 m3 m4 m5 m6", Outline(await CurrentAsync()));
        Assert.Equal(["anon:v", "user:ann", "user:bob"], (await IdentityAsync("user:ann")).Ids.Select(i => i.Id));

        var undo = await UnmergeAsync(merge.Change);
        Assert.Equal((IdentityChange.Types.Kind.Unmerged, "user:bob", "user:ann", merge.Change, 4L), (undo.Kind, undo.FromCustomer, undo.ToCustomer, undo.UndoChange, undo.MovedEventCount));
        await _house.RecordAsync(Page("ann"), Page("bob"));
        Assert.Equal("user:ann: m1 m3 m4 m6 m7 | user:bob: m2 m5 m8", Outline(await CurrentAsync()));
        Assert.Equal(CustomerReset.Types.Reason.Unmerged, Assert.Single(await _house.ReadAllAsync(), e => e is { Customer: "user:bob", Event.CustomerReset: not null }).Event.CustomerReset.Reason);

        var ann = await IdentityAsync("user:ann");
        Assert.Equal([("anon:v", false), ("user:ann", true)], ann.Ids.Select(i => (i.Id, i.Pinned)));
        Assert.Equal([undo.Change, merge.Change], ann.Changes.Where(c => c.UndoChange.Length > 0).Select(c => c.UndoChange));
        Assert.Equal(undo, await UnmergeAsync(merge.Change));
    }

    [Fact]
    public async Task What_an_event_linked_is_undone_too_and_stays_so()
    {
        await _house.RecordAsync(Page(visitor: "v"), Page("ann", "v"));
        var link = Assert.Single((await IdentityAsync("anon:v")).Changes);
        await UnmergeAsync(link.Change);
        await _house.RecordAsync(Page("ann", "v"), Page(visitor: "v"));

        Assert.Equal("anon:v: m1 m4 | user:ann: m2 m3", Outline(await CurrentAsync()));
        Assert.True(Assert.Single((await IdentityAsync("anon:v")).Ids).Pinned);
    }

    [Fact]
    public async Task A_merge_called_again_answers_the_same()
    {
        await _house.RecordAsync(Page("ann"), Page("bob"));
        var request = Guid.NewGuid().ToString();
        var merge = await MergeAsync("user:ann", "user:bob", request);
        var before = (await _house.ReadAllAsync()).Count;

        Assert.Equal(merge, await MergeAsync("user:ann", "user:bob", request.ToUpperInvariant()));
        Assert.Equal((StatusCode.FailedPrecondition, "MERGE_REFUSED"), await RefusalAsync(() => MergeAsync("user:ann", "user:bob")));
        Assert.Equal(before, (await _house.ReadAllAsync()).Count);
    }

    [Fact]
    public async Task Says_what_cannot_be_done()
    {
        await _house.RecordAsync(Page("ann"), Page(visitor: "v"));

        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => IdentityAsync("user:nobody")));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), await RefusalAsync(() => IdentityAsync("ann")));
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => MergeAsync("user:ann", "user:nobody")));
        Assert.Equal((StatusCode.FailedPrecondition, "MERGE_REFUSED"), await RefusalAsync(() => MergeAsync("user:ann", "anon:v")));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_ARGUMENT"), await RefusalAsync(() => MergeAsync("user:ann", "anon:v", "not a uuid")));
        Assert.Equal((StatusCode.NotFound, "MERGE_NOT_FOUND"), await RefusalAsync(() => UnmergeAsync("17")));
        Assert.Equal((StatusCode.NotFound, "MERGE_NOT_FOUND"), await RefusalAsync(() => UnmergeAsync("the last one")));
        Assert.Equal((StatusCode.NotFound, "SHOP_NOT_FOUND"), await RefusalAsync(async () => await _house.Client.GetIdentityAsync(new GetIdentityRequest { Shop = "no-shop", Customer = "user:ann" }, cancellationToken: Cancel)));
    }

    [Fact]
    public async Task An_event_of_an_erased_id_is_refused_by_the_field_that_names_it()
    {
        var (identities, database) = (_house.App.Services.GetRequiredService<IdentityStore>(), _house.App.Services.GetRequiredService<Database>());
        CustomerId[] erased = [CustomerId.User("gone"), CustomerId.External("erp", "1"), CustomerId.Email("gone@example.com"), CustomerId.Anonymous("gone")];
        await database.WriteAsync(write => identities.SuppressAsync(write, IngestionHouse.Shop, erased, Cancel), Cancel);
        var external = Page("ann");
        external.ExternalIds.Add([new ExternalId { Type = "shopify", Id = "9" }, new ExternalId { Type = "erp", Id = "1" }]);

        var answer = await _house.RecordAsync(Page("gone"), Page("ann", "gone"), Page("ann", email: "Gone@example.com"), external, Page("ann"),
            new Event { MessageId = "traits", UserId = "ann", TraitsChanged = new TraitsChanged { Traits = Struct.Parser.ParseJson("""{"email":"gone@example.com"}""") } },
            new Event { MessageId = "alias", UserId = "ann", CustomerAliased = new CustomerAliased { PreviousId = "gone" } });

        Assert.Equal((1, 6), (answer.RecordedCount, answer.RefusedCount));
        Assert.Equal(["user_id", "anonymous_id", "email", "external_ids[1].id", "traits_changed.traits.email", "customer_aliased.previous_id"], answer.Results.SelectMany(r => r.Violations).Select(v => v.Field));
        Assert.All(answer.Results.SelectMany(r => r.Violations), v => Assert.Contains("ReleaseId", v.Description, StringComparison.Ordinal));
        Assert.Equal((StatusCode.NotFound, "CUSTOMER_NOT_FOUND"), await RefusalAsync(() => IdentityAsync("user:gone")));
    }

    [Fact]
    public async Task Of_callers_who_link_one_visitor_to_many_users_at_once_exactly_one_wins()
    {
        await _house.RecordAsync(Page(visitor: "v"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => _house.RecordAsync(Page($"u{i}", "v"))));
        Assert.All(answers, a => Assert.Equal(1, a.RecordedCount));

        var identity = await IdentityAsync("anon:v");
        Assert.Single(identity.Changes);
        var expected = string.Join(" | ", Enumerable.Range(0, 16)
            .Select(i => (Customer: $"user:u{i}", Message: $"m{i + 2}"))
            .OrderBy(c => c.Customer, StringComparer.Ordinal)
            .Select(c => c.Customer == identity.Customer ? $"{c.Customer}: m1 {c.Message}" : $"{c.Customer}: {c.Message}"));
        Assert.Equal(expected, await SettledAsync(expected));
    }
}
