using Dapper;
using Perennial.Segmentation.Domain;
using Perennial.Segmentation.Storage;
using Perennial.Testing;
using static Perennial.Segmentation.Tests.Given;

namespace Perennial.Segmentation.Tests.Storage;

public sealed class SqliteZoneStoreTests() : ZoneStoreConformance(() => TestStore.SqliteAsync(Program.House));

public sealed class SqlServerZoneStoreTests() : ZoneStoreConformance(() => TestStore.SqlServerAsync(Program.House));

/// <summary>What the store guarantees of a shop that changes its zone, in every dialect.</summary>
public abstract class ZoneStoreConformance(Func<Task<TestStore>> open) : IAsyncLifetime
{
    static readonly DateTimeOffset Now = Utc("2024-07-21T00:30:00Z");
    static readonly ShopSettings London = new("tea", "Europe/London", "GBP", DateTimeOffset.UnixEpoch);

    /// <summary>Late in the evening in London, the next day further east: 31 days later the one stage gives way to the next.</summary>
    static readonly Sighting Evening = new("tea", "user:ann", true, Utc("2024-06-20T22:30:00Z"), Ordered("o", "2024-06-20T22:30:00Z"));

    TestStore _test = null!;
    SegmentationStore _store = null!;
    long _position;
    int _changes;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _test = await open();
        _store = new SegmentationStore(_test.Database);
        await ApplyAsync([London]);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_test is not null) await _test.DisposeAsync();
    }

    async Task ApplyAsync(ShopSettings[] shops, params Sighting[] sightings)
        => Assert.NotNull(await _store.ApplyAsync(new EventBatch(0, _position++, _position, shops, sightings), Now, Cancellation));

    Task MoveAsync(string zone) => ApplyAsync([London with { TimeZone = zone, UpdateTime = London.UpdateTime.AddDays(++_changes) }]);

    async Task<int> WorkAsync()
    {
        for (var steps = 0; ; steps++)
            if (await _store.StepAsync(10, Now, Cancellation) is null) return steps;
    }

    async Task<Derivation> ClcAsync() => (await _store.FindActiveAsync("tea", "clc", Cancellation))!;

    async Task<string> CountAsync() => string.Join(' ', from total in await _store.CountStagesAsync((await _store.FindShopAsync("tea", Cancellation))!, await ClcAsync(), Now, true, Cancellation)
                                                        where total.Value != default
                                                        select $"{total.Key.Id} {total.Value.Customers}");

    /// <summary>East, west, over the date line both ways, and home: each in turn, so that one shop goes the whole way.</summary>
    static readonly (string Zone, string Due)[] Journey =
    [
        ("Europe/Berlin", "2024-07-21T22:00:00Z"),
        ("America/New_York", "2024-07-21T04:00:00Z"),
        ("Pacific/Kiritimati", "2024-07-21T10:00:00Z"),
        ("Pacific/Pago_Pago", "2024-07-21T11:00:00Z"),
        ("Pacific/Apia", "2024-07-21T11:00:00Z"),
        ("Asia/Kolkata", "2024-07-21T18:30:00Z"),
        ("America/New_York", "2024-07-21T04:00:00Z"),
    ];

    [Fact]
    public async Task The_next_change_of_stage_moves_with_the_shop()
    {
        await ApplyAsync([], Evening);
        foreach (var (zone, due) in Journey)
        {
            await MoveAsync(zone);
            await WorkAsync();
            Assert.Equal(Utc(due), await _store.FindNextDueAsync(Cancellation));
            Assert.Equal("new 1", await CountAsync());
        }
        await MoveAsync("Europe/London");
        await WorkAsync();
        Assert.Equal("drifting 1", await CountAsync());
    }

    [Fact]
    public async Task Answers_rest_on_the_old_zone_until_everybody_is_counted_in_the_new_one()
    {
        await ApplyAsync([], Evening);
        await MoveAsync("Europe/Berlin");

        Assert.Equal("Europe/Berlin", (await _store.FindShopAsync("tea", Cancellation))!.Zone.Id);
        Assert.Equal(("Europe/London", 1), ((await ClcAsync()).Zone.Id, (await ClcAsync()).Number));
        Assert.Equal("drifting 1", await CountAsync());

        await WorkAsync();

        Assert.Equal(("Europe/Berlin", 2), ((await ClcAsync()).Zone.Id, (await ClcAsync()).Number));
        Assert.Equal("new 1", await CountAsync());
        Assert.Equal([("Europe/London", (DateTimeOffset?)Now), ("Europe/Berlin", null)], (await _store.ListUsesAsync("tea", "clc", Cancellation)).Select(u => (u.Zone.Id, u.RetireTime)));
    }

    [Fact]
    public async Task Whoever_moves_with_the_zone_does_so_by_the_model()
    {
        await ApplyAsync([], Evening);
        await MoveAsync("Europe/Berlin");
        await WorkAsync();

        Assert.Equal(
            [("", "drifting", new Cause(CauseKind.Clock)), ("drifting", "new", new Cause(CauseKind.Model))],
            (await Feed.ReadAsync(_store, "tea")).Select(t => (t.From, t.To, t.Cause)));
        Assert.Equal(Now, (await Feed.ReadAsync(_store, "tea"))[^1].Effective);
    }

    [Fact]
    public async Task Partitions_that_are_behind_tell_nothing_new()
    {
        ShopSettings berlin = London with { TimeZone = "Europe/Berlin", UpdateTime = Utc("2024-01-01") }, tokyo = London with { TimeZone = "Asia/Tokyo", UpdateTime = Utc("2024-02-01") };
        await ApplyAsync([berlin, tokyo]);
        await WorkAsync();
        Assert.NotNull(await _store.ApplyAsync(new EventBatch(1, 0, 1, [London], []), Now, Cancellation));
        Assert.NotNull(await _store.ApplyAsync(new EventBatch(2, 0, 1, [London, berlin], []), Now, Cancellation));
        Assert.NotNull(await _store.ApplyAsync(new EventBatch(2, 1, 2, [tokyo], []), Now, Cancellation));

        Assert.Equal(0, await WorkAsync());
        Assert.Equal("Asia/Tokyo", (await _store.FindShopAsync("tea", Cancellation))!.Zone.Id);
    }

    [Fact]
    public async Task The_same_zone_once_more_derives_nothing()
    {
        await MoveAsync("Europe/London");
        Assert.Equal(0, await WorkAsync());
        Assert.Equal(1, (await ClcAsync()).Number);
    }

    [Fact]
    public async Task A_derivation_that_a_backup_brought_back_in_the_zone_is_left_alone()
    {
        await MoveAsync("Europe/Berlin");
        await WorkAsync();
        await _test.Database.WriteAsync(write => write.Connection.ExecuteAsync($"DELETE FROM {_test.Database.Prefix}shop", transaction: write.Transaction), Cancellation);
        ShopSettings[] log = [London, London with { TimeZone = "Europe/Berlin", UpdateTime = Utc("2024-01-01") }];

        Assert.NotNull(await _store.ApplyAsync(new EventBatch(1, 0, 1, log, []), Now, Cancellation));

        Assert.Equal(0, await WorkAsync());
        Assert.Equal(("Europe/Berlin", 2), ((await ClcAsync()).Zone.Id, (await ClcAsync()).Number));
    }

    [Fact]
    public async Task A_model_that_goes_to_work_later_counts_in_the_zone_of_that_day()
    {
        await ApplyAsync([], Evening);
        await MoveAsync("Europe/Berlin");
        await _store.ActivateModelAsync("tea", "five-stage", 0, "", false, Now, Cancellation);
        await WorkAsync();
        await MoveAsync("Asia/Tokyo");
        await _store.DeactivateModelAsync("tea", "clc", "", Now, Cancellation);
        await WorkAsync();

        Assert.Null(await _store.FindActiveAsync("tea", "clc", Cancellation));
        Assert.Equal(["Europe/Berlin", "Asia/Tokyo"], (await _store.ListUsesAsync("tea", "five-stage", Cancellation)).Select(u => u.Zone.Id));
    }

    [Fact]
    public async Task Another_replica_learns_of_it_within_a_second()
    {
        var replica = new SegmentationStore(_test.Database);
        Assert.Equal("Europe/London", (await replica.FindShopAsync("tea", Cancellation))!.Zone.Id);
        await MoveAsync("Asia/Tokyo");

        await Eventually.IsTrueAsync(async () => (await replica.FindShopAsync("tea", Cancellation))!.Zone.Id == "Asia/Tokyo", "the replica counts days in Tokyo");
    }
}
