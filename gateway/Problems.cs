using Google.Protobuf;
using Grpc.Core;
using Perennial.Foundation.Grpc;

namespace Perennial.Gateway;

/// <summary>Writes an error in the language of the request: problem+json, or a gRPC status with its details.</summary>
internal sealed class Problems(Metrics metrics)
{
    internal const string RateLimitResetHeader = "X-RateLimit-Reset";

    internal static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Answers <paramref name="error"/>. The response must not have started.</summary>
    /// <param name="status">HTTP status where it is not the one of the gRPC code.</param>
    public async Task WriteAsync(HttpContext context, RpcException error, int? status = null)
    {
        var problem = Problem.Of(error, status);
        metrics.Refused(problem.Reason);
        var response = context.Response;
        // What routing said of the verbs that are allowed belongs to the answer; all else that was begun does not.
        var allow = response.Headers.Allow;
        response.Clear();
        if (problem.Status is 405) response.Headers.Allow = allow;
        if (problem.Status is 401) response.Headers.WWWAuthenticate = "Bearer";
        if (problem.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds;
        // The name by which Segment's browser SDK looks for the same.
        if (problem.Status is 429) response.Headers[RateLimitResetHeader] = response.Headers.RetryAfter;
        if (IsGrpc(context.Request)) WriteTrailersOnly(response, error);
        else await WriteJsonAsync(context, problem);
    }

    static async Task WriteJsonAsync(HttpContext context, Problem problem)
    {
        var body = problem.ToJson(context.Request.Path.Value ?? "");
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = Problem.ContentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    // "Trailers-Only" of the gRPC protocol: a response without a body carries its status in the headers.
    static void WriteTrailersOnly(HttpResponse response, RpcException error)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers.GrpcStatus = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(error.Status.Detail);
        if (Errors.Details(error) is { } details) response.Headers[Errors.DetailsTrailer] = Convert.ToBase64String(details.ToByteArray());
    }
}
