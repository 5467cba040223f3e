using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Perennial.Foundation.Grpc;
using Perennial.Ingestion.Api.Wire;
using Perennial.Ingestion.Storage;
using Perennial.Ingestion.V1;

namespace Perennial.Ingestion.Api;

/// <summary>
/// ReadFeed with messages of our own encoding (feed_page.proto), which spares the reading of the whole log its largest part: parsing
/// each stored event only to encode it again. The rest of the service is <see cref="IngestionApi"/>.
/// </summary>
[BindServiceMethod(typeof(FeedApi), nameof(Bind))]
internal partial class FeedApi(LogStore log, LowMarks lows, ReaderStore readers, ShopStore shops, IOptions<IngestionOptions> options, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    static readonly Method<ReadFeedRequest, FeedPage> Reading = new(MethodType.ServerStreaming, ServiceNames.Of(typeof(IngestionApi)), nameof(ReadFeed),
        Marshallers.Create((request, context) => Write(request, context), context => ReadFeedRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence())),
        Marshallers.Create<FeedPage>(Write, context => FeedPage.Parser.ParseFrom(context.PayloadAsReadOnlySequence())));

    readonly IngestionOptions _options = options.Value;

    /// <summary>Serves it. The generated service brings a route for every RPC, this one's too: here the first of two wins.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGrpcService<FeedApi>().Add(endpoint =>
    {
        if (endpoint is RouteEndpointBuilder route && route.RoutePattern.RawText == Reading.FullName) route.Order = -1;
    });

    /// <summary>Called by the gRPC framework.</summary>
    public static void Bind(ServiceBinderBase binder, FeedApi? service)
        => binder.AddMethod(Reading, service is null ? null : new ServerStreamingServerMethod<ReadFeedRequest, FeedPage>(service.ReadFeed));

    static void Write(IMessage message, SerializationContext context)
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }
}
