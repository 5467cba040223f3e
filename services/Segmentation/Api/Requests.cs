using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;
using Perennial.Segmentation.V1;

namespace Perennial.Segmentation.Api;

/// <summary>What requests must look like.</summary>
internal static class Requests
{
    const int NameLengthMax = 63;

    /// <summary>The name of a model or a stage; empty where the caller leaves it open.</summary>
    public static Violations Name(this Violations violations, string name, string field) => violations.Text(name, field, 0, NameLengthMax);

    /// <summary>Two instants of which an absent second one means now. Says nothing of what is no instant anyway.</summary>
    public static Violations InOrder(this Violations violations, Timestamp? from, Timestamp? to, DateTimeOffset now, string last = "to", string first = "from")
        => violations.Require(from is null || !WireValues.IsInstant(from) || (to is not null && !WireValues.IsInstant(to)) || from.ToInstant(now) <= to.ToInstant(now), last, $"must not be before {first}");

    /// <summary>An instant at which something was known; it may be left open.</summary>
    public static Violations Known(this Violations violations, Timestamp? knownAt, DateTimeOffset now)
        => violations.Past(knownAt, "known_at", now);

    /// <summary>An instant up to now; it may be left open.</summary>
    public static Violations Past(this Violations violations, Timestamp? instant, string field, DateTimeOffset now)
        => violations.Instant(instant, field).Require(instant is null || !WireValues.IsInstant(instant) || instant.ToInstant(now) <= now, field, "must not be in the future");

    /// <summary>The id of a preview that is to be there.</summary>
    public static Violations Preview(this Violations violations, string id) => violations.Require(Guid.TryParse(id, out _), "preview", "must be the UUID of a preview");

    /// <summary>Null where it is left open.</summary>
    public static DateTimeOffset? ToKnown(this Timestamp? knownAt, DateTimeOffset now) => knownAt is null ? null : knownAt.ToInstant(now);

    /// <summary>The first day of a month such as "2011-11"; null where it is none.</summary>
    public static DateOnly? ToMonth(string month) => DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start) ? start : null;

    /// <summary>A month that may be left open.</summary>
    public static Violations Month(this Violations violations, string month, string field = "month")
        => violations.Require(month.Length == 0 || ToMonth(month) is not null, field, "must be a month such as 2011-11");

    public static Violations TieRule(this Violations violations, RfmTieRule rule)
        => violations.Require(System.Enum.IsDefined(rule), "tie_rule", "must be one of the rules of RfmTieRule");
}
