using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Perennial.Foundation.Grpc;
using StatusCode = Grpc.Core.StatusCode;

namespace Perennial.Gateway;

/// <summary>An error as RFC 9457 problem details that carry the gRPC reason: what every refused HTTP request answers.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Reason">google.rpc.ErrorInfo.reason, or the canonical name of the status code where the error carries none.</param>
/// <param name="RetryAfter">When the same request is worth sending again; null when it is not.</param>
internal sealed record Problem(
    int Status, string Title, string Detail, string Reason, string Domain,
    IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<(string Field, string Description)> Violations, TimeSpan? RetryAfter)
{
    internal const string ContentType = "application/problem+json";

    /// <param name="status">HTTP status where it is not the one of the gRPC code.</param>
    internal static Problem Of(RpcException error, int? status = null)
    {
        var details = Errors.Details(error);
        var reason = Errors.Reason(error);
        var (http, name) = Canonical(error.StatusCode);
        return new Problem(
            status ?? (reason?.Reason == "REQUEST_TOO_LARGE" ? 413 : http),
            Worded(name),
            reason is null ? Unexplained(error) : error.Status.Detail,
            reason?.Reason ?? name,
            reason?.Domain ?? "perennial",
            reason?.Metadata ?? new Dictionary<string, string>(),
            [.. Errors.Detail<BadRequest>(details)?.FieldViolations.Select(v => (v.Field, v.Description)) ?? []],
            Errors.Detail<RetryInfo>(details)?.RetryDelay?.ToTimeSpan() ?? (error.StatusCode == StatusCode.Unavailable ? TimeSpan.FromSeconds(1) : null));
    }

    /// <summary>google.rpc.Code to HTTP as google/rpc/code.proto maps it, with the code's name.</summary>
    internal static (int Http, string Name) Canonical(StatusCode code) => code switch
    {
        StatusCode.OK => (200, "OK"),
        StatusCode.Cancelled => (499, "CANCELLED"),
        StatusCode.InvalidArgument => (400, "INVALID_ARGUMENT"),
        StatusCode.DeadlineExceeded => (504, "DEADLINE_EXCEEDED"),
        StatusCode.NotFound => (404, "NOT_FOUND"),
        StatusCode.AlreadyExists => (409, "ALREADY_EXISTS"),
        StatusCode.PermissionDenied => (403, "PERMISSION_DENIED"),
        StatusCode.Unauthenticated => (401, "UNAUTHENTICATED"),
        StatusCode.ResourceExhausted => (429, "RESOURCE_EXHAUSTED"),
        StatusCode.FailedPrecondition => (400, "FAILED_PRECONDITION"),
        StatusCode.Aborted => (409, "ABORTED"),
        StatusCode.OutOfRange => (400, "OUT_OF_RANGE"),
        StatusCode.Unimplemented => (501, "UNIMPLEMENTED"),
        StatusCode.Internal => (500, "INTERNAL"),
        StatusCode.Unavailable => (503, "UNAVAILABLE"),
        StatusCode.DataLoss => (500, "DATA_LOSS"),
        _ => (500, "UNKNOWN"),
    };

    /// <summary>Whole seconds for a <c>Retry-After</c> header, at least 1.</summary>
    internal string? RetryAfterSeconds => RetryAfter is { } after ? Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Quotes and signs stand as they are: the answer is JSON for programs and people, never part of a page.</summary>
    internal static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The problem+json object.</summary>
    internal byte[] ToJson(string instance)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable)) Write(json, instance);
        return buffer.WrittenSpan.ToArray();
    }

    internal void Write(Utf8JsonWriter json, string instance)
    {
        json.WriteStartObject();
        json.WriteString("type", $"urn:perennial:error:{Domain}:{Reason}");
        json.WriteString("title", Title);
        json.WriteNumber("status", Status);
        json.WriteString("detail", Detail);
        json.WriteString("instance", instance);
        json.WriteString("reason", Reason);
        json.WriteString("domain", Domain);
        json.WriteStartObject("metadata");
        foreach (var (key, value) in Metadata) json.WriteString(key, value);
        json.WriteEndObject();
        WriteViolations(json, Violations);
        json.WriteEndObject();
    }

    internal static void WriteViolations(Utf8JsonWriter json, IEnumerable<(string Field, string Description)> violations)
    {
        json.WriteStartArray("violations");
        foreach (var (field, description) in violations)
        {
            json.WriteStartObject();
            json.WriteString("field", field);
            json.WriteString("description", description);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // An error without a reason is not one of ours: its text may name addresses of the inside. It is logged where it is caught.
    static string Unexplained(RpcException error) => error.StatusCode switch
    {
        StatusCode.Unavailable => "The service behind this route does not answer; retry with backoff.",
        StatusCode.DeadlineExceeded => "The service behind this route did not answer in time.",
        StatusCode.Unimplemented => "The service behind this route does not know this call.",
        StatusCode.Unknown or StatusCode.Internal or StatusCode.DataLoss => "A fault of the server; it is logged.",
        _ => error.Status.Detail,
    };

    // NOT_FOUND -> Not found
    static string Worded(string name) => name == "OK" ? name : name[0] + name[1..].Replace('_', ' ').ToLowerInvariant();
}
