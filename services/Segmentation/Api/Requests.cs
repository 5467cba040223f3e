using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;

namespace Perennial.Segmentation.Api;

/// <summary>What requests must look like.</summary>
internal static class Requests
{
    const int NameLengthMax = 63;

    /// <summary>The name of a model or a stage; empty where the caller leaves it open.</summary>
    public static Violations Name(this Violations violations, string name, string field) => violations.Text(name, field, 0, NameLengthMax);

    /// <summary>Two instants of which an absent second one means now. Says nothing of what is no instant anyway.</summary>
    public static Violations InOrder(this Violations violations, Timestamp? from, Timestamp? to, DateTimeOffset now)
        => violations.Require(from is null || !WireValues.IsInstant(from) || (to is not null && !WireValues.IsInstant(to)) || from.ToInstant(now) <= to.ToInstant(now), "to", "must not be before from");
}
