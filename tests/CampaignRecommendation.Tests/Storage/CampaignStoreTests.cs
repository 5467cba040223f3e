using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Perennial.CampaignRecommendation.Domain;
using Perennial.CampaignRecommendation.Storage;
using Perennial.CampaignRecommendation.Storage.Playbooks;
using Perennial.Foundation.Sql;
using Perennial.Testing;

namespace Perennial.CampaignRecommendation.Tests.Storage;

public sealed class CampaignStoreOnSqliteTests : CampaignStoreTests
{
    protected override int CasesMax => 40;
    protected override Task<TestStore> OpenAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class CampaignStoreOnSqlServerTests : CampaignStoreTests
{
    protected override int CasesMax => 5;
    protected override Task<TestStore> OpenAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the store guarantees, in every dialect.</summary>
public abstract class CampaignStoreTests : IAsyncLifetime
{
    const int Partition = 1;

    TestStore _owned = null!;
    CampaignStore _store = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract int CasesMax { get; }
    protected abstract Task<TestStore> OpenAsync();

    public async ValueTask InitializeAsync()
    {
        _owned = await OpenAsync();
        _store = new CampaignStore(_owned.Database);
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned is not null) await _owned.DisposeAsync();
    }

    [Fact]
    public async Task Answers_the_facts_that_were_applied()
    {
        ContactFact[] facts = [Given.Fact(Channel.Email, FactKind.Address, 1), Given.Fact(Channel.None, FactKind.Birthday, 310), Given.Fact(Channel.Email, FactKind.Address, 1, customer: "user:2")];
        await ApplyAsync(0, 1, Changes.Of([], facts));

        var read = await _store.ReadFactsAsync("demo", ["user:1", "user:3"], Cancellation);

        Assert.Equal(facts[..2].Order(ByText), read["user:1"].Order(ByText));
        Assert.Empty(read["user:3"]);
        Assert.Empty(read["user:2"]);
        Assert.Empty((await _store.ReadFactsAsync("other", ["user:1"], Cancellation))["user:1"]);
    }

    [Fact]
    public async Task The_latest_fact_stays_whenever_it_comes()
    {
        var later = Given.Fact(Channel.Email, FactKind.Consent, 2, Given.Noon.AddDays(1));
        await ApplyAsync(0, 1, Changes.Of([], [later]));
        await ApplyAsync(1, 2, Changes.Of([], [Given.Fact(Channel.Email, FactKind.Consent, 1)]));

        Assert.Equal(later, Assert.Single((await _store.ReadFactsAsync("demo", ["user:1"], Cancellation))["user:1"]));
    }

    [Fact]
    public async Task A_reset_leaves_nothing_but_what_follows_it()
    {
        await ApplyAsync(0, 1, Changes.Of([], [Given.Fact(Channel.Email, FactKind.Address, 1), Given.Fact(Channel.Sms, FactKind.Address, 1), Given.Fact(Channel.Email, FactKind.Address, 1, customer: "user:2")]));
        await ApplyAsync(1, 2, Changes.Of([], [Given.Fact(Channel.Push, FactKind.Sent, 1)]) with { Resets = [("demo", "user:1"), ("demo", "user:nobody")] });

        var facts = await _store.ReadFactsAsync("demo", ["user:1", "user:2"], Cancellation);
        Assert.Equal(Channel.Push, Assert.Single(facts["user:1"]).Channel);
        Assert.Single(facts["user:2"]);
    }

    [Fact]
    public async Task Tells_customers_apart_by_case_and_quote()
    {
        foreach (var (i, customer) in new[] { "user:Alice", "user:alice", "user:O'Hara \"x\" \\ 日本 é" }.Index())
        {
            await ApplyAsync(i, i + 1, Changes.Of([], [Given.Fact(Channel.Email, FactKind.Sent, 1, customer: customer)]));
            Assert.Equal(customer, Assert.Single((await _store.ReadFactsAsync("demo", [customer], Cancellation))[customer]).Customer);
        }
        Assert.Empty(await _store.ReadFactsAsync("demo", ["user:ALICE"], Cancellation));
    }

    [Fact]
    public async Task Knows_the_latest_settings_of_a_shop()
    {
        Assert.Null(await _store.ReadShopAsync("demo", Cancellation));
        await ApplyAsync(0, 1, Changes.Of([Given.Shop(currency: "EUR", time: Given.Noon), Given.Shop("other")], []));
        await ApplyAsync(1, 2, Changes.Of([Given.Shop(currency: "GBP", time: Given.Noon.AddDays(-1))], []));

        Assert.Equal(Given.Shop(currency: "EUR", time: Given.Noon), await _store.ReadShopAsync("demo", Cancellation));
    }

    [Fact]
    public async Task Applies_nothing_when_the_checkpoint_is_elsewhere()
    {
        await ApplyAsync(0, 1, Changes.Of([Given.Shop()], [Given.Fact(Channel.Email, FactKind.Sent, 1)]));
        var before = await ContentsAsync();

        Assert.False(await _store.ApplyAsync(Partition, 0, 1, Changes.Of([], [Given.Fact(Channel.Email, FactKind.Bounced, 1)]), Cancellation));

        Assert.Equal(before, await ContentsAsync());
        Assert.Equal(1, await _store.ReadCheckpointAsync(Partition, Cancellation));
    }

    [Fact]
    public async Task A_playbook_is_seeded_once_and_a_changed_one_is_a_new_revision()
    {
        Assert.Null(await _store.ReadPlaybookAsync("demo", Cancellation));
        var text = PlaybookFile.DefaultText();
        Assert.Equal(1, await _store.SeedPlaybookAsync(text, Given.Noon, Cancellation));
        Assert.Equal(1, await _store.SeedPlaybookAsync(text, Given.Noon.AddDays(1), Cancellation));
        Assert.Equal(2, await _store.SeedPlaybookAsync(text + " ", Given.Noon.AddDays(2), Cancellation));

        var current = await _store.ReadPlaybookAsync("demo", Cancellation);
        Assert.Equal(new PlaybookRevision { Shop = "", Revision = 2, Body = text + " ", CreateTime = Given.Noon.AddDays(2) }, current);
    }

    [Fact]
    public async Task Replicas_that_start_at_once_seed_one_revision()
    {
        var revisions = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => new CampaignStore(_owned.Database).SeedPlaybookAsync("same", Given.Noon, Cancellation)));
        Assert.Equal([1, 1, 1, 1], revisions);
    }

    [Fact]
    public async Task A_playbook_of_the_shop_itself_comes_before_the_default()
    {
        await _store.SeedPlaybookAsync("default", Given.Noon, Cancellation);
        await _owned.Database.WriteAsync(write => write.AppendAsync($"{_owned.Database.Prefix}playbook_revision", ["shop", "revision", "body", "create_time"], [["demo", 1L, "own", Given.Noon]], Cancellation), Cancellation);

        Assert.Equal("own", (await _store.ReadPlaybookAsync("demo", Cancellation))!.Body);
        Assert.Equal("default", (await _store.ReadPlaybookAsync("other", Cancellation))!.Body);
    }

    /// <summary>The platform's law: any order, batching or repetition of the same events gives the same rows.</summary>
    [Fact]
    public void Any_order_batching_or_repetition_gives_the_same_tables()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(CasesMax), Prop.ForAll(Deliveries(), delivery => RunLawAsync(delivery).GetAwaiter().GetResult()));

    async Task<bool> RunLawAsync(Delivery delivery)
    {
        await ClearAsync();
        await ApplyAsync(0, delivery.Told.Length, ChangesOf(delivery.Told));
        var atOnce = await ContentsAsync();

        await ClearAsync();
        var position = 0;
        foreach (var batch in delivery.Shuffled.Chunk(delivery.BatchSize))
        {
            await ApplyAsync(position, position + batch.Length, ChangesOf(batch));
            // The same batch once more, as after an answer that was lost.
            Assert.False(await _store.ApplyAsync(Partition, position, position + batch.Length, ChangesOf(batch), Cancellation));
            position += batch.Length;
        }
        Assert.Equal(atOnce, await ContentsAsync());
        return true;
    }

    [Fact]
    public async Task Of_a_shop_that_moved_the_latest_settings_hold_whichever_partition_tells_them_first()
    {
        ShopSettings[] told = [Given.Shop(), Given.Shop(time: Given.Noon) with { TimeZone = "Asia/Tokyo" }, Given.Shop(time: Given.Noon.AddMilliseconds(1)) with { TimeZone = "Europe/Berlin" }];
        await ApplyAsync(0, 3, ChangesOf(told));
        // Another partition, which is behind, tells them one by one.
        foreach (var (i, settings) in told.Index())
        {
            Assert.True(await _store.ApplyAsync(Partition + 1, i, i + 1, ChangesOf([settings]), Cancellation));
            Assert.Equal("Europe/Berlin", (await _store.ReadShopAsync("demo", Cancellation))!.TimeZone);
        }
    }

    static Changes ChangesOf(object[] told) => Changes.Of(told.OfType<ShopSettings>(), told.OfType<ContactFact>());

    async Task ApplyAsync(long after, long next, Changes changes) => Assert.True(await _store.ApplyAsync(Partition, after, next, changes, Cancellation));

    async Task<string[]> ContentsAsync()
    {
        var rows = new List<string>();
        foreach (var table in Tables)
            rows.AddRange((await _owned.Database.ReadAsync(c => c.QueryAsync($"SELECT * FROM {_owned.Database.Prefix}{table}"), Cancellation)).Select(row => table + " " + string.Join("|", ((IDictionary<string, object>)row).Values)));
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    Task ClearAsync() => _owned.Database.WriteAsync(async write =>
    {
        foreach (var table in Tables) await write.Connection.ExecuteAsync($"DELETE FROM {_owned.Database.Prefix}{table}", transaction: write.Transaction);
    }, Cancellation);

    static readonly string[] Tables = ["checkpoint_position", "shop", "contact_fact"];

    static Comparer<ContactFact> ByText { get; } = Comparer<ContactFact>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()));

    sealed record Delivery(object[] Told, object[] Shuffled, int BatchSize);

    static Arbitrary<Delivery> Deliveries() => (
        from drawn in Gen.OneOf(Fact().Select(f => (object)f), Shop().Select(s => (object)s)).NonEmptyListOf()
        let told = drawn.Select((t, i) => t is ContactFact f ? f with { MessageId = $"m{i}" } : (object)((ShopSettings)t with { MessageId = $"m{i}" })).ToArray()
        from shuffled in Gen.Shuffle(told)
        from batchSize in Gen.Choose(1, 7)
        select new Delivery(told, shuffled.ToArray(), batchSize)).ToArbitrary();

    static Gen<ContactFact> Fact() =>
        from customer in Gen.Elements("user:1", "user:2")
        from channel in Gen.Elements(Channel.Email, Channel.Sms)
        from kind in Gen.Elements(Enum.GetValues<FactKind>())
        from value in Gen.Choose(0, 3)
        from minutes in Gen.Choose(0, 3)
        select Given.Fact(channel, kind, value, Given.Noon.AddMinutes(minutes), customer: customer);

    static Gen<ShopSettings> Shop() =>
        from currency in Gen.Elements("GBP", "EUR")
        from minutes in Gen.Choose(0, 3)
        select Given.Shop(currency: currency, time: Given.Noon.AddMinutes(minutes));
}

public sealed class CampaignStoreTextTests
{
    [Fact]
    public void Every_statement_parses_as_t_sql()
    {
        var database = new SqlServerDatabase(Program.House.Name, "Server=nowhere");
        var texts = TSql.StatementsOf(new CampaignStore(database)).Concat(Migrator.Batches(Program.House.Home, "SqlServer")).ToList();
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Item2)));
    }
}
