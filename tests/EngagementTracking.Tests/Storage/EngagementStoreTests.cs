using Dapper;
using FsCheck;
using FsCheck.Fluent;
using Perennial.EngagementTracking.Domain;
using Perennial.EngagementTracking.Storage;
using Perennial.Foundation.Sql;
using Perennial.Testing;

namespace Perennial.EngagementTracking.Tests.Storage;

public sealed class EngagementStoreOnSqliteTests : EngagementStoreTests
{
    protected override int CasesMax => 40;
    protected override Task<TestStore> OpenAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class EngagementStoreOnSqlServerTests : EngagementStoreTests
{
    protected override int CasesMax => 5;
    protected override Task<TestStore> OpenAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the store guarantees, in every dialect.</summary>
public abstract class EngagementStoreTests : IAsyncLifetime
{
    const int Partition = 1;
    static readonly DateOnly Ever = DateOnly.MaxValue;

    TestStore _owned = null!;
    EngagementStore _store = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract int CasesMax { get; }
    protected abstract Task<TestStore> OpenAsync();

    public async ValueTask InitializeAsync()
    {
        _owned = await OpenAsync();
        _store = new EngagementStore(_owned.Database);
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned is not null) await _owned.DisposeAsync();
    }

    [Fact]
    public async Task Answers_what_was_applied_and_the_position_it_rests_on()
    {
        await ApplyAsync(0, 3,
            Given.Observation("user:1", Given.Noon, "m1", new Touch(Channel.Email, TouchKind.Opened)),
            Given.Observation("user:1", Given.Noon.AddHours(1), "m2", new Touch(Channel.Email, TouchKind.Opened)),
            Given.Observation("user:1", Given.Noon.AddDays(1), "m3", null, new Subscription(Channel.Email, "marketing", Subscribed: false, "unsubscribe")));

        var history = (await _store.ReadAsync("demo", ["user:1", "user:2"], Ever, Cancellation)).Single();

        Assert.Equal("user:1", history.Key);
        Assert.Equal(3, history.Value.Position);
        Assert.Equal(Given.Noon, history.Value.Sighting.FirstSeenTime);
        var touches = Assert.Single(history.Value.TouchDays);
        Assert.Equal((2, Given.Noon.AddHours(1), new DateOnly(2026, 3, 10)), (touches.TouchCount, touches.LastTime, touches.Day));
        Assert.Equal((Given.Noon.AddDays(1), "m3", false), Assert.Single(history.Value.Subscriptions) is var f ? (f.FactTime, f.MessageId, f.Subscribed) : default);
    }

    [Fact]
    public async Task A_reset_leaves_nothing_but_what_follows_it()
    {
        await ApplyAsync(0, 3, Visit("user:1", Given.Noon, "m1"), Visit("user:2", Given.Noon, "m2"),
            Given.Observation("user:1", Given.Noon, "m3", null, new Subscription(Channel.Email, "", Subscribed: true, "checkout")));
        var changes = Changes.Of([Visit("user:1", Given.Noon.AddDays(1), "m4")], [("demo", "user:1"), ("demo", "user:nobody")]);
        Assert.True(await _store.ApplyAsync(Partition, 3, 5, changes, Cancellation));

        var histories = await _store.ReadAsync("demo", ["user:1", "user:2"], Ever, Cancellation);
        Assert.Equal(Given.Noon.AddDays(1), histories["user:1"].Sighting.FirstSeenTime);
        Assert.Equal(Given.Noon.AddDays(1), Assert.Single(histories["user:1"].TouchDays).LastTime);
        Assert.Empty(histories["user:1"].Subscriptions);
        Assert.Single(histories["user:2"].TouchDays);
    }

    [Fact]
    public async Task Adds_to_the_same_day_over_batches()
    {
        await ApplyAsync(0, 1, Visit("user:1", Given.Noon, "m1"));
        await ApplyAsync(1, 2, Visit("user:1", Given.Noon.AddHours(-2), "m2"));

        var touches = Assert.Single((await _store.ReadAsync("demo", ["user:1"], Ever, Cancellation))["user:1"].TouchDays);
        Assert.Equal((2, Given.Noon), (touches.TouchCount, touches.LastTime));
    }

    [Fact]
    public async Task An_earlier_event_that_arrives_late_moves_first_seen_back()
    {
        await ApplyAsync(0, 1, Visit("user:1", Given.Noon, "m1"));
        await ApplyAsync(1, 2, Visit("user:1", Given.Noon.AddDays(-9), "m2"));
        await ApplyAsync(2, 3, Visit("user:1", Given.Noon.AddDays(-3), "m3"));

        Assert.Equal(Given.Noon.AddDays(-9), (await _store.ReadAsync("demo", ["user:1"], Ever, Cancellation))["user:1"].Sighting.FirstSeenTime);
    }

    [Fact]
    public async Task Reads_touches_only_up_to_the_day()
    {
        await ApplyAsync(0, 2, Visit("user:1", Given.Noon, "m1"), Visit("user:1", Given.Noon.AddDays(1), "m2"));

        var until = DateOnly.FromDateTime(Given.Noon.UtcDateTime);
        Assert.Equal(until, Assert.Single((await _store.ReadAsync("demo", ["user:1"], until, Cancellation))["user:1"].TouchDays).Day);
    }

    [Fact]
    public async Task Tells_customers_apart_by_case_quote_and_shop()
    {
        await ApplyAsync(0, 4, Visit("user:Alice", Given.Noon, "m1"), Visit("user:alice", Given.Noon, "m2"), Visit("user:O'Hara \"x\" \\ 日本 é", Given.Noon, "m3"), Visit("user:alice", Given.Noon, "m4") with { Shop = "other" });

        foreach (var customer in new[] { "user:Alice", "user:alice", "user:O'Hara \"x\" \\ 日本 é" })
            Assert.Equal(1, Assert.Single((await _store.ReadAsync("demo", [customer], Ever, Cancellation))[customer].TouchDays).TouchCount);
        Assert.Empty(await _store.ReadAsync("demo", ["user:ALICE"], Ever, Cancellation));
    }

    [Fact]
    public async Task Applies_nothing_when_the_checkpoint_is_elsewhere()
    {
        await ApplyAsync(0, 1, Visit("user:1", Given.Noon, "m1"));
        var before = await ContentsAsync();

        Assert.False(await _store.ApplyAsync(Partition, 0, 1, Changes.Of([Visit("user:1", Given.Noon, "m1")]), Cancellation));
        Assert.False(await _store.ApplyAsync(Partition, 5, 6, Changes.Of([Visit("user:9", Given.Noon, "m9")]), Cancellation));

        Assert.Equal(before, await ContentsAsync());
        Assert.Equal(1, await _store.ReadCheckpointAsync(Partition, Cancellation));
        Assert.Equal(0, await _store.ReadCheckpointAsync(Partition + 1, Cancellation));
    }

    [Fact]
    public async Task Moves_the_checkpoint_over_a_batch_without_customers()
    {
        await ApplyAsync(0, 5);
        Assert.Equal(5, await _store.ReadCheckpointAsync(Partition, Cancellation));
    }

    /// <summary>The platform's law: any order, batching or repetition of the same events gives the same rows.</summary>
    [Fact]
    public void Any_order_batching_or_repetition_gives_the_same_tables()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(CasesMax), Prop.ForAll(Deliveries(), delivery => RunLawAsync(delivery).GetAwaiter().GetResult()));

