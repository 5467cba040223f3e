using System.Collections.Frozen;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Perennial.Common.V1;
using Enum = System.Enum;
using Status = Grpc.Core.Status;

namespace Perennial.Foundation.Grpc;

/// <summary>
/// Every error of every service: status code, ErrorInfo (reason, domain, metadata) and what else the client needs, from
/// the annotated enums of <c>errors.proto</c>. The details travel as google.rpc.Status in <c>grpc-status-details-bin</c>.
/// </summary>
public static class Errors
{
    public const string DetailsTrailer = "grpc-status-details-bin";

    static readonly FrozenDictionary<string, Known> Reasons = ReadReasons();

    sealed record Known(string Name, string Domain, StatusCode Code);

    /// <summary>An error to throw. <paramref name="reason"/> is a value of one of the <c>*ErrorReason</c> enums.</summary>
    public static RpcException Of<TReason>(TReason reason, string message, params ReadOnlySpan<(string Key, string Value)> metadata) where TReason : struct, Enum
        => Build(reason, message, [], metadata);

    /// <summary>INVALID_ARGUMENT that names every wrong field at once.</summary>
    public static RpcException Invalid(IReadOnlyCollection<(string Field, string Description)> violations)
    {
        ArgumentNullException.ThrowIfNull(violations);
        var bad = new BadRequest();
        foreach (var (field, description) in violations)
            bad.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
        return Build(CommonErrorReason.InvalidArgument, string.Join("; ", violations.Select(v => v.Field.Length == 0 ? v.Description : $"{v.Field}: {v.Description}")), [bad], []);
    }

    /// <summary>RATE_LIMITED with the time after which to come back.</summary>
    public static RpcException RateLimited(string message, TimeSpan retryAfter)
        => Build(CommonErrorReason.RateLimited, message, [new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }], []);

    /// <summary>The details of an error, or null where it carries none.</summary>
    public static Google.Rpc.Status? Details(RpcException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var bytes = error.Trailers.FirstOrDefault(t => t.Key == DetailsTrailer)?.ValueBytes;
        return bytes is null ? null : Google.Rpc.Status.Parser.ParseFrom(bytes);
    }

    /// <summary>The reason of an error, or null where it carries none.</summary>
    public static ErrorReason? Reason(RpcException error)
        => Detail<ErrorInfo>(Details(error)) is { } info ? new ErrorReason(info.Reason, info.Domain, info.Metadata.ToDictionary()) : null;

    /// <summary>One detail by its type, or null.</summary>
    public static T? Detail<T>(Google.Rpc.Status? status) where T : class, IMessage<T>, new()
        => status?.Details.FirstOrDefault(d => d.Is(new T().Descriptor))?.Unpack<T>();

    static RpcException Build<TReason>(TReason value, string message, IEnumerable<IMessage> details, ReadOnlySpan<(string Key, string Value)> metadata) where TReason : struct, Enum
    {
        var original = typeof(TReason).GetField(value.ToString())!.GetCustomAttribute<OriginalNameAttribute>()!.Name;
        var reason = Reasons[original];
        var info = new ErrorInfo { Reason = reason.Name, Domain = reason.Domain };
        foreach (var (key, text) in metadata) info.Metadata[key] = text;
        var status = new Google.Rpc.Status { Code = (int)reason.Code, Message = message, Details = { Any.Pack(info) } };
        status.Details.AddRange(details.Select(Any.Pack));
        return new RpcException(new Status(reason.Code, message), new Metadata { { DetailsTrailer, status.ToByteArray() } }, message);
    }

    static FrozenDictionary<string, Known> ReadReasons() => ProtoFiles.All
        .SelectMany(file => file.EnumTypes)
        .SelectMany(type => type.Values)
        .Select(value => (Value: value, Spec: value.GetOptions()?.GetExtension(ErrorsExtensions.Error)))
        .Where(v => v.Spec is not null)
        .ToFrozenDictionary(v => v.Value.Name, v => new Known(ReasonName(v.Value), Domain(v.Value.File.Package), (StatusCode)v.Spec!.Code));

    // INGESTION_ERROR_REASON_SHOP_EXISTS -> SHOP_EXISTS
    static string ReasonName(EnumValueDescriptor value) => value.Name[(value.Name.IndexOf("_ERROR_REASON_", StringComparison.Ordinal) + "_ERROR_REASON_".Length)..];

    // perennial.ingestion.v1 -> ingestion.perennial; perennial.common.v1 -> perennial
    static string Domain(string package) => package.Split('.')[1] is var house && house == "common" ? "perennial" : house + ".perennial";
}

/// <summary>What google.rpc.ErrorInfo says: machine-readable, stable.</summary>
public sealed record ErrorReason(string Reason, string Domain, IReadOnlyDictionary<string, string> Metadata);
