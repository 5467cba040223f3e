using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.Tests.Data;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteSegmentationStoreTests() : SegmentationStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerSegmentationStoreTests() : SegmentationStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees, in every dialect.</summary>
public abstract class SegmentationStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly ShopSettings Tea = new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);
    static readonly DateTimeOffset Late = Utc("2030-01-01");

    /// <summary>All that the log holds of the first half of 2024 has happened.</summary>
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");

    TestStore _test = null!;
    SegmentationStore _store = null!;
    long _position;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task<Applied> ApplyAsync(params Sighting[] sightings)
    {
        var (after, next) = (_position, _position += sightings.Length + 1);
        return (await _store.ApplyAsync(new EventBatch(0, after, next, after == 0 ? [Tea] : [], sightings), Now, Cancellation))!;
    }

    static Sighting Buys(string customer, Fact fact, string shop = "tea") => new(shop, customer, customer.StartsWith("user:", StringComparison.Ordinal), fact.Time, fact);
    static Sighting Visits(string customer, string time, string shop = "tea") => new(shop, customer, customer.StartsWith("user:", StringComparison.Ordinal), Utc(time), null);

    async Task<Shop> TeaAsync() => (await _store.FindShopAsync("tea", Cancellation))!;

    static Sighting Resets(string customer, ResetKind kind, string time, string shop = "tea") => Visits(customer, time, shop) with { Reset = kind };

    async Task<Derivation> ClcAsync(string shop = "tea") => (await _store.FindActiveAsync(shop, "clc", Cancellation))!;

    static Dictionary<string, (long Customers, decimal Value)> Named(Dictionary<Stage, StageTotal> totals)
        => totals.Where(t => t.Value != default).ToDictionary(t => t.Key.Id, t => (t.Value.Customers, t.Value.Value));

    async Task<Dictionary<string, (long Customers, decimal Value)>> CountAsync(DateTimeOffset asOf, bool anonymous = false)
        => Named(await _store.CountStagesAsync(await TeaAsync(), await ClcAsync(), asOf, anonymous, Cancellation));

    async Task<Dictionary<string, (long Customers, decimal Value)>> CountKnownAsync(DateTimeOffset asOf, DateTimeOffset knownAt)
        => Named(await _store.CountStagesAsync(await TeaAsync(), await ClcAsync(), asOf, knownAt, true, Cancellation));

    async Task<Dictionary<(string From, string To), long>> FlowAsync(DateTimeOffset from, DateTimeOffset to, bool anonymous = false, DateTimeOffset? knownAt = null)
        => (await _store.CountFlowsAsync(await TeaAsync(), await ClcAsync(), from, to, knownAt, anonymous, Cancellation)).ToDictionary(t => (t.Key.From?.Id ?? "", t.Key.To.Id), t => t.Value);

    async Task<History> HistoryAsync(string customer, DateTimeOffset? knownAt = null)
        => (await _store.FindCustomerAsync(await TeaAsync(), customer, Sources.All, Cancellation))!.Record.AsKnown(knownAt, "GBP", London)!;

    /// <summary>Page after page, as the door reads them.</summary>
    async Task<IReadOnlyList<string>> ListAsync(string stage, DateTimeOffset asOf, bool anonymous = false, string after = "", int limit = 2)
    {
        var (listed, shop) = (new List<string>(), await TeaAsync());
        while (true)
        {
            var page = await _store.ListCustomersAsync(shop, after, anonymous, Sources.All, limit, Cancellation);
            listed.AddRange(page.Where(c => c.Record.Now("GBP", London) is { } history && Lifecycle.StageAt(history, Clc, London, asOf)?.Stage.Id is { } id && (stage.Length == 0 || id == stage)).Select(c => c.Id));
            if (page.Count < limit) return listed;
            after = page[^1].Id;
        }
    }

    [Fact]
    public async Task Knows_a_shop_once_the_log_announced_it()
    {
        Assert.Null(await _store.FindShopAsync("tea", Cancellation));
        await ApplyAsync();
        var shop = await TeaAsync();
        Assert.Equal(("tea", "Europe/London", "GBP"), (shop.Id, shop.Zone.Id, shop.Currency));
        Assert.Null(await _store.FindShopAsync("TEA", Cancellation));
    }

    [Fact]
    public async Task Keeps_the_settings_that_every_partition_repeats()
    {
        await ApplyAsync();
        await _store.ApplyAsync(new EventBatch(1, 0, 1, [Tea], []), Now, Cancellation);
        await _store.ApplyAsync(new EventBatch(2, 0, 2, [Tea, Tea], []), Now, Cancellation);
        Assert.Equal("GBP", (await TeaAsync()).Currency);
        Assert.Equal(1, await _store.ReadCheckpointAsync(1, Cancellation));
        Assert.Equal(2, await _store.ReadCheckpointAsync(2, Cancellation));
        Assert.Equal(0, await _store.ReadCheckpointAsync(3, Cancellation));
    }

    [Fact]
    public async Task Applies_a_batch_once_whoever_tries_it_again()
    {
        var batch = new EventBatch(3, 0, 2, [Tea], [Buys("user:a", Ordered("o1", "2024-01-01"))]);
        Assert.Equal(new Applied(1, 1, 0, 1), await _store.ApplyAsync(batch, Now, Cancellation));
        var before = await Tables.ReadAllAsync(_test.Database);
        Assert.Null(await _store.ApplyAsync(batch, Now, Cancellation));
        Assert.Null(await _store.ApplyAsync(batch with { After = 1, Next = 9 }, Now, Cancellation));
        Assert.Equal(before, await Tables.ReadAllAsync(_test.Database));
        Assert.Equal(2, await _store.ReadCheckpointAsync(3, Cancellation));
    }

    [Fact]
    public async Task An_erasure_leaves_nothing_but_what_follows_it()
    {
        await ApplyAsync(Visits("user:a", "2024-01-01"), Buys("user:b", Ordered("o1", "2024-01-01")));
        var without = await Tables.ReadAllAsync(_test.Database);
        await ApplyAsync(Buys("anon:x", Ordered("o2", "2024-01-01")), Visits("anon:x", "2023-01-01"));
        await ApplyAsync(Resets("anon:x", ResetKind.Erased, "2024-02-01"), Resets("user:nobody", ResetKind.Erased, "2024-02-01"), Resets("user:nobody", ResetKind.Moved, "2024-02-01"));
        Assert.Equal(without, await Tables.ReadAllAsync(_test.Database));

        await ApplyAsync(Resets("user:b", ResetKind.Erased, "2024-02-01"), Buys("user:b", Ordered("o3", "2024-02-01")));
        Assert.Equal(("o3", Utc("2024-02-01")), (Assert.Single((await HistoryAsync("user:b")).Purchases.Points).LastOrder!.Id, (await HistoryAsync("user:b")).FirstSeen));
        Assert.Equal([("user:a", "", "prospect"), ("user:b", "", "sleeper")], (await FeedAsync()).Select(t => (t.Customer, t.From, t.To)));
    }

    async Task<IReadOnlyList<ToldTransition>> FeedAsync() => await _store.ReadTransitionsAsync(await TeaAsync(), 0, 1_000, Cancellation);

    [Fact]
    public async Task What_is_left_of_the_erased_counts_until_they_left()
    {
        await ApplyAsync(Buys("erased:1", Ordered("o1", "2024-01-01")) with { Identified = true });
        await ApplyAsync(new Sighting("tea", "erased:1", true, Utc("2024-01-20"), null, Leaves: true));
        Assert.Equal(1, (await CountAsync(Utc("2024-01-19")))["new"].Customers);
        Assert.Empty(await CountAsync(Utc("2024-01-20")));
        Assert.Empty(await ListAsync("", Utc("2024-01-20")));
        Assert.Equal(Utc("2024-01-20"), (await HistoryAsync("erased:1")).End);
    }

    [Fact]
    public async Task Applies_nothing_of_a_batch_that_fails()
    {
        await ApplyAsync(Visits("user:a", "2024-01-01"));
        var before = await Tables.ReadAllAsync(_test.Database);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-01")), Visits("user:b", "2024-01-01", shop: "unannounced")));
        Assert.Equal(before, await Tables.ReadAllAsync(_test.Database));
        Assert.Equal(2, await _store.ReadCheckpointAsync(0, Cancellation));
    }

    [Fact]
    public async Task Finds_a_customer_with_their_history_and_position()
    {
        await ApplyAsync();
        Assert.Null(await _store.FindCustomerAsync(await TeaAsync(), "user:a", Sources.All, Cancellation));
        await ApplyAsync(Visits("user:a", "2024-01-01T08:00:00.123Z"), Buys("user:a", Ordered("o1", "2024-01-02T09:30:00.456Z", 12.3456m)), Buys("user:b", Ordered("o2", "2024-01-03")));
        var found = (await _store.FindCustomerAsync(await TeaAsync(), "user:a", Sources.All, Cancellation))!;
        Assert.Equal(("user:a", true, 5), (found.Id, found.Identified, found.Position));
        Assert.Equal(
            [new Purchases(Utc("2024-01-01T08:00:00.123Z"), 0, null, 0), new Purchases(Utc("2024-01-02T09:30:00.456Z"), 1, new Order(Utc("2024-01-02T09:30:00.456Z"), "o1"), 12.3456m)],
            found.Record.Now("GBP", London)!.Purchases.Points);
    }

    [Theory]
    [InlineData("user:alice", "user:Alice")]
    [InlineData("user:straße", "user:strasse")]
    [InlineData("user:\u00e9", "user:e\u0301")]
    [InlineData("user:\"q\"", "user:'q'")]
    [InlineData("user:a\\b", "user:a\\\\b")]
    [InlineData("user:%", "user:_")]
    public async Task Tells_customers_apart_by_every_character(string one, string other)
    {
        await ApplyAsync(Buys(one, Ordered("o1", "2024-01-01", 1)), Buys(other, Ordered("o1", "2024-01-01", 2)));
        await ApplyAsync(Buys(one, Ordered("o2", "2024-01-02", 10)));
        Assert.Equal(11, (await HistoryAsync(one)).Purchases.At(Late)!.Value);
        Assert.Equal(2, (await HistoryAsync(other)).Purchases.At(Late)!.Value);
        Assert.Equal(2, (await ListAsync("", Late)).Count);
    }

    [Fact]
    public async Task Counts_every_stage_and_its_value_as_of_any_instant()
    {
        await ApplyAsync(
            Visits("user:looks", "2024-01-01"),
            Buys("user:once", Ordered("o1", "2024-01-10", 10)),
            Buys("user:twice", Ordered("o2", "2024-01-10", 20)), Buys("user:twice", Ordered("o3", "2024-02-10", 5.5m)),
            Buys("user:returns", Ordered("o4", "2024-01-10", 30)), Buys("user:returns", Refunded("", "2024-01-20", 4.25m)),
            Visits("anon:1", "2024-01-10"), Buys("anon:2", Ordered("o5", "2024-01-10", 99)));
        Assert.Empty(await CountAsync(Utc("2023-12-31T23:59:59.999Z")));
        Assert.Equal(new() { ["prospect"] = (1, 0) }, await CountAsync(Utc("2024-01-01")));
        Assert.Equal(new() { ["prospect"] = (1, 0), ["new"] = (3, 60) }, await CountAsync(Utc("2024-01-10")));
        Assert.Equal(new() { ["prospect"] = (1, 0), ["new"] = (3, 55.75m) }, await CountAsync(Utc("2024-01-20")));
        Assert.Equal(new() { ["prospect"] = (1, 0), ["drifting"] = (2, 35.75m), ["promising"] = (1, 25.5m) }, await CountAsync(Utc("2024-02-10")));
        Assert.Equal(new() { ["prospect"] = (1, 0), ["sleeper"] = (3, 61.25m) }, await CountAsync(Late));
        Assert.Equal(new() { ["prospect"] = (2, 0), ["new"] = (4, 159) }, await CountAsync(Utc("2024-01-10"), anonymous: true));
    }

    [Fact]
    public async Task Counts_flows_between_two_instants()
    {
        await ApplyAsync(
            Buys("user:fades", Ordered("o1", "2024-01-10")),
            Buys("user:stays", Ordered("o2", "2024-01-10")), Buys("user:stays", Ordered("o3", "2024-02-20")), Buys("user:stays", Ordered("o4", "2024-03-10")),
            Visits("user:comes", "2024-02-15"), Buys("user:comes", Ordered("o5", "2024-03-01")),
            Visits("anon:1", "2024-02-15"));
        Assert.Equal(new() { [("new", "drifting")] = 1, [("new", "promising")] = 1, [("", "new")] = 1 }, await FlowAsync(Utc("2024-01-31"), Utc("2024-03-15")));
        Assert.Equal(new() { [("new", "new")] = 2 }, await FlowAsync(Utc("2024-01-10"), Utc("2024-01-31")));
        Assert.Equal(1, (await FlowAsync(Utc("2024-01-31"), Utc("2024-03-15"), anonymous: true))[("", "prospect")]);
        Assert.Equal(new() { [("promising", "promising")] = 1, [("drifting", "drifting")] = 1, [("new", "new")] = 1 }, await FlowAsync(Utc("2024-03-15"), Utc("2024-03-15")));
    }

    [Fact]
    public async Task Lists_by_customer_id_in_pages()
    {
        await ApplyAsync(
            Buys("user:c", Ordered("o1", "2024-01-10")), Buys("user:B", Ordered("o2", "2024-01-10")), Buys("user:a", Ordered("o3", "2024-01-10")),
            Visits("user:d", "2024-01-01"), Buys("anon:1", Ordered("o4", "2024-01-10")));
        var at = Utc("2024-01-20");
        Assert.Equal(["user:B", "user:a", "user:c", "user:d"], await ListAsync("", at));
        Assert.Equal(["user:B", "user:a", "user:c"], await ListAsync("new", at));
        Assert.Equal(["user:B", "user:a"], (await _store.ListCustomersAsync(await TeaAsync(), "", false, Sources.All, 2, Cancellation)).Select(c => c.Id));
        Assert.Equal(["user:c", "user:d"], await ListAsync("", at, after: "user:a", limit: 1));
        Assert.Equal(["anon:1", "user:B", "user:a", "user:c"], await ListAsync("new", at, anonymous: true));
        Assert.Equal(["user:d"], await ListAsync("", Utc("2024-01-05")));
        Assert.Empty(await ListAsync("new", Utc("2023-01-01")));
    }

    [Fact]
    public async Task A_late_order_rewrites_the_past()
    {
        await ApplyAsync(Buys("user:a", Ordered("o2", "2024-03-01", 20)));
        Assert.Empty(await CountAsync(Utc("2024-01-15")));
        Assert.Equal(new Applied(1, 1, 0, 0), await ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-10", 10))));
        Assert.Equal(new() { ["new"] = (1, 10) }, await CountAsync(Utc("2024-01-15")));
        Assert.Equal(new() { ["promising"] = (1, 30) }, await CountAsync(Utc("2024-03-01")));
        Assert.Equal(Utc("2024-01-10"), (await HistoryAsync("user:a")).FirstSeen);
    }

    [Fact]
    public async Task An_earlier_visit_moves_first_seen()
    {
        await ApplyAsync(Visits("user:a", "2024-01-10"));
        Assert.Equal(new Applied(0, 1, 0, 0), await ApplyAsync(Visits("user:a", "2024-01-05"), Visits("user:a", "2024-01-20")));
        Assert.Equal(["user:a"], await ListAsync("prospect", Utc("2024-01-05")));
        Assert.Empty(await ListAsync("prospect", Utc("2024-01-04T23:59:59.999Z")));
    }

    [Fact]
    public async Task Writes_nothing_of_a_customer_that_does_not_change()
    {
        var order = Ordered("o1", "2024-01-10");
        await ApplyAsync(Visits("user:a", "2024-01-01"), Buys("user:a", order));
        Assert.Equal(new Applied(0, 0, 0, 0), await ApplyAsync(Visits("user:a", "2024-02-01"), Visits("user:a", "2024-01-01"), Buys("user:a", order), Buys("user:a", order)));
        Assert.Equal(new Applied(1, 1, 0, 1), await ApplyAsync(Visits("user:a", "2024-02-01"), Buys("user:b", order)));
    }

    [Fact]
    public async Task Counts_amounts_in_another_currency_apart()
    {
        Assert.Equal(
            new Applied(3, 1, 1, 1),
            await ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-10", 10, "GBP")), Buys("user:a", Ordered("o2", "2024-01-11", 50, "USD")), Buys("user:a", Ordered("o3", "2024-01-12", 5))));
        Assert.Equal(new() { ["promising"] = (1, 15) }, await CountAsync(Utc("2024-01-12")));
    }

    [Fact]
    public async Task Keeps_shops_apart()
    {
        var mugs = new ShopSettings("mugs", "America/New_York", "USD", DateTimeOffset.UnixEpoch);
        var sightings = new[] { Buys("user:a", Ordered("o1", "2024-01-10", 10)), Buys("user:a", Ordered("o1", "2024-01-10", 7), "mugs"), Buys("user:b", Ordered("o2", "2024-01-10"), "mugs") };
        Assert.Equal(new Applied(3, 3, 0, 3), await _store.ApplyAsync(new EventBatch(0, 0, 5, [Tea, mugs], sightings), Now, Cancellation));
        Assert.Equal(new Applied(2, 2, 0, 0), await _store.ApplyAsync(new EventBatch(0, 5, 7, [], [Buys("user:a", Ordered("o3", "2024-01-11", 1)), Buys("user:b", Ordered("o3", "2024-01-11", 2), "mugs")]), Now, Cancellation));
        Assert.Equal(new() { ["promising"] = (1, 11) }, await CountAsync(Utc("2024-01-12")));
        var totals = Named(await _store.CountStagesAsync((await _store.FindShopAsync("mugs", Cancellation))!, await ClcAsync("mugs"), Utc("2024-01-12"), false, Cancellation));
        Assert.Equal([("new", 1, 7), ("promising", 1, 12)], totals.Select(t => (t.Key, (int)t.Value.Customers, (int)t.Value.Value)).Order());
    }

    [Fact]
    public async Task Batches_in_any_cut_and_order_leave_the_same_rows()
    {
        var all = new[]
        {
            Visits("user:a", "2024-01-05"), Buys("user:a", Ordered("o1", "2024-01-10", 10)), Buys("user:a", Cancelled("o1", "2024-01-12")), Buys("user:a", Updated("o2", "2024-01-20", 8)),
            Buys("user:b", Refunded("o9", "2024-01-01", 3)), Buys("user:b", Ordered("o9", "2024-02-01", 9)), Visits("anon:1", "2024-02-02"),
        };
        await ApplyAsync(all);
        var expected = await Tables.ReadAsync(_test.Database);
        await using var other = await open();
        var store = new SegmentationStore(other.Database);
        await store.ApplyAsync(new EventBatch(0, 0, 1, [Tea], []), Now, Cancellation);
        foreach (var (index, sighting) in all.Reverse().Index())
            await store.ApplyAsync(new EventBatch(0, index + 1, index + 2, [], [sighting, all[0]]), Now, Cancellation);
        Assert.Equal(expected, await Tables.ReadAsync(other.Database));
    }

    [Fact]
    public async Task Counts_a_real_shop_as_the_table_says()
    {
        var settings = new ShopSettings("retail", RealShops.RetailZone.Id, "GBP", DateTimeOffset.UnixEpoch);
        foreach (var (index, chunk) in RealShops.Retail().Chunk(5_000).Index())
            await _store.ApplyAsync(new EventBatch(0, index * 10_000, (index + 1) * 10_000, index == 0 ? [settings] : [], chunk), Now, Cancellation);
        var shop = (await _store.FindShopAsync("retail", Cancellation))!;
        var asOf = EndOf(Date("2011-06-30"), RealShops.RetailZone);
        var (stages, notYet) = Expected.Counts("online_retail", "2011-06-30");
        var totals = Named(await _store.CountStagesAsync(shop, await ClcAsync("retail"), asOf, false, Cancellation)).ToDictionary(t => t.Key, t => t.Value.Customers);
        Assert.Equal(stages, stages.ToDictionary(s => s.Key, s => totals.GetValueOrDefault(s.Key)));
        Assert.Equal(4_339 - notYet, totals.Where(t => t.Key != "prospect").Sum(t => t.Value));
    }

    [Fact]
    public async Task Counts_the_flows_of_a_real_cohort_as_the_table_says()
    {
        var zone = RealShops.CdnowZone;
        foreach (var (index, chunk) in RealShops.Cdnow().Chunk(3_000).Index())
            await _store.ApplyAsync(new EventBatch(0, index * 10_000, (index + 1) * 10_000, index == 0 ? [new ShopSettings("cdnow", zone.Id, "USD", DateTimeOffset.UnixEpoch)] : [], chunk), Now, Cancellation);
        var shop = (await _store.FindShopAsync("cdnow", Cancellation))!;
        foreach (var (from, to) in new[] { ("1997-03-31", "1997-06-30"), ("1997-06-30", "1997-09-30"), ("1997-09-30", "1997-12-31"), ("1997-12-31", "1998-06-30") })
        {
            var flows = await _store.CountFlowsAsync(shop, await ClcAsync("cdnow"), EndOf(Date(from), zone), EndOf(Date(to), zone), null, false, Cancellation);
            Assert.Equal(Expected.Flows("cdnow_sample", from, to).OrderBy(f => f.Key), flows.ToDictionary(f => (f.Key.From?.Id ?? "", f.Key.To.Id), f => f.Value).OrderBy(f => f.Key));
        }
    }
}
