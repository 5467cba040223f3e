using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests;

public sealed class SqliteReplicaTests : ReplicaTests
{
    private protected override ChildProcess Start(int port, params string[] settings) => ChildProcess.Start(typeof(Program).Assembly, port, null, ["--data", Path.Combine(Folder, "replicas"), .. settings]);
}

public sealed class SqlServerReplicaTests : ReplicaTests, IAsyncLifetime
{
    TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateOrSkipAsync();

    private protected override ChildProcess Start(int port, params string[] settings) => ChildProcess.Start(typeof(Program).Assembly, port, _database.Connection, settings);

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
    }
}

/// <summary>Processes of the house that share a store and its log, one of them killed and started again meanwhile.</summary>
public abstract class ReplicaTests : IDisposable
{
    const string Shop = "tea";
    const int Partitions = 4, Customers = 60, Half = 300;
    static readonly DateTimeOffset From = Given.Utc("2024-01-01T00:00:00Z");
    readonly FakeFeed _log = new(Partitions);
    readonly Random _random = new(20240101);
    long _recorded;

    protected string Folder { get; } = Directory.CreateTempSubdirectory("perennial-test-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Directory.Delete(Folder, recursive: true);

    /// <summary>One process more on the store of the test.</summary>
    private protected abstract ChildProcess Start(int port, params string[] settings);

    [Fact]
    public async Task Replicas_come_to_what_one_alone_comes_to_though_one_is_killed()
    {
        await using var ingestion = await FakeHouse.StartAsync(_log);
        string[] settings = [$"--Upstream:Ingestion={ingestion.Address}", "--Feed:LeaseMillis=1500", "--Feed:RenewMillis=150", "--Feed:PageSize=5", "--Feed:BatchSizeMax=5", "--Feed:RetryMillisMax=50"];
        Record(Half);
        List<ChildProcess> replicas = [];
        try
        {
            for (var i = 0; i < 2; i++) replicas.Add(await Start(0, settings).ListensAsync());
            await ReachesAsync(replicas[1], Half / 3);
            await replicas[0].KilledAsync();
            Record(Half);
            await ReachesAsync(replicas[1], Half);
            replicas.Add(await Start(replicas[0].Port, settings).ListensAsync());
            foreach (var replica in replicas.Skip(1)) await ReachesAsync(replica, _recorded);

            await using var alone = await RunningHouse.StartAsync(Program.House, Program.Build, Path.Combine(Folder, "alone"), settings[0]);
            await Eventually.AppliedAsync(() => ProgressAsync(alone.Invoker), _recorded);
            var expected = await CustomersAsync(alone.Invoker);
            Assert.Equal(Customers, expected.Count);
            foreach (var replica in replicas.Skip(1)) Assert.Equal(expected, await CustomersAsync(replica.Invoker));
        }
        finally
        {
            foreach (var replica in replicas) replica.Dispose();
        }
    }

    /// <summary>Orders, and some cancellations of what may or may not have been ordered.</summary>
    void Record(int events)
    {
        if (_recorded == 0)
        {
            _log.AppendEverywhere(new RecordedEvent { Shop = Shop, Event = new Event { MessageId = "settings", ShopConfigured = new ShopConfigured { TimeZone = "Europe/London", CurrencyCode = "GBP" } } });
            _recorded += Partitions;
        }
        _log.Append(Enumerable.Range(0, events).Select(_ =>
        {
            var customer = _random.Next(Customers);
            var order = $"{customer}-{_random.Next(20)}";
            var e = _random.Next(5) == 0 ? Said.Cancelled(order) : Said.Ordered(order, _random.Next(1, 200));
            e.MessageId = $"m{++_recorded}";
            var time = From.AddMinutes(_random.Next(200 * 24 * 60)).ToTimestamp();
            return new RecordedEvent { Shop = Shop, Customer = $"user:{customer}", Identified = true, EventTime = time, ReceiveTime = time, Event = e };
        }));
    }

    static Task ReachesAsync(ChildProcess replica, long events) => Eventually.AppliedAsync(() => ProgressAsync(replica.Invoker), events);

    static async Task<FeedProgress> ProgressAsync(CallInvoker house)
        => await new SegmentationService.SegmentationServiceClient(house).GetFeedProgressAsync(new GetFeedProgressRequest(), cancellationToken: Cancel);

    /// <summary>Every customer's stage, reasons and value in the middle of the story.</summary>
    static async Task<IReadOnlyList<CustomerLifecycle>> CustomersAsync(CallInvoker house)
        => (await new SegmentationService.SegmentationServiceClient(house).ListCustomersAsync(new ListCustomersRequest { Shop = Shop, AsOf = From.AddDays(150).ToTimestamp(), PageSize = 1000 }, cancellationToken: Cancel)).Customers;
}
