using Grpc.Core;
using Grpc.Net.Client;
using Perennial.Ingestion.V1;

namespace Perennial.Load.Log;

/// <summary>A connection to the log that <see cref="LogService"/> serves in another process.</summary>
sealed class LogClient : IDisposable
{
    readonly GrpcChannel _channel;

    public LogClient(int port)
    {
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        Feed = new IngestionService.IngestionServiceClient(_channel);
    }

    /// <summary>As the houses read it.</summary>
    public IngestionService.IngestionServiceClient Feed { get; }

    /// <summary>Events in the log.</summary>
    public async Task<long> RecordedAsync() => (await Feed.GetFeedHeadAsync(new GetFeedHeadRequest())).Partitions.Sum(p => p.HeadPosition);

    /// <summary>Answers the position of each event in the partition of its customer, once readers can see them.</summary>
    public async Task<long[]> AppendAsync(LogEvent[] events)
    {
        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(LogService.Appending, null, new CallOptions(), events);
        return await call;
    }

    public void Dispose() => _channel.Dispose();
}
