using Perennial.Foundation.Sql;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Testing;

namespace Perennial.Ingestion.Tests.Storage;

public sealed class SqliteQuarantineStoreTests : QuarantineStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(Program.House);
}

public sealed class SqlServerQuarantineStoreTests : QuarantineStoreTests
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(Program.House);
}

/// <summary>What the quarantine promises, on every dialect.</summary>
public abstract class QuarantineStoreTests : IAsyncLifetime
{
    const int Most = 100;
    const int Chars = 1_000_000;
    TestStore _store = null!;
    QuarantineStore _quarantine = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<TestStore> CreateAsync();

    static QuarantineStore Quarantine(Database database) => new(database, new LogStore(database, 1));

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _quarantine = Quarantine(_store.Database);
        foreach (var shop in (string[])["shop", "other"]) await new LogStore(_store.Database, 1).CreateShopAsync(_store.Database, shop, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    static Quarantined Event(string messageId, string reason = "WRONG_TYPE", string payload = "{}", params string[] ids)
        => new(0, messageId, reason, [new Violation("properties.total", "must be a number, not \"ü\" 🙂")], payload, Some.Instant, ids, 0);

    async Task<IReadOnlyList<long>> AddAsync(params Quarantined[] events) => (await _quarantine.AddAsync("shop", events, Most, Cancel))!.Numbers;

    Task<QuarantinePage> ListAsync(string reason = "", long[]? numbers = null, long after = 0, int most = 100, int chars = Chars) => _quarantine.ListAsync("shop", reason, numbers ?? [], after, most, chars, Cancel);

    static string Outline(QuarantinePage page) => string.Join(' ', page.Events.Select(e => e.Sequence)) + (page.HasMore ? " ..." : "");

    [Fact]
    public async Task Keeps_every_field_as_it_came()
    {
        var sent = Event("it's [1] \\ \"m\" 🙂", payload: """{"event":"Ünï🙂 'x' \\ \"y\"","n":12.50}""", ids: ["user:Ünï 🙂", "anon:\"a\\", "user:Ünï 🙂"]);
        Assert.Equal([1L], await AddAsync(sent));

        var kept = Assert.Single((await ListAsync()).Events);
        Assert.Equal((1L, sent.MessageId, sent.Reason, sent.Payload, sent.ReceiveTime, 0), (kept.Sequence, kept.MessageId, kept.Reason, kept.Payload, kept.ReceiveTime, kept.ReplayCount));
        Assert.Equal(sent.Violations, kept.Violations);
        Assert.Equal(["anon:\"a\\", "user:Ünï 🙂"], kept.Ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Keeps_an_event_once_for_its_message_and_reason()
    {
        Assert.Equal([1L, 2, 3, 1], await AddAsync(Event("a"), Event("a", "MISSING_FIELD"), Event("A"), Event("a", payload: "[]")));
        Assert.Equal([4L, 1, 2], await AddAsync(Event("b"), Event("a"), Event("a", "MISSING_FIELD")));
        Assert.Equal("1 2 3 4", Outline(await ListAsync()));
        // Without an id nothing says that two are one.
        Assert.Equal([5L, 6], await AddAsync(Event(""), Event("")));
    }

    [Fact]
    public async Task Belongs_to_its_shop()
    {
        await AddAsync(Event("a"), Event("b"));
        Assert.Equal([1L], (await _quarantine.AddAsync("other", [Event("a")], Most, Cancel))!.Numbers);
        await _quarantine.SettleAsync("other", [1, 2], [], Cancel);
        Assert.Equal("1 2", Outline(await ListAsync()));
        Assert.Empty((await _quarantine.ListAsync("other", "", [], 0, 10, Chars, Cancel)).Events);
        Assert.Empty(await _quarantine.ReceiptsAsync("other", [1, 2], Cancel));
    }

    [Fact]
    public async Task Takes_no_more_than_its_limit_and_all_or_nothing()
    {
        Assert.NotNull(await _quarantine.AddAsync("shop", [Event("a"), Event("b")], 3, Cancel));
        Assert.Null(await _quarantine.AddAsync("shop", [Event("c"), Event("d")], 3, Cancel));
        Assert.Equal("1 2", Outline(await ListAsync()));
        // What is there already needs no room, and what leaves makes some.
        Assert.NotNull(await _quarantine.AddAsync("shop", [Event("c"), Event("a")], 3, Cancel));
        Assert.Equal([1L], (await _quarantine.AddAsync("shop", [Event("a")], 3, Cancel))!.Numbers);
        Assert.Null(await _quarantine.AddAsync("shop", [Event("d")], 3, Cancel));
        await _quarantine.SettleAsync("shop", [2], [], Cancel);
        Assert.Equal([4L], (await _quarantine.AddAsync("shop", [Event("d")], 3, Cancel))!.Numbers);
    }

    [Fact]
    public async Task Lists_by_reason_by_number_in_pages_and_by_size()
    {
        await AddAsync([.. Enumerable.Range(1, 9).Select(i => Event($"m{i}", i % 3 == 0 ? "THIRD" : "OTHER", new string('x', 10), $"user:u{i}"))]);

        Assert.Equal("1 2 3 4 5 6 7 8 9", Outline(await ListAsync()));
        Assert.Equal("1 2 3 4 ...", Outline(await ListAsync(most: 4)));
        Assert.Equal("6 7 8 9", Outline(await ListAsync(after: 5, most: 4)));
        Assert.Equal("3 6 ...", Outline(await ListAsync("THIRD", most: 2)));
        Assert.Equal("9", Outline(await ListAsync("THIRD", after: 6)));
        Assert.Equal("", Outline(await ListAsync("NONE")));
        Assert.Equal("2 7", Outline(await ListAsync(numbers: [7, 2, 70, 0])));
        Assert.Equal("2 ...", Outline(await ListAsync(numbers: [7, 2], most: 1)));
        Assert.Equal("6", Outline(await ListAsync("THIRD", [5, 6, 7])));
        // The third passes 25 characters; one comes however large it is.
        Assert.Equal("1 2 3 ...", Outline(await ListAsync(chars: 25)));
        Assert.Equal("9", Outline(await ListAsync(after: 8, chars: 1)));
        Assert.Equal(["user:u4", "user:u5"], (await ListAsync(after: 3, most: 2)).Events.SelectMany(e => e.Ids));
        Assert.Equal([("OTHER", 6L), ("THIRD", 3L)], await _quarantine.CountAsync("shop", Cancel));
    }

    [Fact]
    public async Task A_replay_lets_go_what_is_recorded_and_keeps_the_rest_with_its_new_reason()
    {
        await AddAsync(Event("a", ids: "user:a"), Event("b", ids: "user:b"), Event("c", ids: "user:c"));
        Assert.Equal([1L, 3], (await _quarantine.ReceiptsAsync("shop", [1, 3, 8], Cancel)).Keys.Order());
        for (var i = 1; i <= 2; i++)
        {
            await _quarantine.SettleAsync("shop", [1, 8], [new Relapse(2, "OUT_OF_RANGE", [new Violation("f", "d")]), new Relapse(9, "X", [])], Cancel);
            var left = (await ListAsync()).Events;
            Assert.Equal("2 3", string.Join(' ', left.Select(e => e.Sequence)));
            Assert.Equal(("OUT_OF_RANGE", i, new Violation("f", "d"), "{}"), (left[0].Reason, left[0].ReplayCount, left[0].Violations[0], left[0].Payload));
            Assert.Equal(["user:b", "user:c"], left.SelectMany(e => e.Ids));
        }
        // Its number is never given again.
        Assert.Equal([4L], await AddAsync(Event("a")));
    }

    [Fact]
    public async Task Racing_replicas_keep_each_event_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(replica => Task.Run(async () =>
        {
            await using var database = _store.OpenAnother();
            var quarantine = Quarantine(database);
            foreach (var batch in Enumerable.Range(0, 40).Select(i => Event($"m{(i * (replica * 2 + 1)) % 41}", ids: $"user:{i}")).Chunk(7 + replica))
                Assert.NotNull(await quarantine.AddAsync("shop", batch, Most, Cancel));
        }, Cancel)));

        var kept = (await ListAsync()).Events;
        Assert.Equal(kept.Count, kept.Select(e => e.MessageId).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, kept.Count).Select(i => (long)i), kept.Select(e => e.Sequence));
        Assert.Null(await _quarantine.AddAsync("shop", [Event("new")], kept.Count, Cancel));
        Assert.NotNull(await _quarantine.AddAsync("shop", [Event("new")], kept.Count + 1, Cancel));
    }
}
