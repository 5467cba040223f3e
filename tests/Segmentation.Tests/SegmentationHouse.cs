using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Segmentation.V1;
using Perennial.Testing;

namespace Perennial.Segmentation.Tests;

/// <summary>The house as it really runs, tailing a log that the test writes. Its clock starts at <see cref="Now"/>.</summary>
sealed class SegmentationHouse : IAsyncDisposable
{
    internal const string Now = "2024-06-30T12:00:00Z";
    const int PartitionCount = 2;

    readonly string _folder = Directory.CreateTempSubdirectory("perennial-test-").FullName;
    readonly FakeFeed _feed = new(PartitionCount);
    FakeHouse? _ingestion;
    RunningHouse? _house;

    internal SegmentationService.SegmentationServiceClient Client => new(Invoker);
    internal CallInvoker Invoker => _house!.Invoker;

    /// <summary>Events that the log holds, over all partitions.</summary>
    internal long Recorded { get; private set; }

    internal static async Task<SegmentationHouse> StartAsync(params string[] settings)
    {
        var house = new SegmentationHouse();
        house._ingestion = await FakeHouse.StartAsync(house._feed);
        await house.OpenAsync(settings);
        return house;
    }

    /// <summary>Ends the process and starts it again over the same store.</summary>
    internal async Task RestartAsync(params string[] settings)
    {
        await _house!.DisposeAsync();
        await OpenAsync(settings);
    }

    async Task OpenAsync(string[] settings)
        => _house = await RunningHouse.StartAsync(Program.House, Program.Build, _folder, [$"--Upstream:Ingestion={_ingestion!.Address}", $"--Clock:Now={Now}", .. settings]);

    /// <summary>Announces a shop in every partition, as ingestion does.</summary>
    /// <param name="updated">When its settings were made; as it was created where it is left open.</param>
    internal void Announce(string shop, string zone, string currency, string? updated = null)
    {
        var settings = new ShopConfigured { TimeZone = zone, CurrencyCode = currency, UpdateTime = updated is null ? null : Given.Utc(updated).ToTimestamp() };
        _feed.AppendEverywhere(new RecordedEvent { Shop = shop, Event = new Event { ShopConfigured = settings } });
        Recorded += PartitionCount;
    }

    /// <summary>Records what a customer did; answers the message id.</summary>
    /// <param name="received">When it came in; at once where it is left open.</param>
    /// <param name="reattributed">When it came to be this customer's, of an event that was another's before.</param>
    internal string Record(string shop, string customer, string time, Event e, string? received = null, string? reattributed = null)
    {
        e.MessageId = $"m-{++Recorded}";
        _feed.Append(new RecordedEvent
        {
            Shop = shop,
            Customer = customer,
            Identified = !customer.StartsWith("anon:", StringComparison.Ordinal),
            EventTime = Given.Utc(time).ToTimestamp(),
            ReceiveTime = Given.Utc(received ?? time).ToTimestamp(),
            ReattributeTime = reattributed is null ? null : Given.Utc(reattributed).ToTimestamp(),
            Event = e,
        });
        return e.MessageId;
    }

    /// <summary>Waits until all that was recorded is applied.</summary>
    internal Task CatchUpAsync() => Eventually.AppliedAsync(ProgressAsync, Recorded);

    internal async Task<FeedProgress> ProgressAsync() => await Client.GetFeedProgressAsync(new GetFeedProgressRequest(), cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>How far the partition of a customer is applied.</summary>
    internal async Task<long> PositionAsync(string shop, string customer) => (await ProgressAsync()).Partitions[StableHash.Partition(shop, customer, PartitionCount)].Position;

    public async ValueTask DisposeAsync()
    {
        if (_house is not null) await _house.DisposeAsync();
        if (_ingestion is not null) await _ingestion.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
