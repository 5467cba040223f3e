using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Domain.Value;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteValueStoreTests() : ValueStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerValueStoreTests() : ValueStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store of value guarantees, in every dialect.</summary>
public abstract class ValueStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateOnly May = Date("2024-05-01");
    static readonly RfmCutPoints Cuts = new([1, 2, 3, 4], [1, 1, 1.5, 2], [10, 20, 30.25, 40]);

    TestStore _test = null!;
    SegmentationStore _shops = null!;
    ValueStore _store = null!;
    long _position;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        (_shops, _store) = (new SegmentationStore(_test.Database), new ValueStore(_test.Database));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task ApplyAsync(params IReadOnlyList<Sighting> sightings)
    {
        var (after, next) = (_position, _position += sightings.Count + 1);
        await _shops.ApplyAsync(new EventBatch(0, after, next, [new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch), new("coffee", "Europe/London", "GBP", DateTimeOffset.UnixEpoch)], sightings), Utc("2024-06-30"), Cancellation);
    }

    static Sighting Buys(string customer, Fact fact, string shop = "tea") => new(shop, customer, customer.StartsWith("user:", StringComparison.Ordinal), fact.Time, fact with { MessageId = customer + fact.MessageId });

    [Fact]
    public async Task Streams_the_identified_customers_of_a_shop_with_their_orders()
    {
        await ApplyAsync(
            Buys("user:b", Ordered("b1", "2024-01-03")), Buys("user:a", Ordered("a2", "2024-02-01")), Buys("user:a", Ordered("a1", "2024-01-01T00:00:00.001Z", 12.3456m)),
            Buys("anon:x", Ordered("x1", "2024-01-02")), Buys("user:c", Ordered("c1", "2024-03-01")), Buys("user:a", Ordered("other", "2023-01-01"), "coffee"),
            new("tea", "user:gone", true, Utc("2024-01-05"), Ordered("g1", "2024-01-05")), new("tea", "user:gone", true, Utc("2024-02-10"), null, Leaves: true));
        var shop = (await _shops.FindShopAsync("tea", Cancellation))!;
        var read = await _shops.ScanAsync(shop, includeAnonymous: false, Cancellation).ToDictionaryAsync(c => c.Id, c => c.Read(Sources.Purchases).Now("GBP", London, Sources.Purchases)!, cancellationToken: Cancellation);
        Assert.Equal(["user:a", "user:b", "user:c", "user:gone"], read.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["a1", "a2"], read["user:a"].Facts.Select(f => f.OrderId));
        Assert.Equal((FactKind.Ordered, 12.3456m, Utc("2024-01-01T00:00:00.001Z")), (read["user:a"].Facts[0].Kind, read["user:a"].Facts[0].Amount, read["user:a"].Facts[0].Time));
        Assert.Equal(Utc("2024-02-10"), read["user:gone"].End);
        Assert.Equal(["anon:x", "user:a", "user:b", "user:c", "user:gone"], await _shops.ScanAsync(shop, includeAnonymous: true, Cancellation).Select(c => c.Id).Order(StringComparer.Ordinal).ToListAsync(Cancellation));
        Assert.Equal(["coffee", "tea"], await _shops.ListShopsAsync(Cancellation));
    }

    [Fact]
    public async Task Works_on_all_customers_in_parts()
    {
        await ApplyAsync([.. Enumerable.Range(0, 5_000).Select(n => Buys($"user:{n}", Ordered($"o{n}", "2024-01-03")))]);
        var parts = await _shops.ScanAsync((await _shops.FindShopAsync("tea", Cancellation))!, false, customers => customers.Select(c => c.Id).ToList(), Cancellation);
        Assert.True(parts.Count > 1);
        Assert.Equal(5_000, parts.SelectMany(p => p).Distinct().Count());
    }

    static (OrderGapAnalysis Gaps, ValueModel Model) Found(int customers)
    {
        var sample = new ValueSample(1_000, 90);
        for (var i = 0; i < customers; i++) sample.Add([new(500 + i, 10), new(520 + 3 * i, 20), new(900, 20 + i)]);
        return (sample.Gaps.Analyse(90, 0.2), sample.Fit(0.2));
    }

    [Fact]
    public async Task Keeps_revisions_as_they_were_found()
    {
        var (gaps, model) = Found(40);
        Assert.Null(await _store.FindLatestAsync("tea", Calendar.Forever, Cancellation));
        Assert.Equal(0, await _store.ReadNewestAsync("tea", Cancellation));
        Assert.Equal(1, await _store.AddAsync("tea", Utc("2024-01-01"), Utc("2024-01-02"), gaps, model, Cancellation));
        Assert.Equal(2, await _store.AddAsync("tea", Utc("2024-02-01"), Utc("2024-02-02"), gaps, Found(0).Model, Cancellation));
        Assert.Equal(1, await _store.AddAsync("coffee", Utc("2024-02-01"), Utc("2024-02-02"), gaps, model, Cancellation));
        Assert.Equal(2, await _store.ReadNewestAsync("tea", Cancellation));
        // A fit of what was known at the beginning of the year, made later.
        Assert.Equal(3, await _store.AddAsync("tea", Utc("2023-12-31T12:00:00Z"), Utc("2024-02-03"), gaps, model, Cancellation));
        Assert.Equal(2, await _store.ReadNewestAsync("tea", Cancellation));
        Assert.Equal([2, 1, 3], (await Task.WhenAll(((string[])["2024-03-01", "2024-01-15", "2023-12-31T18:00:00Z"]).Select(t => _store.FindLatestAsync("tea", Utc(t), Cancellation)))).Select(r => r!.Number));

        var first = (await _store.FindLatestAsync("tea", Utc("2024-01-15"), Cancellation))!;
        Assert.Equal((1, Utc("2024-01-01"), Utc("2024-01-02")), (first.Number, first.AsOf, first.CreateTime));
        Assert.Equivalent(model, first.Model, strict: true);
        Assert.Equivalent(gaps, first.Gaps, strict: true);
        Assert.Equal(model.ChosenModel!.ToModel(), first.Model.ChosenModel!.ToModel());
        Assert.Null(await _store.FindLatestAsync("tea", Utc("2023-12-31"), Cancellation));
        Assert.Equal([3, 2, 1], (await _store.ListAsync("tea", int.MaxValue, 10, Cancellation)).Select(r => r.Number));
        Assert.Equal([1], (await _store.ListAsync("tea", 1, 10, Cancellation)).Select(r => r.Number));
        Assert.Equal([3], (await _store.ListAsync("tea", int.MaxValue, 1, Cancellation)).Select(r => r.Number));
    }

    static RfmEntry Entry(string customer, int code, decimal amount = 10.5m) => new(customer, 5, 2, amount, code, code - 1, code + 1);

    [Fact]
    public async Task Freezes_a_month_once()
    {
        Assert.Null(await _store.FindLatestMonthAsync("tea", Cancellation));
        var month = new RfmMonth(May, Utc("2024-05-31T22:59:59.999Z"), Utc("2024-06-01"), Cuts);
        Assert.True(await _store.AddMonthAsync("tea", month, [Entry("user:b", 544), Entry("user:a", 112), Entry("user:c", 544, -1)], Cancellation));
        Assert.False(await _store.AddMonthAsync("tea", month with { Cuts = new([], [], []) }, [Entry("user:z", 333)], Cancellation));
        Assert.True(await _store.AddMonthAsync("coffee", month, [Entry("user:a", 222)], Cancellation));
        Assert.True(await _store.AddMonthAsync("tea", month with { Start = Date("2024-04-01") }, [Entry("user:a", 222)], Cancellation));

        var found = (await _store.FindMonthAsync("tea", May, Cancellation))!;
        Assert.Equal((May, month.AsOf, month.CreateTime), (found.Start, found.AsOf, found.CreateTime));
        Assert.Equivalent(Cuts, found.Cuts, strict: true);
        Assert.Equal(May, (await _store.FindLatestMonthAsync("tea", Cancellation))!.Start);
        Assert.Null(await _store.FindMonthAsync("tea", Date("2024-03-01"), Cancellation));

        async Task<IEnumerable<string>> ListAsync(RfmTieRule rule, string after, int limit, params int[] codes) => (await _store.ListEntriesAsync("tea", new RfmQuery(May, rule, codes, after, limit), Cancellation)).Select(e => e.Customer);
        Assert.Equal(["user:a", "user:b", "user:c"], await ListAsync(RfmTieRule.CutPoints, "", 10));
        Assert.Equal(["user:b"], await ListAsync(RfmTieRule.CutPoints, "user:a", 1));
        Assert.Equal(["user:b", "user:c"], await ListAsync(RfmTieRule.CutPoints, "", 10, 544, 555));
        Assert.Equal(["user:a"], await ListAsync(RfmTieRule.Ntile, "", 10, 111));
        Assert.Equal(["user:a"], await ListAsync(RfmTieRule.AverageRank, "", 10, 113));
        Assert.Equal(Entry("user:c", 544, -1), (await _store.ListEntriesAsync("tea", new RfmQuery(May, RfmTieRule.CutPoints, [], "user:b", 10), Cancellation)).Single());
        Assert.Equal(
            [(112, 1, 10.5m), (544, 2, 9.5m)],
            (await _store.CountAsync("tea", May, RfmTieRule.CutPoints, Cancellation)).OrderBy(t => t.Code).Select(t => (t.Code, (int)t.CustomerCount, t.TotalAmount)));
        Assert.Equal([111, 543], (await _store.CountAsync("tea", May, RfmTieRule.Ntile, Cancellation)).Select(t => t.Code).Order());
    }

    [Fact]
    public async Task Lists_the_months_that_are_kept_and_removes_one_whole()
    {
        Assert.Empty(await _store.ListMonthsAsync("tea", Cancellation));
        foreach (var (shop, start) in ((string, string)[])[("tea", "2024-05-01"), ("tea", "2023-12-01"), ("coffee", "2024-01-01"), ("tea", "2024-03-01")])
            await _store.AddMonthAsync(shop, new RfmMonth(Date(start), Utc("2024-05-31"), Utc("2024-06-01"), Cuts), [Entry("user:a", 112)], Cancellation);
        Assert.Equal([Date("2023-12-01"), Date("2024-03-01"), Date("2024-05-01")], await _store.ListMonthsAsync("tea", Cancellation));
        await _store.RemoveMonthAsync("tea", Date("2023-12-01"), Cancellation);
        Assert.Equal([Date("2024-03-01"), Date("2024-05-01")], await _store.ListMonthsAsync("tea", Cancellation));
        Assert.Empty(await _store.ListEntriesAsync("tea", new RfmQuery(Date("2023-12-01"), RfmTieRule.CutPoints, [], "", 10), Cancellation));
        Assert.Single(await _store.ListEntriesAsync("tea", new RfmQuery(May, RfmTieRule.CutPoints, [], "", 10), Cancellation));
        Assert.Equal([Date("2024-01-01")], await _store.ListMonthsAsync("coffee", Cancellation));
    }

    [Fact]
    public async Task An_erased_customer_leaves_every_month()
    {
        await ApplyAsync(Buys("user:a", Ordered("a1", "2024-01-01")));
        await _store.AddMonthAsync("tea", new RfmMonth(May, Utc("2024-05-31"), Utc("2024-06-01"), Cuts), [Entry("user:a", 112), Entry("user:b", 544)], Cancellation);
        await ApplyAsync(new Sighting("tea", "user:a", true, Utc("2024-02-01"), null) { Reset = ResetKind.Erased });
        Assert.Equal(["user:b"], (await _store.ListEntriesAsync("tea", new RfmQuery(May, RfmTieRule.CutPoints, [], "", 10), Cancellation)).Select(e => e.Customer));
    }
}
