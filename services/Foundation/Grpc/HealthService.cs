using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Perennial.Foundation.Grpc;

/// <summary>grpc.health.v1 over <see cref="HealthState"/>. Every service of a process is as well as the process is.</summary>
public sealed class HealthService(HealthState state, TimeProvider time) : Health.HealthBase
{
    /// <summary>How soon a watcher learns of a change at the latest.</summary>
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        var status = StatusOf(request.Service);
        // The protocol has one status for an unknown service in a stream and another for a single question.
        return status == ServingStatus.ServiceUnknown
            ? throw new RpcException(new Status(StatusCode.NotFound, $"This server has no service '{request.Service}'."))
            : Task.FromResult(new HealthCheckResponse { Status = status });
    }

    /// <summary>Sends the status at once and then on every change, until the caller leaves or the server stops.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, state.StoppingToken);
        ServingStatus? sent = null;
        while (!context.CancellationToken.IsCancellationRequested)
        {
            // Read before the status is: a stop in between is told in the next round instead of being lost.
            var last = state.Stopping;
            var status = StatusOf(request.Service);
            if (status != sent) await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
            if (last) return;
            sent = status;
            await Task.Delay(Interval, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    ServingStatus StatusOf(string service)
    {
        if (!state.Knows(service)) return ServingStatus.ServiceUnknown;
        return state.Stopping || state.Problem is not null ? ServingStatus.NotServing : ServingStatus.Serving;
    }
}
