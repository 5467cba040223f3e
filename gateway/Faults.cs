using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Perennial.Common.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway;

/// <summary>The outermost door: whatever fails inside becomes one answer here, and nothing of the inside leaks.</summary>
internal sealed class Faults(RequestDelegate next, Problems problems, IOptions<GatewayOptions> options, ILogger<Faults> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && Unanswered(context) is { } error) await problems.WriteAsync(context, error, context.Response.StatusCode);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to hear an answer.
            if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await problems.WriteAsync(context, Explain(context, e));
        }
        catch (Exception e)
        {
            // Too late for an answer: a cut connection is the only honest end of a half-written response.
            Log.Fault(log, e, context.Request.Method, context.Request.Path);
            context.Abort();
        }
    }

    /// <summary>Routing says 404 and 405 without a word of its own.</summary>
    static RpcException? Unanswered(HttpContext context) => (context.Response.StatusCode, context.Response.ContentType) switch
    {
        (StatusCodes.Status404NotFound, null) => Errors.Of(CommonErrorReason.RouteNotFound, $"No route answers {context.Request.Method} {context.Request.Path}."),
        (StatusCodes.Status405MethodNotAllowed, null) => Errors.Of(CommonErrorReason.RouteNotFound, $"{context.Request.Path} answers {context.Response.Headers.Allow}, not {context.Request.Method}."),
        _ => null,
    };

    RpcException Explain(HttpContext context, Exception error)
    {
        switch (error)
        {
            case RpcException known:
                return known;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? options.Value.BodyBytesMax;
                return Bodies.TooLarge("The request body", limit, nameof(GatewayOptions.BodyBytesMax));
            // A slow line is no fault of what it brings: SDKs would throw it away for a 400, and some for a 408.
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return Errors.Of(CommonErrorReason.Unavailable, "The request body came too slowly; send it again.");
            case BadHttpRequestException bad:
                return Errors.Invalid([("", bad.Message)]);
            case System.Data.Common.DbException:
                Log.Fault(log, error, context.Request.Method, context.Request.Path);
                return Errors.Of(CommonErrorReason.Unavailable, "The store of the keys does not answer; retry.");
            default:
                Log.Fault(log, error, context.Request.Method, context.Request.Path);
                return Errors.Of(CommonErrorReason.Internal, "A fault of the server; it is logged.", ("trace_id", System.Diagnostics.Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier));
        }
    }
}