    async Task<bool> RunLawAsync(Delivery delivery)
    {
        await ClearAsync();
        await ApplyAsync(0, delivery.Observations.Length, delivery.Observations);
        var atOnce = await ContentsAsync();

        await ClearAsync();
        var position = 0;
        foreach (var batch in delivery.Shuffled.Chunk(delivery.BatchSize))
        {
            await ApplyAsync(position, position + batch.Length, batch);
            // The same batch once more, as after an answer that was lost.
            Assert.False(await _store.ApplyAsync(Partition, position, position + batch.Length, Changes.Of(batch), Cancellation));
            position += batch.Length;
        }
        Assert.Equal(atOnce, await ContentsAsync());
        return true;
    }

    async Task ApplyAsync(long after, long next, params Observation[] observations)
        => Assert.True(await _store.ApplyAsync(Partition, after, next, Changes.Of(observations), Cancellation));

    static Observation Visit(string customer, DateTimeOffset time, string messageId) => Given.Observation(customer, time, messageId, new Touch(Channel.Onsite, TouchKind.Visit));

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

    static readonly string[] Tables = ["checkpoint_position", "customer", "touch_day", "subscription_fact"];

    sealed record Delivery(Observation[] Observations, Observation[] Shuffled, int BatchSize);

    static Arbitrary<Delivery> Deliveries() => (
        from facts in Fact().NonEmptyListOf()
        let observations = facts.Select((f, i) => f with { MessageId = $"m{i}" }).ToArray()
        from shuffled in Gen.Shuffle(observations)
        from batchSize in Gen.Choose(1, 7)
        select new Delivery(observations, shuffled.ToArray(), batchSize)).ToArbitrary();

    static Gen<Observation> Fact() =>
        from shop in Gen.Elements("demo", "other")
        from customer in Gen.Elements("user:1", "user:2", "anon:1")
        from minutes in Gen.Choose(0, 60 * 24 * 4)
        from touch in Gen.OneOf(Gen.Constant<Touch?>(null), Touches().Select(t => (Touch?)t))
        from subscription in Gen.OneOf(Gen.Constant<Subscription?>(null), Gen.Elements(true, false).Select(s => (Subscription?)new Subscription(Channel.Email, "", s, "checkout")))
        select new Observation(shop, customer, Given.Noon.AddMinutes(minutes), "", touch, subscription);

    static Gen<Touch> Touches() =>
        from channel in Gen.Elements(Channel.Email, Channel.Onsite)
        from kind in Gen.Elements(Enum.GetValues<TouchKind>())
        select new Touch(channel, kind);
}

public sealed class EngagementStoreTextTests
{
    [Fact]
    public void Every_statement_parses_as_t_sql()
    {
        var database = new SqlServerDatabase(Program.House.Name, "Server=nowhere");
        var texts = TSql.StatementsOf(new EngagementStore(database)).Concat(Migrator.Batches(Program.House.Home, "SqlServer")).ToList();
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Empty(TSql.Errors(text.Item2)));
    }
}
