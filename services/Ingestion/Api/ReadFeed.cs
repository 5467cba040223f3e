using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Api.Wire;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

internal partial class FeedApi
{
    const int PageSizeDefault = 1_000;
    const int PageSizeMax = 5_000;

    public virtual async Task ReadFeed(ReadFeedRequest request, IServerStreamWriter<FeedPage> responseStream, ServerCallContext context)
    {
        // A stream would outlast the shutdown: it ends as soon as the house begins to stop, and the reader comes back.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var head = await CheckStartAsync(request, stop.Token);
        var low = await RegisterAsync(request, stop.Token);
        var feed = new Feed(log, request, Pages.Size(request.PageSize, PageSizeDefault, PageSizeMax), _options, responseStream);
        if (low == request.AfterPosition) await feed.SendKeptAsync(low, stop.Token);
        await feed.SendToAsync(head, stop.Token);
        if (request.Follow) await feed.FollowAsync(stop.Token);
        else await feed.SendProgressAsync(stop.Token);
    }

    /// <summary>The head of the partition, as it is in the store now.</summary>
    async Task<long> CheckStartAsync(ReadFeedRequest request, CancellationToken cancellation)
    {
        if (request.Partition < 0 || request.Partition >= log.Partitions)
            throw ReaderRules.NoPartition(request.Partition, log.Partitions);
        new Violations()
            .Require(request.AfterPosition >= 0, "after_position", "must be 0 (the beginning) or more")
            .PageSize(request.PageSize)
            .Require(request.Reader.Length == 0 || ReaderId.IsName(request.Reader), "reader", ReaderRules.NameShape + ", or be empty")
            .Throw();
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, cancellation);
        var head = (await log.RefreshHeadsAsync(cancellation))[request.Partition];
        return request.AfterPosition <= head
            ? head
            : throw ReaderRules.AheadOfLog("after_position", request.AfterPosition, request.Partition, head);
    }

    /// <summary>Has a reader with a name waited for. Answers up to where the partition is removed, which is not beyond the start.</summary>
    async Task<long> RegisterAsync(ReadFeedRequest request, CancellationToken cancellation)
    {
        var low = request.Reader.Length == 0
            ? await lows.ReadAsync(request.Partition, cancellation)
            : await readers.StartAsync(new ReaderId(request.Shop, request.Reader), request.Partition, request.AfterPosition, clock.GetUtcNow().WholeMillis(), _options.ReadersMax, cancellation)
                ?? throw ReaderRules.TooMany(_options.ReadersMax);
        return request.AfterPosition >= low ? low : throw NotKept(request.Partition, request.AfterPosition, low);
    }

    static RpcException NotKept(int partition, long after, long low)
        => Errors.Of(IngestionErrorReason.PositionNotKept, $"after_position {after} is before {low}, up to where retention has removed partition {partition}; a reader that can do without what came before starts after {low}.", ("low_position", low.ToString(CultureInfo.InvariantCulture)));

    /// <summary>One reader on its way through a partition.</summary>
    sealed class Feed(LogStore log, ReadFeedRequest request, int pageSize, IngestionOptions options, IServerStreamWriter<FeedPage> stream)
    {
        readonly int _partition = request.Partition;
        readonly string? _shop = request.Shop.Length == 0 ? null : request.Shop;
        readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(options.HeartbeatSeconds);
        long _position = request.AfterPosition;
        long _told = -1;
        long _toldAt = Environment.TickCount64;

        /// <summary>Sends what retention left of the part it removed: the settings of the shops, which everything after stands on.</summary>
        public async Task SendKeptAsync(long low, CancellationToken cancellation)
        {
            for (var at = 0L; at < low;)
            {
                var page = await log.ReadAsync(_partition, at, low, _shop, options.PageBytesMax, cancellation);
                if (page.Events.Count > 0) await SendAsync(Mapping.ToProto(page.Events), cancellation);
                at = page.Next;
            }
        }

        /// <summary>Sends everything up to <paramref name="until"/>. Positions are dense, so a page is a range of them.</summary>
        public async Task SendToAsync(long until, CancellationToken cancellation)
        {
            while (_position < until)
            {
                var page = await log.ReadAsync(_partition, _position, Math.Min(_position + pageSize, until), _shop, options.PageBytesMax, cancellation);
                // Only a reader without a name can be overtaken.
                if (page.Low > _position) throw NotKept(_partition, _position, page.Low);
                _position = page.Next;
                // Where other shops' events are passed over, the reader hears of it no more often than of silence.
                if (page.Events.Count > 0) await SendAsync(Mapping.ToProto(page.Events), cancellation);
                else if (Silence >= _heartbeat) await SendProgressAsync(cancellation);
            }
        }

        public async Task FollowAsync(CancellationToken cancellation)
        {
            if (_told < 0) await SendProgressAsync(cancellation);
            while (true)
            {
                if (await GrowsAsync(cancellation)) await SendToAsync(log.Heads[_partition], cancellation);
                else await SendAsync(new FeedPage(), cancellation);
            }
        }

        /// <summary>Tells how far this is, unless the reader knows.</summary>
        public Task SendProgressAsync(CancellationToken cancellation) => _told == _position ? Task.CompletedTask : SendAsync(new FeedPage(), cancellation);

        /// <summary>True when there is more to read, false when it is time for a heartbeat.</summary>
        async Task<bool> GrowsAsync(CancellationToken cancellation)
        {
            var patience = _heartbeat - Silence;
            if (patience <= TimeSpan.Zero) return false;
            try
            {
                await log.Heads.BeyondAsync(_partition, _position).WaitAsync(patience, cancellation);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        TimeSpan Silence => TimeSpan.FromMilliseconds(Environment.TickCount64 - _toldAt);

        async Task SendAsync(FeedPage message, CancellationToken cancellation)
        {
            (message.NextPosition, message.HeadPosition) = (_position, Math.Max(_position, log.Heads[_partition]));
            await stream.WriteAsync(message, cancellation);
            (_told, _toldAt) = (_position, Environment.TickCount64);
        }
    }
}
