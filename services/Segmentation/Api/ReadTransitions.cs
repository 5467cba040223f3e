using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.Storage;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

internal sealed partial class SegmentationApi
{
    public override async Task ReadTransitions(ReadTransitionsRequest request, IServerStreamWriter<ReadTransitionsResponse> stream, ServerCallContext context)
    {
        new Violations().Shop(request.Shop)
            .Require(request.AfterPosition >= 0, "after_position", "must be 0 (the start) or more")
            .PageSize(request.PageSize)
            .Throw();
        var size = Pages.Size(request.PageSize, options.Value.PageSize, options.Value.PageSizeMax);
        var shop = await ShopAsync(request.Shop, context.CancellationToken);
        for (var (after, said) = (request.AfterPosition, clock.GetTimestamp()); ;)
        {
            var told = await store.ReadTransitionsAsync(shop, after, size, context.CancellationToken);
            if (told.Count > 0) after = told[^1].Position;
            if (told.Count > 0 || clock.GetElapsedTime(said) >= HeartbeatTime)
            {
                await stream.WriteAsync(new ReadTransitionsResponse { Transitions = { told.Select(t => ToTransition(shop.Id, t)) }, NextPosition = after }, context.CancellationToken);
                said = clock.GetTimestamp();
            }
            if (told.Count == size) continue;
            if (!request.Follow) return;
            await Task.Delay(TransitionLookTime, clock, context.CancellationToken);
        }
    }

    static readonly TimeSpan HeartbeatTime = TimeSpan.FromSeconds(5), TransitionLookTime = TimeSpan.FromMilliseconds(100);

    static Transition ToTransition(string shop, ToldTransition told) => new()
    {
        Position = told.Position,
        Shop = shop,
        Customer = told.Customer,
        Identified = told.Identified,
        Model = told.Model,
        ModelRevision = told.ModelRevision,
        FromStage = told.From,
        ToStage = told.To,
        EffectiveTime = told.Effective.ToTimestamp(),
        RecordedTime = told.Recorded.ToTimestamp(),
        Cause = Mapping.ToCause(told.Cause),
        Audience = told.Audience,
        Entered = told.Entered,
    };
}
