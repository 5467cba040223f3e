using System.Globalization;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Api.Wire;
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
        var pageSize = Pages.Size(request.PageSize, PageSizeDefault, PageSizeMax);
        var head = await CheckStartAsync(request, stop.Token);
        var feed = new Feed(log, request, pageSize, _options, responseStream);
        await feed.SendToAsync(head, stop.Token);
        if (request.Follow) await feed.FollowAsync(stop.Token);
        else await feed.SendProgressAsync(stop.Token);
    }

    /// <summary>The head of the partition, as it is in the store now.</summary>
    async Task<long> CheckStartAsync(ReadFeedRequest request, CancellationToken cancellation)
    {
        if (request.Partition < 0 || request.Partition >= log.Partitions)
            throw Errors.Of(IngestionErrorReason.PartitionNotFound, $"There is no partition {request.Partition}: the log has {log.Partitions}, numbered from 0.", ("partitions", log.Partitions.ToString(CultureInfo.InvariantCulture)));
        new Violations().Require(request.AfterPosition >= 0, "after_position", "must be 0 (the beginning) or more").Throw();
        if (request.Shop.Length > 0) await shops.RequireAsync(request.Shop, cancellation);
        var head = (await log.RefreshHeadsAsync(cancellation))[request.Partition];
        return request.AfterPosition <= head
            ? head
            : throw Errors.Of(IngestionErrorReason.PositionAheadOfLog, $"after_position {request.AfterPosition} is beyond {head}, the last position of partition {request.Partition}: the checkpoint belongs to another log. Reset it to 0.", ("head_position", head.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>One reader on its way through a partition.</summary>
    sealed class Feed(LogStore log, ReadFeedRequest request, int pageSize, IngestionOptions options, IServerStreamWriter<FeedPage> stream)
    {
        readonly int _partition = request.Partition;
        readonly string? _shop = request.Shop.Length == 0 ? null : request.Shop;
        readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(options.HeartbeatSeconds);
        long _position = request.AfterPosition;
        long _told = -1;
        long _toldAt = Environment.TickCount64;

        /// <summary>Sends everything up to <paramref name="until"/>. Positions are dense, so a page is a range of them.</summary>
        public async Task SendToAsync(long until, CancellationToken cancellation)
        {
            while (_position < until)
            {
                var page = await log.ReadAsync(_partition, _position, Math.Min(_position + pageSize, until), _shop, options.PageBytesMax, cancellation);
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
