using Perennial.Foundation.Sql;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Sql;

/// <summary>Who holds what, in both dialects.</summary>
public abstract class LeasesConformance : IAsyncLifetime
{
    static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan Term = TimeSpan.FromSeconds(10);
    static readonly LeaseHolder Ann = new("host-a/1", "host-a"), Bob = new("host-b/1", "host-b");
    readonly ManualClock _clock = new(Start);
    TestStore _store = null!;
    Leases _leases = null!;

    protected abstract Task<TestStore> CreateAsync();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    DateTimeOffset Now => _clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _store = await CreateAsync();
        _leases = new Leases(_store.Database);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Of_holders_that_race_each_lease_has_one()
    {
        string[] names = ["a", "b", "c", "d"];
        var racers = Enumerable.Range(0, 6).Select(i => new LeaseHolder($"racer-{i}", $"racer-{i}")).ToList();
        var acquired = await Task.WhenAll(racers.Select((racer, i) => Task.Run(async () =>
        {
            await using var database = _store.OpenAnother();
            return await new Leases(database).AcquireAsync(racer, [.. i % 2 == 0 ? names : names.Reverse()], Now, Now + Term, Cancel);
        }, Cancel)));

        Assert.Equal(names, acquired.SelectMany(a => a).Order(StringComparer.Ordinal));
        var held = (await SeenAsync(Ann)).Held;
        for (var i = 0; i < racers.Count; i++) Assert.Equal(acquired[i].Order(StringComparer.Ordinal), held.Where(h => h.Value == racers[i].Id).Select(h => h.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_lease_is_its_holders_until_it_runs_out()
    {
        Assert.True(await AcquireAsync(Ann));
        Assert.True(await AcquireAsync(Ann));
        Assert.False(await AcquireAsync(Bob));
        _clock.Advance(Term);
        Assert.False(await AcquireAsync(Bob));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await AcquireAsync(Bob));
        Assert.False(await AcquireAsync(Ann));
    }

    [Fact]
    public async Task A_renewal_prolongs_what_is_held_and_brings_nothing_back()
    {
        Assert.True(await AcquireAsync(Ann));
        _clock.Advance(Term);
        await RenewAsync(Ann);
        _clock.Advance(Term);
        Assert.False(await AcquireAsync(Bob));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await AcquireAsync(Bob));
        await RenewAsync(Ann);
        Assert.Equal(Bob.Id, (await SeenAsync(Ann)).Held["a"]);
    }

    [Fact]
    public async Task Only_its_holder_gives_a_lease_up()
    {
        Assert.True(await AcquireAsync(Ann));
        await _leases.ReleaseAsync(Bob, ["a"], Cancel);
        Assert.False(await AcquireAsync(Bob));
        await _leases.ReleaseAsync(Ann, ["a"], Cancel);
        Assert.True(await AcquireAsync(Bob));
    }

    [Fact]
    public async Task Who_leaves_leaves_everything_of_its_own()
    {
        await JoinAsync(Ann);
        await JoinAsync(Bob);
        Assert.True(await AcquireAsync(Ann, "a"));
        Assert.True(await AcquireAsync(Bob, "b"));
        await _leases.LeaveAsync(Ann, Cancel);

        var seen = await SeenAsync(Bob);
        Assert.Equal([Bob.Id], seen.Holders);
        Assert.Equal([new("b", Bob.Id)], seen.Held);
    }

    [Fact]
    public async Task The_next_process_of_an_instance_waits_for_nothing_that_the_last_one_held()
    {
        var (again, other) = (Ann with { Id = "host-a/2" }, new LeaseHolder("host-c/1", "host-c"));
        await JoinAsync(Ann);
        await JoinAsync(other);
        Assert.True(await AcquireAsync(Ann, "a"));
        Assert.True(await AcquireAsync(other, "b"));

        await JoinAsync(again);
        Assert.True(await AcquireAsync(again, "a"));
        Assert.False(await AcquireAsync(again, "b"));
        Assert.Equal([again.Id, other.Id], (await SeenAsync(again)).Holders.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Those_live_who_said_so_lately_and_whoever_asks_in_the_order_in_which_they_came()
    {
        await JoinAsync(Bob);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await JoinAsync(Ann);
        Assert.Equal([Bob.Id, Ann.Id], (await SeenAsync(Ann)).Holders);

        _clock.Advance(Term - TimeSpan.FromMilliseconds(999));
        Assert.Equal([Ann.Id], (await SeenAsync(Ann)).Holders);
        Assert.Equal([Bob.Id, Ann.Id], (await SeenAsync(Bob)).Holders);
        await RenewAsync(Bob);
        Assert.Equal([Bob.Id, Ann.Id], (await SeenAsync(Ann)).Holders);
    }

    [Fact]
    public async Task Who_was_held_dead_and_lives_is_entered_again()
    {
        await JoinAsync(Bob);
        _clock.Advance(Term * 2);
        await JoinAsync(Ann);
        Assert.Equal([Ann.Id], (await SeenAsync(Bob)).Holders);
        await RenewAsync(Bob);
        Assert.Equal([Ann.Id, Bob.Id], (await SeenAsync(Bob)).Holders.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_lease_of_a_clock_that_was_set_back_since_binds_nobody()
    {
        await JoinAsync(Bob);
        Assert.True(await AcquireAsync(Bob));
        _clock.Set(Start.AddYears(-15));
        Assert.Empty((await SeenAsync(Ann)).Held);
        Assert.True(await AcquireAsync(Ann));
        await JoinAsync(Ann);
        Assert.Equal([Ann.Id], (await SeenAsync(Ann)).Holders);
    }

    Task JoinAsync(LeaseHolder holder) => _leases.JoinAsync(holder, Now, Now + Term, Cancel);

    Task RenewAsync(LeaseHolder holder) => _leases.RenewAsync(holder, Now, Now + Term, Cancel);

    Task<LeasesSeen> SeenAsync(LeaseHolder holder) => _leases.ReadAsync(holder, Now, Cancel);

    async Task<bool> AcquireAsync(LeaseHolder holder, string name = "a") => (await _leases.AcquireAsync(holder, [name], Now, Now + Term, Cancel)).Count == 1;
}

public sealed class SqliteLeasesTests : LeasesConformance
{
    protected override Task<TestStore> CreateAsync() => TestStore.SqliteAsync(DatabaseConformance.Home);
}

public sealed class SqlServerLeasesTests : LeasesConformance
{
    public static TheoryData<string, string> Statements() => [.. TSql.StatementsOf(new Leases(new SqlServerDatabase("foundation", "Server=nowhere"))).Select(s => (s.Name, s.Text))];

    [Theory]
    [MemberData(nameof(Statements))]
    public void Statements_are_TSql(string name, string text) => Assert.Equal((name, ""), (name, string.Join("; ", TSql.Errors(text))));

    protected override Task<TestStore> CreateAsync() => TestStore.SqlServerAsync(DatabaseConformance.Home);
}
