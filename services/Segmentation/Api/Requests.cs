using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Perennial.Foundation.Grpc;

namespace Perennial.Segmentation.Api;

/// <summary>What requests must look like.</summary>
internal static partial class Requests
{
    const int CustomerLengthMax = 210;
    const int NameLengthMax = 63;

    /// <summary>Instants with a local date in every zone before the end of what is stored: years 1 to 9998.</summary>
    static readonly DateTimeOffset InstantEnd = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset InstantStart = new(1, 1, 2, 0, 0, 0, TimeSpan.Zero);

    public static Violations Shop(this Violations violations, string shop)
        => violations.Require(ShopId().IsMatch(shop), "shop", "must have 1 to 63 characters a-z, 0-9 and hyphens, starting with a letter");

    public static Violations Customer(this Violations violations, string customer)
        => violations.Require(customer.Length <= CustomerLengthMax && CustomerId().IsMatch(customer), "customer", $"must be user:ID or anon:ID, at most {CustomerLengthMax} characters");

    /// <summary>The name of a model or a stage; empty where the caller leaves it open.</summary>
    public static Violations Name(this Violations violations, string name, string field) => violations.Text(name, field, 0, NameLengthMax);

    /// <summary>An instant that may be absent.</summary>
    public static Violations Instant(this Violations violations, Timestamp? instant, string field)
        => violations.Require(instant is null || IsValid(instant), field, "must be an instant in the years 1 to 9998");

    /// <summary>Two instants of which an absent second one means now. Says nothing of what is no instant anyway.</summary>
    public static Violations InOrder(this Violations violations, Timestamp? from, Timestamp? to, DateTimeOffset now)
        => violations.Require(from is null || !IsValid(from) || (to is not null && !IsValid(to)) || from.ToInstant(now) <= to.ToInstant(now), "to", "must not be before from");

    /// <summary>To whole milliseconds, as everything here; <paramref name="otherwise"/> where it is absent.</summary>
    public static DateTimeOffset ToInstant(this Timestamp? instant, DateTimeOffset otherwise)
    {
        var exact = instant is null ? otherwise : instant.ToDateTimeOffset();
        return DateTimeOffset.FromUnixTimeMilliseconds(exact.ToUnixTimeMilliseconds());
    }

    /// <summary>RFC 3339, as ProtoJSON writes it.</summary>
    public static string ToText(this DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", System.Globalization.CultureInfo.InvariantCulture);

    static bool IsValid(Timestamp instant)
        => instant.Nanos is >= 0 and < 1_000_000_000 && instant.Seconds >= InstantStart.ToUnixTimeSeconds() && instant.Seconds < InstantEnd.ToUnixTimeSeconds();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex ShopId();

    [GeneratedRegex(@"^(user|anon):.", RegexOptions.Singleline)]
    private static partial Regex CustomerId();
}
