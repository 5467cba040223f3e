using Google.Protobuf;
using Grpc.Core;
using Perennial.Ingestion.V1;

namespace Perennial.Foundation.Tests;

/// <summary>A service with all four kinds of call over messages that name a shop, written by hand: no house has all four.</summary>
[BindServiceMethod(typeof(TillMethods), nameof(TillMethods.BindService))]
abstract class TillBase
{
    public abstract Task<Shop> Unary(GetShopRequest request, ServerCallContext context);
    public abstract Task ServerStreaming(GetShopRequest request, IServerStreamWriter<Shop> responses, ServerCallContext context);
    public abstract Task<Shop> ClientStreaming(IAsyncStreamReader<GetShopRequest> requests, ServerCallContext context);
    public abstract Task DuplexStreaming(IAsyncStreamReader<GetShopRequest> requests, IServerStreamWriter<Shop> responses, ServerCallContext context);
}

static class TillMethods
{
    static readonly Marshaller<GetShopRequest> Request = Marshallers.Create(m => m.ToByteArray(), GetShopRequest.Parser.ParseFrom);
    static readonly Marshaller<Shop> Response = Marshallers.Create(m => m.ToByteArray(), Shop.Parser.ParseFrom);

    internal static Method<GetShopRequest, Shop> Of(MethodType kind) => new(kind, "test.Till", kind.ToString(), Request, Response);

    public static void BindService(ServiceBinderBase binder, TillBase service)
    {
        binder.AddMethod(Of(MethodType.Unary), (UnaryServerMethod<GetShopRequest, Shop>?)null);
        binder.AddMethod(Of(MethodType.ServerStreaming), (ServerStreamingServerMethod<GetShopRequest, Shop>?)null);
        binder.AddMethod(Of(MethodType.ClientStreaming), (ClientStreamingServerMethod<GetShopRequest, Shop>?)null);
        binder.AddMethod(Of(MethodType.DuplexStreaming), (DuplexStreamingServerMethod<GetShopRequest, Shop>?)null);
    }

    /// <summary>One call of any kind that names these shops (only the first, where the kind sends one message); answers the shops that came back.</summary>
    internal static async Task<string[]> CallAsync(CallInvoker invoker, MethodType kind, Metadata headers, params string[] shops)
    {
        var options = new CallOptions(headers, cancellationToken: TestContext.Current.CancellationToken);
        var first = new GetShopRequest { Shop = shops[0] };
        switch (kind)
        {
            case MethodType.Unary:
                return [(await invoker.AsyncUnaryCall(Of(kind), null, options, first)).Shop_];
            case MethodType.ServerStreaming:
                using (var call = invoker.AsyncServerStreamingCall(Of(kind), null, options, first)) return await ReadAsync(call.ResponseStream);
            case MethodType.ClientStreaming:
                using (var call = invoker.AsyncClientStreamingCall(Of(kind), null, options))
                {
                    await WriteAsync(call.RequestStream, shops);
                    return [(await call).Shop_];
                }
            default:
                using (var call = invoker.AsyncDuplexStreamingCall(Of(kind), null, options))
                {
                    await WriteAsync(call.RequestStream, shops);
                    return await ReadAsync(call.ResponseStream);
                }
        }
    }

    // A server may refuse before all is written; the answer then says so better than the failed write.
    static async Task WriteAsync(IClientStreamWriter<GetShopRequest> stream, string[] shops)
    {
        try
        {
            foreach (var shop in shops) await stream.WriteAsync(new GetShopRequest { Shop = shop });
            await stream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
        }
    }

    static async Task<string[]> ReadAsync(IAsyncStreamReader<Shop> stream)
    {
        var shops = new List<string>();
        while (await stream.MoveNext(TestContext.Current.CancellationToken)) shops.Add(stream.Current.Shop_);
        return [.. shops];
    }
}

/// <summary>Answers the shops it was asked for, or fails when the shop's name says so.</summary>
sealed class Till : TillBase
{
    /// <summary>The shop that makes every call fail with a fault of the server.</summary>
    internal const string Broken = "broken";

    /// <summary>The shop whose store does not answer.</summary>
    internal const string Storeless = "storeless";

    public override Task<Shop> Unary(GetShopRequest request, ServerCallContext context) => Task.FromResult(Answer(request));

    public override Task ServerStreaming(GetShopRequest request, IServerStreamWriter<Shop> responses, ServerCallContext context)
        => responses.WriteAsync(Answer(request));

    public override async Task<Shop> ClientStreaming(IAsyncStreamReader<GetShopRequest> requests, ServerCallContext context)
    {
        var last = new Shop();
        while (await requests.MoveNext(context.CancellationToken)) last = Answer(requests.Current);
        return last;
    }

    public override async Task DuplexStreaming(IAsyncStreamReader<GetShopRequest> requests, IServerStreamWriter<Shop> responses, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken)) await responses.WriteAsync(Answer(requests.Current));
    }

    static Shop Answer(GetShopRequest request) => request.Shop switch
    {
        Broken => throw new InvalidOperationException("the password is swordfish"),
        Storeless => throw new Microsoft.Data.Sqlite.SqliteException("disk I/O error", 10),
        var shop => new Shop { Shop_ = shop },
    };
}
