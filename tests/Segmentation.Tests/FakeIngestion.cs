using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Perennial.Common.V1;
using Perennial.Foundation.Feeds;
using Perennial.Ingestion.V1;

namespace Perennial.Segmentation.Tests;

/// <summary>A log in memory behind the real contract, on a port of its own.</summary>
sealed class FakeIngestion : IngestionService.IngestionServiceBase, IAsyncDisposable
{
    internal const int PartitionCount = 2;

    readonly List<RecordedEvent>[] _log = [.. Enumerable.Range(0, PartitionCount).Select(_ => new List<RecordedEvent>())];
    readonly Lock _gate = new();
    TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    WebApplication? _app;

    internal string Address => _app!.Urls.Single();

    internal static async Task<FakeIngestion> StartAsync()
    {
        var fake = new FakeIngestion();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, e => e.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(fake);
        fake._app = builder.Build();
        fake._app.MapGrpcService<FakeIngestion>();
        await fake._app.StartAsync();
        return fake;
    }

    /// <summary>Announces a shop in every partition, as ingestion does.</summary>
    internal void Announce(string shop, string zone, string currency)
    {
        for (var partition = 0; partition < PartitionCount; partition++)
            Append(partition, new RecordedEvent { Shop = shop, Event = new Event { ShopConfigured = new ShopConfigured { TimeZone = zone, CurrencyCode = currency } } });
    }

    /// <summary>Records what a customer did. Answers the partition and position.</summary>
    internal (int Partition, long Position) Record(string shop, string customer, string time, Event e)
    {
        var partition = StableHash.Partition(shop, customer, PartitionCount);
        e.MessageId = e.MessageId.Length > 0 ? e.MessageId : $"{customer}-{time}-{e.PayloadCase}-{e.GetHashCode()}";
        var recorded = new RecordedEvent { Shop = shop, Customer = customer, Identified = customer.StartsWith("user:", StringComparison.Ordinal), EventTime = Given.Utc(time).ToTimestamp(), Event = e };
        return (partition, Append(partition, recorded));
    }

    internal long Head(int partition)
    {
        lock (_gate) return _log[partition].Count;
    }

    long Append(int partition, RecordedEvent recorded)
    {
        lock (_gate)
        {
            _log[partition].Add(recorded);
            recorded.Position = _log[partition].Count;
            _grown.SetResult();
            _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return recorded.Position;
        }
    }

    public override Task<FeedProgress> GetFeedHead(GetFeedHeadRequest request, ServerCallContext context)
        => Task.FromResult(new FeedProgress { Partitions = { Enumerable.Range(0, PartitionCount).Select(p => new PartitionProgress { Partition = p, Position = Head(p), HeadPosition = Head(p) }) } });

    public override async Task ReadFeed(ReadFeedRequest request, IServerStreamWriter<ReadFeedResponse> responseStream, ServerCallContext context)
    {
        for (var position = request.AfterPosition; ;)
        {
            Task grown;
            ReadFeedResponse page;
            lock (_gate)
            {
                var log = _log[request.Partition];
                page = new ReadFeedResponse { Events = { log.Skip((int)position).Take(request.PageSize) }, HeadPosition = log.Count };
                grown = _grown.Task;
            }
            position += page.Events.Count;
            page.NextPosition = position;
            await responseStream.WriteAsync(page, context.CancellationToken);
            if (position < page.HeadPosition) continue;
            if (!request.Follow) return;
            await grown.WaitAsync(context.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
