using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Perennial.Foundation.Feeds;
using Perennial.Foundation.Sql;
using Perennial.Foundation.Tests.Sql;
using Perennial.Testing;

namespace Perennial.Foundation.Tests.Feeds;

/// <summary>How replicas come to an even split, round by round.</summary>
public sealed class PartitionShareTests : IAsyncLifetime
{
    const int CasesMax = 20;
    readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    readonly FeedOptions _options = new();
    TestStore _store = null!;

    TimeSpan Lease => TimeSpan.FromMilliseconds(_options.LeaseMillis);
    TimeSpan Renewal => TimeSpan.FromMilliseconds(_options.RenewMillis);

    public async ValueTask InitializeAsync() => _store = await TestStore.SqliteAsync(DatabaseConformance.Home);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public void Shares_are_even_and_cover_every_partition() => Prop.ForAll(Gen.Choose(1, 300).Two().ToArbitrary(), drawn =>
    {
        var (partitions, replicas) = drawn;
        var shares = Enumerable.Range(0, replicas).Select(rank => PartitionShare.Of(partitions, replicas, rank)).ToList();
        return shares.Sum() == partitions && shares.Max() - shares.Min() <= 1 && shares.SequenceEqual(shares.OrderDescending());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task One_alone_reads_everything_at_once()
    {
        var alone = New("a", 4);
        Assert.True(await alone.RoundAsync());
        Assert.Equal([0, 1, 2, 3], alone.Reading);
    }

    [Fact]
    public async Task One_that_joins_has_its_share_once_the_others_have_looked()
    {
        var (first, second) = (New("a", 4), New("b", 4));
        await first.RoundAsync();
        Assert.False(await second.RoundAsync());
        Assert.Empty(second.Reading);

        await first.RoundAsync();
        await first.RoundAsync();
        Assert.True(await second.RoundAsync());
        Assert.Equal([0, 1], first.Reading);
        Assert.Equal([2, 3], second.Reading);
        Assert.True(await first.RoundAsync());
    }

    [Fact]
    public async Task A_partition_is_given_up_after_the_batch_in_hand()
    {
        var (first, second) = (New("a", 2), New("b", 2));
        await first.RoundAsync();
        first.Busy();
        await second.RoundAsync();
        Assert.False(await first.RoundAsync());
        Assert.False(await second.RoundAsync());
        Assert.Equal([0, 1], first.Reading);
        Assert.Empty(second.Reading);

        first.Idle();
        Assert.True(await first.RoundAsync());
        Assert.True(await second.RoundAsync());
        Assert.Equal([0], first.Reading);
        Assert.Equal([1], second.Reading);
    }

    [Fact]
    public async Task What_one_that_ends_held_is_there_for_the_others_at_once()
    {
        var (first, second) = (New("a", 4), New("b", 4));
        await SettleAsync(first, second);
        await first.EndAsync();
        Assert.True(await second.RoundAsync());
        Assert.Equal([0, 1, 2, 3], second.Reading);
    }

    [Fact]
    public async Task One_that_was_killed_is_waited_for_until_its_lease_runs_out()
    {
        var (first, second) = (New("a", 4), New("b", 4));
        await SettleAsync(first, second);
        first.Kill();
        _clock.Advance(Renewal);
        await second.RoundAsync();
        Assert.Equal([2, 3], second.Reading);

        _clock.Advance(Lease - Renewal + TimeSpan.FromMilliseconds(1));
        Assert.True(await second.RoundAsync());
        Assert.Equal([0, 1, 2, 3], second.Reading);
    }

    [Fact]
    public async Task One_that_was_killed_and_comes_back_waits_for_nothing()
    {
        var killed = New("a", 4);
        await killed.RoundAsync();
        killed.Kill();
        var back = New("a", 4);
        Assert.True(await back.RoundAsync());
        Assert.Equal([0, 1, 2, 3], back.Reading);
    }

    [Fact]
    public async Task One_that_was_held_up_leaves_what_others_took_meanwhile()
    {
        var (first, second) = (New("a", 4), New("b", 4));
        await SettleAsync(first, second);
        _clock.Advance(Lease + TimeSpan.FromMilliseconds(1));
        Assert.True(await second.RoundAsync());
        Assert.Equal([0, 1, 2, 3], second.Reading);

        await first.RoundAsync();
        Assert.Empty(first.Reading);
        await SettleAsync(first, second);
        Assert.Equal([0, 1, 2, 3], first.Reading.Concat(second.Reading).Order());
    }

    [Fact]
    public async Task More_replicas_than_partitions_leave_some_without_and_content()
    {
        Replica[] replicas = [.. Enumerable.Range(0, 5).Select(i => New($"r{i}", 3))];
        await SettleAsync(replicas);
        Assert.Equal([1, 1, 1, 0, 0], replicas.Select(r => r.Reading.Count));
        foreach (var replica in replicas) Assert.True(await replica.RoundAsync());
    }

    /// <summary>Whatever comes, goes and dies: who is left reads everything, evenly, nothing twice.</summary>
    [Fact]
    public void Whatever_comes_goes_and_dies_those_left_split_everything_evenly() => Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf(30).ToArbitrary(), steps =>
    {
        RunAsync(steps).GetAwaiter().GetResult();
        async Task RunAsync(int[] draws)
        {
            const int Partitions = 7;
            var live = new List<Replica> { New(Guid.NewGuid().ToString("N"), Partitions) };
            foreach (var draw in draws)
            {
                var one = live[draw / 10 % live.Count];
                switch (draw % 10)
                {
                    case 0 when live.Count < 5:
                        live.Add(New(Guid.NewGuid().ToString("N"), Partitions));
                        break;
                    case 1 when live.Count > 1:
                        await one.EndAsync();
                        live.Remove(one);
                        break;
                    case 2 when live.Count > 1:
                        one.Kill();
                        live.Remove(one);
                        break;
                    case 3:
                        _clock.Advance(Renewal);
                        break;
                    default:
                        await one.RoundAsync();
                        break;
                }
            }
            await SettleAsync([.. live]);
            _clock.Advance(Lease + TimeSpan.FromMilliseconds(1));
            await SettleAsync([.. live]);
            Assert.Equal(Enumerable.Range(0, Partitions), live.SelectMany(r => r.Reading).Order());
            Assert.InRange(live.Max(r => r.Reading.Count) - live.Min(r => r.Reading.Count), 0, 1);
            foreach (var replica in live) await replica.EndAsync();
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(CasesMax));

    static async Task SettleAsync(params Replica[] replicas)
    {
        for (var round = 0; round < 5; round++)
        {
            foreach (var replica in replicas) await replica.RoundAsync();
        }
    }

    Replica New(string instance, int partitions) => new(new Leases(_store.Database), instance, partitions, _options, _clock);

    /// <summary>A replica whose reading is told by hand; only its rounds are real.</summary>
    sealed class Replica
    {
        readonly HashSet<int> _reading = [];
        readonly CancellationTokenSource _stop = new();
        readonly PartitionShare _share;
        TaskCompletionSource _idle = new();

        public Replica(Leases leases, string instance, int partitions, FeedOptions options, ManualClock clock)
        {
            _idle.SetResult();
            _share = new PartitionShare(leases, new LeaseHolder($"{instance}/{Guid.NewGuid():N}", instance), partitions, options, clock, NullLogger.Instance, ReadAsync);
        }

        public IReadOnlyList<int> Reading => [.. _reading.Order()];

        public Task<bool> RoundAsync() => _share.RoundAsync(_stop.Token);

        /// <summary>It has a batch in hand from here to <see cref="Idle"/>.</summary>
        public void Busy() => _idle = new TaskCompletionSource();

        public void Idle() => _idle.SetResult();

        public void Kill() => _reading.Clear();

        public async Task EndAsync()
        {
            await _stop.CancelAsync();
            await _share.EndAsync(TimeSpan.FromSeconds(30));
        }

        async Task ReadAsync(int partition, CancellationToken leave)
        {
            _reading.Add(partition);
            var left = new TaskCompletionSource();
            using var registered = leave.Register(left.SetResult);
            await left.Task;
            await _idle.Task;
            _reading.Remove(partition);
        }
    }
}
