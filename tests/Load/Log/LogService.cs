using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Perennial.Common.V1;
using Perennial.Ingestion.V1;

namespace Perennial.Load.Log;

// The framework binds virtual methods only, so the class cannot be sealed.
#pragma warning disable CA1852
/// <summary>What readers need of ingestion, over a <see cref="SyntheticLog"/>, and a way to append to it.</summary>
[BindServiceMethod(typeof(LogService), nameof(Bind))]
class LogService(SyntheticLog log)
{
    /// <summary>Events as their bits; the answer is the position of each.</summary>
    public static readonly Method<LogEvent[], long[]> Appending = new(MethodType.Unary, "perennial.load.Log", nameof(Append), Numbers<LogEvent>(), Numbers<long>());

    const int PageSizeDefault = 1_000, PageSizeMax = 5_000;
    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);
    static readonly string Ingestion = IngestionService.Descriptor.FullName;
    static readonly Method<ReadFeedRequest, FeedPage> Reading = new(MethodType.ServerStreaming, Ingestion, nameof(ReadFeed), Messages(ReadFeedRequest.Parser),
        Marshallers.Create<FeedPage>((page, context) => page.Write(context), _ => throw new NotSupportedException("pages are only written here")));
    static readonly Method<GetFeedHeadRequest, FeedProgress> Heading = new(MethodType.Unary, Ingestion, nameof(GetFeedHead), Messages(GetFeedHeadRequest.Parser), Messages(FeedProgress.Parser));
    static readonly Method<ReportReaderRequest, ReportReaderResponse> Reporting = new(MethodType.Unary, Ingestion, nameof(ReportReader), Messages(ReportReaderRequest.Parser), Messages(ReportReaderResponse.Parser));

    /// <summary>Called by the gRPC framework, which finds virtual methods by their names.</summary>
    public static void Bind(ServiceBinderBase binder, LogService? service)
    {
        binder.AddMethod(Reading, service is null ? null : new ServerStreamingServerMethod<ReadFeedRequest, FeedPage>(service.ReadFeed));
        binder.AddMethod(Heading, service is null ? null : new UnaryServerMethod<GetFeedHeadRequest, FeedProgress>(service.GetFeedHead));
        binder.AddMethod(Reporting, service is null ? null : new UnaryServerMethod<ReportReaderRequest, ReportReaderResponse>(service.ReportReader));
        binder.AddMethod(Appending, service is null ? null : new UnaryServerMethod<LogEvent[], long[]>(service.Append));
    }

    public virtual Task<long[]> Append(LogEvent[] events, ServerCallContext context) => Task.FromResult(log.Append(events));

    public virtual Task<FeedProgress> GetFeedHead(GetFeedHeadRequest request, ServerCallContext context)
    {
        var heads = Enumerable.Range(0, LogSpec.Partitions).Select(p => new PartitionProgress { Partition = p, Position = log.Head(p), HeadPosition = log.Head(p) });
        return Task.FromResult(new FeedProgress { Partitions = { heads } });
    }

    public virtual Task<ReportReaderResponse> ReportReader(ReportReaderRequest request, ServerCallContext context) => Task.FromResult(new ReportReaderResponse());

    public virtual async Task ReadFeed(ReadFeedRequest request, IServerStreamWriter<FeedPage> stream, ServerCallContext context)
    {
        if (request.AfterPosition > log.Head(request.Partition)) throw new RpcException(new Status(StatusCode.OutOfRange, $"the log of the load test ends at {log.Head(request.Partition)}"));
        var page = new FeedPage(request.Partition, request.AfterPosition, Math.Clamp(request.PageSize == 0 ? PageSizeDefault : request.PageSize, 1, PageSizeMax));
        do
        {
            page.Fill(log);
            await stream.WriteAsync(page, context.CancellationToken);
            if (page.IsLast && request.Follow) await GrowsAsync(page, context.CancellationToken);
        }
        while (request.Follow || !page.IsLast);
    }

    /// <summary>Waits for more, as long as a reader may go without a word.</summary>
    async Task GrowsAsync(FeedPage page, CancellationToken cancellation)
    {
        try
        {
            await log.BeyondAsync(page.Partition, page.Next).WaitAsync(Heartbeat, cancellation);
        }
        catch (TimeoutException)
        {
            // An empty page follows.
        }
    }

    static Marshaller<T> Messages<T>(MessageParser<T> parser) where T : IMessage<T>
        => Marshallers.Create<T>((message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        }, context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    static Marshaller<T[]> Numbers<T>() where T : struct
        => Marshallers.Create<T[]>(values => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), bytes => MemoryMarshal.Cast<byte, T>(bytes).ToArray());
}
