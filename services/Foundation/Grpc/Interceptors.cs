using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Grpc;

/// <summary>Names of the metadata that the platform itself uses.</summary>
public static class CallMetadata
{
    /// <summary>The tenant that the caller's key belongs to, written by the gateway; absent for internal callers.</summary>
    public const string Shop = "perennial-shop";
    public const string Authorization = "authorization";
}

/// <summary>
/// Every call carries the service token; a call with a tenant in its metadata may name that tenant only. Health and
/// reflection answer anybody who reaches the port.
/// </summary>
public sealed class TenantInterceptor(IOptions<AccessOptions> access) : Interceptor
{
    static readonly ConcurrentDictionary<MessageDescriptor, IFieldAccessor?> ShopFields = new();
    readonly byte[] _expected = Encoding.UTF8.GetBytes("Bearer " + access.Value.ServiceToken);
    readonly bool _open = access.Value.ServiceToken.Length == 0;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(request, Admit(context));
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(request, Admit(context));
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        => continuation(new CheckedReader<TRequest>(requestStream, Admit(context)), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        => continuation(new CheckedReader<TRequest>(requestStream, Admit(context)), responseStream, context);

    /// <summary>The tenant the caller is bound to, or null for an internal caller.</summary>
    string? Admit(ServerCallContext context)
    {
        if (context.Method.StartsWith("/grpc.", StringComparison.Ordinal)) return null;
        if (!_open && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.RequestHeaders.GetValue(CallMetadata.Authorization) ?? ""), _expected))
            throw Errors.Of(CommonErrorReason.Unauthenticated, "The service token is missing or wrong; send it as authorization: Bearer TOKEN.");
        return context.RequestHeaders.GetValue(CallMetadata.Shop);
    }

    static void Check<TRequest>(TRequest request, string? tenant)
    {
        if (tenant is null || request is not IMessage message) return;
        var field = ShopFields.GetOrAdd(message.Descriptor, type => type.FindFieldByName("shop")?.Accessor);
        if (field is null) return;
        var named = (string)field.GetValue(message);
        if (named != tenant)
            throw Errors.Of(CommonErrorReason.ShopMismatch, $"This key belongs to shop '{tenant}', the request names '{named}'.", ("shop", named));
    }

    sealed class CheckedReader<TRequest>(IAsyncStreamReader<TRequest> inner, string? tenant) : IAsyncStreamReader<TRequest>
    {
        public TRequest Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await inner.MoveNext(cancellationToken)) return false;
            Check(inner.Current, tenant);
            return true;
        }
    }
}

/// <summary>The one place where a fault becomes a status: known errors pass, a store's silence is UNAVAILABLE, the rest INTERNAL, logged.</summary>
public sealed partial class ErrorInterceptor(ILogger<ErrorInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(requestStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Map(e, context); }
    }

    RpcException Map(Exception error, ServerCallContext context)
    {
        if (context.CancellationToken.IsCancellationRequested && error is OperationCanceledException or IOException)
            return new RpcException(new Status(StatusCode.Cancelled, "The caller went away."));
        if (error is OperationCanceledException)
            return Errors.Of(CommonErrorReason.Unavailable, "The service is stopping; retry.");
        LogFault(log, error, context.Method);
        return error is System.Data.Common.DbException
            ? Errors.Of(CommonErrorReason.Unavailable, "The store does not answer; retry.")
            : Errors.Of(CommonErrorReason.Internal, "A fault of the server; it is logged.", ("trace_id", System.Diagnostics.Activity.Current?.TraceId.ToString() ?? ""));
    }

    [LoggerMessage(1001, LogLevel.Error, "{Method} failed")]
    static partial void LogFault(ILogger log, Exception error, string method);
}
