using Grpc.Core;
using Perennial.Gateway.Access;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Webhooks;

/// <summary>The feed of transitions of a shop, as segmentation serves it.</summary>
internal sealed class Transitions(Houses houses)
{
    const int PageSize = 200;

    /// <summary>Everything after a position, and what is to come. The stream may be cut at any time; it is asked for again then.</summary>
    public AsyncServerStreamingCall<ReadTransitionsResponse> Follow(string shop, long after, CancellationToken cancellation)
        => Read(shop, after, true, PageSize, cancellation);

    /// <summary>What the feed has at a position, or where it has nothing there, the first after it: somebody was erased. Null where it does not come as far.</summary>
    public Task<Transition?> FindAsync(string shop, long position, CancellationToken cancellation) => FirstAsync(shop, position - 1, cancellation);

    /// <summary>The last position there is, 0 before the first: probed for, since a feed that anybody may join says where it goes on, not where it ends.</summary>
    public async Task<long> HeadAsync(string shop, CancellationToken cancellation)
    {
        // Steps that double up to where nothing comes any more, then halves in between: some forty calls for a million.
        var (known, step) = (0L, 1L);
        while (await FirstAsync(shop, known + step - 1, cancellation) is { } found) (known, step) = (found.Position, step * 2);
        var empty = known + step - 1;
        while (known < empty)
        {
            var middle = known + (empty - known) / 2;
            if (await FirstAsync(shop, middle, cancellation) is { } found) known = found.Position;
            else empty = middle;
        }
        return known;
    }

    /// <summary>The first transition after a position, or null where there is none yet.</summary>
    async Task<Transition?> FirstAsync(string shop, long after, CancellationToken cancellation)
    {
        using var call = Read(shop, after, false, 1, cancellation);
        try
        {
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (call.ResponseStream.Current.Transitions.Count > 0) return call.ResponseStream.Current.Transitions[0];
            }
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.OutOfRange || (e.StatusCode is StatusCode.InvalidArgument && after > 0))
        {
            // Beyond the end: all else of the request is known to be right.
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            // A shop that has no events yet.
        }
        catch (RpcException e)
        {
            throw houses.Judge(e, nameof(SegmentationService.SegmentationServiceClient.ReadTransitions), shop);
        }
        return null;
    }

    AsyncServerStreamingCall<ReadTransitionsResponse> Read(string shop, long after, bool follow, int pageSize, CancellationToken cancellation)
    {
        var caller = new Caller(shop, "");
        var request = new ReadTransitionsRequest { Shop = shop, AfterPosition = after, Follow = follow, PageSize = pageSize };
        return houses.Segmentation.ReadTransitions(request, follow ? Houses.Stream(caller, cancellation) : houses.Unary(caller, cancellation));
    }
}
