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
    static readonly ShopSettings Tea = new("tea", "Europe/London", "GBP");
    static readonly DateTimeOffset Late = Utc("2030-01-01");

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
        return (await _store.ApplyAsync(new EventBatch(0, after, next, after == 0 ? [Tea] : [], sightings), Cancellation))!;
    }

    static Sighting Buys(string customer, Fact fact, string shop = "tea") => new(shop, customer, customer.StartsWith("user:", StringComparison.Ordinal), fact.Time, fact);
    static Sighting Visits(string customer, string time, string shop = "tea") => new(shop, customer, customer.StartsWith("user:", StringComparison.Ordinal), Utc(time), null);

    async Task<Shop> TeaAsync() => (await _store.FindShopAsync("tea", Cancellation))!;

    async Task<Dictionary<string, (long Customers, decimal Value)>> CountAsync(DateTimeOffset asOf, bool anonymous = false)
        => (await _store.CountStagesAsync(await TeaAsync(), "clc", asOf, anonymous, Cancellation)).ToDictionary(t => t.Stage, t => (t.CustomerCount, t.TotalValue));

    async Task<Dictionary<(string From, string To), long>> FlowAsync(DateTimeOffset from, DateTimeOffset to, bool anonymous = false)
        => (await _store.CountFlowsAsync(await TeaAsync(), "clc", from, to, anonymous, Cancellation)).ToDictionary(t => (t.FromStage, t.ToStage), t => t.CustomerCount);

    async Task<IReadOnlyList<string>> ListAsync(string stage, DateTimeOffset asOf, bool anonymous = false, string after = "", int limit = 100)
        => [.. (await _store.ListCustomersAsync(await TeaAsync(), new CustomerQuery("clc", Sources.All, stage, asOf, anonymous, after, limit), Cancellation)).Select(c => c.Customer)];

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
        await _store.ApplyAsync(new EventBatch(1, 0, 1, [Tea], []), Cancellation);
        await _store.ApplyAsync(new EventBatch(2, 0, 2, [Tea, Tea], []), Cancellation);
        Assert.Equal("GBP", (await TeaAsync()).Currency);
        Assert.Equal(1, await _store.ReadCheckpointAsync(1, Cancellation));
        Assert.Equal(2, await _store.ReadCheckpointAsync(2, Cancellation));
        Assert.Equal(0, await _store.ReadCheckpointAsync(3, Cancellation));
    }

    [Fact]
    public async Task Applies_a_batch_once_whoever_tries_it_again()
    {
        var batch = new EventBatch(3, 0, 2, [Tea], [Buys("user:a", Ordered("o1", "2024-01-01"))]);
        Assert.Equal(new Applied(1, 1, 0), await _store.ApplyAsync(batch, Cancellation));
        var before = await Tables.ReadAsync(_test.Database);
        Assert.Null(await _store.ApplyAsync(batch, Cancellation));
        Assert.Null(await _store.ApplyAsync(batch with { After = 1, Next = 9 }, Cancellation));
        Assert.Equal(before, await Tables.ReadAsync(_test.Database));
        Assert.Equal(2, await _store.ReadCheckpointAsync(3, Cancellation));
    }

    [Fact]
    public async Task A_reset_leaves_nothing_but_what_follows_it()
    {
        await ApplyAsync(Visits("user:a", "2024-01-01"), Buys("user:b", Ordered("o1", "2024-01-01")));
        var without = await Tables.ReadAsync(_test.Database);
        await ApplyAsync(Buys("anon:x", Ordered("o2", "2024-01-01")), Visits("anon:x", "2023-01-01"));
        var (after, next) = (_position, _position += 2);
        await _store.ApplyAsync(new EventBatch(0, after, next, [], []) { Resets = [("tea", "anon:x"), ("tea", "user:nobody")] }, Cancellation);
        Assert.Equal(without, await Tables.ReadAsync(_test.Database));

        (after, next) = (_position, _position += 2);
        await _store.ApplyAsync(new EventBatch(0, after, next, [], [Buys("user:b", Ordered("o3", "2024-02-01"))]) { Resets = [("tea", "user:b")] }, Cancellation);
        var found = (await _store.FindCustomerAsync(await TeaAsync(), "user:b", Sources.All, Cancellation))!;
        Assert.Equal(("o3", Utc("2024-02-01")), (Assert.Single(found.History.Purchases.Points).LastOrder!.Id, found.History.FirstSeen));
    }

    [Fact]
    public async Task What_is_left_of_the_erased_counts_until_they_left()
    {
        await ApplyAsync(Buys("erased:1", Ordered("o1", "2024-01-01")) with { Identified = true });
        await ApplyAsync(new Sighting("tea", "erased:1", true, Utc("2024-01-20"), null, Leaves: true));
        Assert.Equal(1, (await CountAsync(Utc("2024-01-19")))["new"].Customers);
        Assert.Empty(await CountAsync(Utc("2024-01-20")));
        Assert.Empty(await ListAsync("", Utc("2024-01-20")));
        Assert.Equal(Utc("2024-01-20"), (await _store.FindCustomerAsync(await TeaAsync(), "erased:1", Sources.All, Cancellation))!.History.End);
    }

    [Fact]
    public async Task Applies_nothing_of_a_batch_that_fails()
    {
        await ApplyAsync(Visits("user:a", "2024-01-01"));
        var before = await Tables.ReadAsync(_test.Database);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-01")), Visits("user:b", "2024-01-01", shop: "unannounced")));
        Assert.Equal(before, await Tables.ReadAsync(_test.Database));
        Assert.Equal(2, await _store.ReadCheckpointAsync(0, Cancellation));
    }

    [Fact]
    public async Task Finds_a_customer_with_their_history_and_position()
    {
        await ApplyAsync();
        Assert.Null(await _store.FindCustomerAsync(await TeaAsync(), "user:a", Sources.All, Cancellation));
        await ApplyAsync(Visits("user:a", "2024-01-01T08:00:00.123Z"), Buys("user:a", Ordered("o1", "2024-01-02T09:30:00.456Z", 12.3456m)), Buys("user:b", Ordered("o2", "2024-01-03")));
        var found = (await _store.FindCustomerAsync(await TeaAsync(), "user:a", Sources.All, Cancellation))!;
        Assert.Equal(("user:a", true, 5), (found.Customer, found.Identified, found.Position));
        Assert.Equal(
            [new Purchases(Utc("2024-01-01T08:00:00.123Z"), 0, null, 0), new Purchases(Utc("2024-01-02T09:30:00.456Z"), 1, new Order(Utc("2024-01-02T09:30:00.456Z"), "o1"), 12.3456m)],
            found.History.Purchases.Points);
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
        var tea = await TeaAsync();
        Assert.Equal(11, (await _store.FindCustomerAsync(tea, one, Sources.All, Cancellation))!.History.Purchases.At(Late)!.Value);
        Assert.Equal(2, (await _store.FindCustomerAsync(tea, other, Sources.All, Cancellation))!.History.Purchases.At(Late)!.Value);
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
        Assert.Equal(["user:B", "user:a"], await ListAsync("new", at, limit: 2));
        Assert.Equal(["user:c"], await ListAsync("new", at, after: "user:a", limit: 2));
        Assert.Equal(["anon:1", "user:B", "user:a", "user:c"], await ListAsync("new", at, anonymous: true));
        Assert.Equal(["user:d"], await ListAsync("", Utc("2024-01-05")));
        Assert.Empty(await ListAsync("new", Utc("2023-01-01")));
    }

    [Fact]
    public async Task A_late_order_rewrites_the_past()
    {
        await ApplyAsync(Buys("user:a", Ordered("o2", "2024-03-01", 20)));
        Assert.Empty(await CountAsync(Utc("2024-01-15")));
        Assert.Equal(new Applied(1, 1, 0), await ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-10", 10))));
        Assert.Equal(new() { ["new"] = (1, 10) }, await CountAsync(Utc("2024-01-15")));
        Assert.Equal(new() { ["promising"] = (1, 30) }, await CountAsync(Utc("2024-03-01")));
        Assert.Equal(Utc("2024-01-10"), (await _store.FindCustomerAsync(await TeaAsync(), "user:a", Sources.All, Cancellation))!.History.FirstSeen);
    }

    [Fact]
    public async Task An_earlier_visit_moves_first_seen()
    {
        await ApplyAsync(Visits("user:a", "2024-01-10"));
        Assert.Equal(new Applied(0, 1, 0), await ApplyAsync(Visits("user:a", "2024-01-05"), Visits("user:a", "2024-01-20")));
        Assert.Equal(["user:a"], await ListAsync("prospect", Utc("2024-01-05")));
        Assert.Empty(await ListAsync("prospect", Utc("2024-01-04T23:59:59.999Z")));
    }

    [Fact]
    public async Task Writes_nothing_of_a_customer_that_does_not_change()
    {
        var order = Ordered("o1", "2024-01-10");
        await ApplyAsync(Visits("user:a", "2024-01-01"), Buys("user:a", order));
        Assert.Equal(new Applied(0, 0, 0), await ApplyAsync(Visits("user:a", "2024-02-01"), Visits("user:a", "2024-01-01"), Buys("user:a", order), Buys("user:a", order)));
        Assert.Equal(new Applied(1, 1, 0), await ApplyAsync(Visits("user:a", "2024-02-01"), Buys("user:b", order)));
    }

    [Fact]
    public async Task Counts_amounts_in_another_currency_apart()
    {
        Assert.Equal(
            new Applied(3, 1, 1),
            await ApplyAsync(Buys("user:a", Ordered("o1", "2024-01-10", 10, "GBP")), Buys("user:a", Ordered("o2", "2024-01-11", 50, "USD")), Buys("user:a", Ordered("o3", "2024-01-12", 5))));
        Assert.Equal(new() { ["promising"] = (1, 15) }, await CountAsync(Utc("2024-01-12")));
    }

    [Fact]
    public async Task Keeps_shops_apart()
    {
        var mugs = new ShopSettings("mugs", "America/New_York", "USD");
        var sightings = new[] { Buys("user:a", Ordered("o1", "2024-01-10", 10)), Buys("user:a", Ordered("o1", "2024-01-10", 7), "mugs"), Buys("user:b", Ordered("o2", "2024-01-10"), "mugs") };
        Assert.Equal(new Applied(3, 3, 0), await _store.ApplyAsync(new EventBatch(0, 0, 5, [Tea, mugs], sightings), Cancellation));
        Assert.Equal(new Applied(2, 2, 0), await _store.ApplyAsync(new EventBatch(0, 5, 7, [], [Buys("user:a", Ordered("o3", "2024-01-11", 1)), Buys("user:b", Ordered("o3", "2024-01-11", 2), "mugs")]), Cancellation));
        Assert.Equal(new() { ["promising"] = (1, 11) }, await CountAsync(Utc("2024-01-12")));
        var totals = await _store.CountStagesAsync((await _store.FindShopAsync("mugs", Cancellation))!, "clc", Utc("2024-01-12"), false, Cancellation);
        Assert.Equal([("new", 1, 7), ("promising", 1, 12)], totals.Select(t => (t.Stage, (int)t.CustomerCount, (int)t.TotalValue)).Order());
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
        await store.ApplyAsync(new EventBatch(0, 0, 1, [Tea], []), Cancellation);
        foreach (var (index, sighting) in all.Reverse().Index())
            await store.ApplyAsync(new EventBatch(0, index + 1, index + 2, [], [sighting, all[0]]), Cancellation);
        Assert.Equal(expected, await Tables.ReadAsync(other.Database));
    }

    [Fact]
    public async Task Counts_a_real_shop_as_the_table_says()
    {
        var settings = new ShopSettings("retail", RealShops.RetailZone.Id, "GBP");
        foreach (var (index, chunk) in RealShops.Retail().Chunk(5_000).Index())
            await _store.ApplyAsync(new EventBatch(0, index * 10_000, (index + 1) * 10_000, index == 0 ? [settings] : [], chunk), Cancellation);
        var shop = (await _store.FindShopAsync("retail", Cancellation))!;
        var asOf = EndOf(Date("2011-06-30"), RealShops.RetailZone);
        var (stages, notYet) = Expected.Counts("online_retail", "2011-06-30");
        var totals = (await _store.CountStagesAsync(shop, "clc", asOf, false, Cancellation)).ToDictionary(t => t.Stage, t => t.CustomerCount);
        Assert.Equal(stages, stages.ToDictionary(s => s.Key, s => totals.GetValueOrDefault(s.Key)));
        Assert.Equal(4_339 - notYet, totals.Where(t => t.Key != "prospect").Sum(t => t.Value));
    }

    [Fact]
    public async Task Counts_the_flows_of_a_real_cohort_as_the_table_says()
    {
        var zone = RealShops.CdnowZone;
        foreach (var (index, chunk) in RealShops.Cdnow().Chunk(3_000).Index())
            await _store.ApplyAsync(new EventBatch(0, index * 10_000, (index + 1) * 10_000, index == 0 ? [new ShopSettings("cdnow", zone.Id, "USD")] : [], chunk), Cancellation);
        var shop = (await _store.FindShopAsync("cdnow", Cancellation))!;
        foreach (var (from, to) in new[] { ("1997-03-31", "1997-06-30"), ("1997-06-30", "1997-09-30"), ("1997-09-30", "1997-12-31"), ("1997-12-31", "1998-06-30") })
        {
            var flows = await _store.CountFlowsAsync(shop, "clc", EndOf(Date(from), zone), EndOf(Date(to), zone), false, Cancellation);
            Assert.Equal(Expected.Flows("cdnow_sample", from, to).OrderBy(f => f.Key), flows.ToDictionary(f => (f.FromStage, f.ToStage), f => f.CustomerCount).OrderBy(f => f.Key));
        }
    }
}
