using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Perennial.Segmentation.V1;

namespace Perennial.Gateway.Tests.Webhooks;

/// <summary>Segmentation as far as webhooks know it: a feed of transitions that a test writes and erases from.</summary>
sealed class TransitionFeed : SegmentationService.SegmentationServiceBase
{
    static readonly DateTimeOffset Effective = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    readonly Lock _lock = new();
    readonly List<Transition> _kept = [];
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _head;

    public ConcurrentQueue<ReadTransitionsRequest> Asked { get; } = new();

    /// <summary>What a start beyond the end is answered with; null waits there, as an open end does.</summary>
    public StatusCode? BeyondTheEnd { get; set; }

    /// <summary>What every call is refused with; null serves.</summary>
    public StatusCode? Refuses { get; set; }

    public Transition Add(string customer = "user:1", string from = "active", string to = "lapsed", string model = "clc", string shop = TestGateway.Shop)
    {
        lock (_lock)
        {
            var transition = new Transition
            {
                Position = ++_head,
                Shop = shop,
                Customer = customer,
                Identified = true,
                Model = model,
                ModelRevision = 1,
                FromStage = from,
                ToStage = to,
                EffectiveTime = Effective.AddDays(_head).ToTimestamp(),
                RecordedTime = Effective.AddDays(_head).AddMilliseconds(250).ToTimestamp(),
                Cause = new StageCause { Kind = StageCause.Types.Kind.Clock },
            };
            _kept.Add(transition);
            Changed();
            return transition;
        }
    }

    public void Erase(string customer)
    {
        lock (_lock) _kept.RemoveAll(t => t.Customer == customer);
    }

    public override async Task ReadTransitions(ReadTransitionsRequest request, IServerStreamWriter<ReadTransitionsResponse> responseStream, ServerCallContext context)
    {
        Asked.Enqueue(request);
        if (Refuses is { } refused) throw new RpcException(new Status(refused, "as the test wants it"));
        if (request.AfterPosition > _head && BeyondTheEnd is { } code) throw new RpcException(new Status(code, "beyond the end"));
        for (var position = request.AfterPosition; ;)
        {
            var changed = Volatile.Read(ref _changed);
            if (Page(request, position) is { } page)
            {
                await responseStream.WriteAsync(page, context.CancellationToken);
                position = page.NextPosition;
            }
            else if (!request.Follow) return;
            else await changed.Task.WaitAsync(context.CancellationToken);
        }
    }

    ReadTransitionsResponse? Page(ReadTransitionsRequest request, long after)
    {
        lock (_lock)
        {
            if (after >= _head) return null;
            var found = _kept.Where(t => t.Position > after && t.Shop == request.Shop).Take(request.PageSize).ToList();
            return new ReadTransitionsResponse { Transitions = { found }, NextPosition = found.Count == request.PageSize ? found[^1].Position : _head };
        }
    }

    void Changed()
    {
        var changed = _changed;
        Volatile.Write(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        changed.TrySetResult();
    }
}
