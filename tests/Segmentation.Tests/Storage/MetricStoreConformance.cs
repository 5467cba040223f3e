using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteMetricStoreTests() : MetricStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerMetricStoreTests() : MetricStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of the sums of a shop's orders, in every dialect.</summary>
public abstract class MetricStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-06-30T12:00:00Z");
    static readonly ShopSettings Settings = new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);

    TestStore _test = null!;
    SegmentationStore _store = null!;
    long _position;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
        await ApplyAsync([Settings]);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task ApplyAsync(ShopSettings[] shops, params Sighting[] sightings)
        => Assert.NotNull(await _store.ApplyAsync(new EventBatch(0, _position++, _position, shops, sightings), Now, Cancellation));

    static Sighting Said(string customer, Fact fact) => new("tea", customer, customer.StartsWith("user:", StringComparison.Ordinal), fact.Time, fact);

    async Task WorkAsync()
    {
        while (await _store.StepAsync(2, Now, Cancellation) is not null) { }
    }

    async Task<Derivation> TallyAsync() => (await _store.FindTallyAsync("tea", Cancellation))!;

    /// <summary>Cohort, month, orders, customers and money.</summary>
    async Task<IEnumerable<string>> SumsAsync(string asOf = "2024-06-30", bool anonymous = true)
        => from s in await _store.SumOrdersAsync(await TallyAsync(), Date(asOf), anonymous, Cancellation)
           orderby s.Key
           select FormattableString.Invariant($"{Month(s.Key.Cohort)} {Month(s.Key.Month)} {s.Value.Orders}/{s.Value.Customers} {s.Value.Amount:0.##}");

    static string Month(int month) => month == OrderTally.NoCohort ? "none" : FormattableString.Invariant($"{OrderTally.StartOf(month):yyyy-MM}");

    [Fact]
    public async Task Adds_up_orders_of_all_batches_as_of_any_day()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-01-10", 10)), Said("user:bob", Ordered("b", "2024-01-11", 20)), Said("anon:1", Ordered("c", "2024-02-01", 40)));
        await ApplyAsync([], Said("user:ann", Ordered("d", "2024-02-29", 12.5m)), Said("user:bob", Cancelled("b", "2024-03-01")));

        Assert.Equal(["2024-01 2024-01 1/1 10"], await SumsAsync("2024-01-10"));
        Assert.Equal(["2024-01 2024-01 2/2 30", "2024-01 2024-02 1/1 12.5", "2024-02 2024-02 1/1 40"], await SumsAsync("2024-02-29"));
        Assert.Equal(["none 2024-01 0/0 20", "none 2024-03 0/0 -20", "2024-01 2024-01 1/1 10", "2024-01 2024-02 1/1 12.5"], await SumsAsync(anonymous: false));
    }

    [Fact]
    public async Task A_late_order_moves_its_customer_to_an_earlier_cohort()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-03-10", 10)));
        await ApplyAsync([], Said("user:ann", Ordered("b", "2024-01-10", 20)));

        Assert.Equal(["2024-01 2024-01 1/1 20", "2024-01 2024-03 1/1 10"], await SumsAsync());
    }

    [Fact]
    public async Task A_merge_moves_orders_and_an_erasure_leaves_none()
    {
        await ApplyAsync([], Said("anon:1", Ordered("a", "2024-01-10", 10)), Said("user:ann", Ordered("b", "2024-03-10", 20)));
        await ApplyAsync([], new Sighting("tea", "anon:1", false, Now, null) { Reset = ResetKind.Moved }, Said("user:ann", Ordered("a", "2024-01-10", 10)));
        Assert.Equal(["2024-01 2024-01 1/1 10", "2024-01 2024-03 1/1 20"], await SumsAsync());

        await ApplyAsync([], new Sighting("tea", "user:ann", true, Now, null) { Reset = ResetKind.Erased });
        Assert.Empty(await SumsAsync());
    }

    [Fact]
    public async Task A_shop_that_moves_is_answered_in_the_old_zone_until_all_is_added_up_in_the_new_one()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-01-31T23:30:00Z", 10)), Said("user:bob", Ordered("b", "2024-01-15", 10)), Said("user:eve", Ordered("c", "2024-01-15", 10)));
        await ApplyAsync([Settings with { TimeZone = "Europe/Berlin", UpdateTime = Utc("2024-05-01") }]);
        Assert.Equal(["2024-01 2024-01 3/3 30"], await SumsAsync());
        Assert.Equal("Europe/London", (await TallyAsync()).Zone.Id);

        await _store.StepAsync(2, Now, Cancellation);
        await ApplyAsync([], Said("user:ann", Ordered("d", "2024-02-05", 5)), Said("user:eve", Ordered("e", "2024-02-05", 5)));
        await WorkAsync();

        Assert.Equal(["2024-01 2024-01 2/2 20", "2024-01 2024-02 1/1 5", "2024-02 2024-02 2/1 15"], await SumsAsync());
        Assert.Equal("Europe/Berlin", (await TallyAsync()).Zone.Id);
        var id = (await TallyAsync()).Id;
        Assert.Equal(0, await _test.Database.ReadAsync(c => c.ExecuteScalarAsync<int>($"SELECT COUNT(*) FROM {_test.Database.Prefix}order_tally WHERE derivation <> @id", new { id }), Cancellation));
    }

    [Fact]
    public async Task A_shop_from_before_gets_its_sums_from_the_records_that_are_there()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-01-10", 10)), Said("user:bob", Ordered("b", "2024-01-11", 20)), Said("user:eve", Ordered("c", "2024-02-01", 40)));
        var (before, prefix) = (await SumsAsync(), _test.Database.Prefix);
        await _test.Database.WriteAsync(async write =>
        {
            await write.Connection.ExecuteAsync($"DROP TABLE {prefix}order_tally", transaction: write.Transaction);
            await write.Connection.ExecuteAsync($"DELETE FROM {prefix}derivation WHERE model = @Name", new { OrderTally.Name }, write.Transaction);
            foreach (var batch in Migrator.Batches(Program.House.Home, _test.Database.Dialect).Where(b => b.Name.StartsWith("0020", StringComparison.Ordinal)))
                await write.Connection.ExecuteAsync(batch.Batch, transaction: write.Transaction);
        }, Cancellation);
        Assert.Equal(DerivationState.Deriving, (await TallyAsync()).State);
        await ApplyAsync([], Said("user:ann", Ordered("d", "2024-02-05", 5)));
        await WorkAsync();

        Assert.Equal(DerivationState.Active, (await TallyAsync()).State);
        Assert.Equal(["2024-01 2024-01 2/2 30", "2024-01 2024-02 1/1 5", "2024-02 2024-02 1/1 40"], await SumsAsync());
        Assert.Equal(["2024-01 2024-01 2/2 30", "2024-02 2024-02 1/1 40"], before);
    }

    [Fact]
    public async Task Is_no_model_of_the_shop_and_tells_no_transitions()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-01-10")));

        Assert.Null(await _store.FindActiveAsync("tea", OrderTally.Name, Cancellation));
        Assert.Empty(await _store.ListUsesAsync("tea", OrderTally.Name, Cancellation));
        Assert.Null(await _store.FindModelAsync("tea", OrderTally.Name, 0, Cancellation));
        Assert.DoesNotContain(await _store.ListModelsAsync("tea", "", 100, Cancellation), m => m.Id == OrderTally.Name);
        Assert.All(await Feed.ReadAsync(_store, "tea"), t => Assert.Equal("clc", t.Model));
    }

    [Fact]
    public async Task Months_of_stages_are_the_flows_between_their_ends()
    {
        await ApplyAsync([], Said("user:ann", Ordered("a", "2024-01-10", 10)), Said("user:bob", Ordered("b", "2024-02-11", 20)), Said("anon:1", Ordered("c", "2024-02-01", 40)));
        var (shop, use) = ((await _store.FindShopAsync("tea", Cancellation))!, (await _store.FindActiveAsync("tea", "clc", Cancellation))!);
        DateTimeOffset[] ends = [Utc("2024-02-01"), Utc("2024-03-01"), Utc("2024-04-01")];

        var months = await _store.CountMonthsAsync(shop, use, ends, includeAnonymous: true, Cancellation);

        for (var i = 0; i < 2; i++)
        {
            var flows = await _store.CountFlowsAsync(shop, use, ends[i].AddMilliseconds(-1), ends[i + 1].AddMilliseconds(-1), null, true, Cancellation);
            Assert.Equal(flows.Select(f => $"{f.Key.From?.Id} {f.Key.To.Id} {f.Value}").Order(StringComparer.Ordinal), months.Flows[i].Select(f => $"{f.Key.From?.Id} {f.Key.To!.Id} {f.Value.Customers}").Order(StringComparer.Ordinal));
            var counts = await _store.CountStagesAsync(shop, use, ends[i + 1].AddMilliseconds(-1), true, Cancellation);
            Assert.Equal(counts.Where(c => c.Value != default).Select(c => Text(c.Key, c.Value)).Order(StringComparer.Ordinal), months.Flows[i].GroupBy(f => f.Key.To!).Select(g => Text(g.Key, g.Aggregate(default(StageTotal), (sum, f) => sum + f.Value))).Order(StringComparer.Ordinal));
        }

        static string Text(Stage stage, StageTotal total) => FormattableString.Invariant($"{stage.Id} {total.Customers} {total.Value:F4}");
    }
}
