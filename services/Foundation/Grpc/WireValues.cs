using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Google.Type;

namespace Perennial.Foundation.Grpc;

/// <summary>Values of the wire that every house checks and converts in the same way.</summary>
public static partial class WireValues
{
    const decimal NanosPerUnit = 1_000_000_000m;

    /// <summary>Instants with a local date in every zone before the end of what is stored: years 1 to 9998.</summary>
    static readonly DateTimeOffset InstantEnd = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset InstantStart = new(1, 1, 2, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The id of a tenant.</summary>
    public static Violations Shop(this Violations violations, string shop)
    {
        ArgumentNullException.ThrowIfNull(violations);
        return violations.Require(ShopId().IsMatch(shop), "shop", "must have 1 to 63 characters a-z, 0-9 and hyphens, starting with a letter");
    }

    /// <summary>The id of whom an event of the log is about.</summary>
    public static Violations Subject(this Violations violations, string customer, string field = "customer")
    {
        ArgumentNullException.ThrowIfNull(violations);
        return violations.Require(SubjectId().IsMatch(customer), field, "must be user:{id}, ext:{type}:{id}, email:{SHA-256} or anon:{id}, at most 210 characters, none of them a control character");
    }

    /// <summary>An instant that may be absent.</summary>
    public static Violations Instant(this Violations violations, Timestamp? instant, string field)
    {
        ArgumentNullException.ThrowIfNull(violations);
        return violations.Require(instant is null || IsInstant(instant), field, "must be an instant in the years 1 to 9998");
    }

    /// <summary>True when the timestamp names an instant that <see cref="ToInstant"/> can take.</summary>
    public static bool IsInstant(Timestamp instant)
    {
        ArgumentNullException.ThrowIfNull(instant);
        return instant.Nanos is >= 0 and < 1_000_000_000 && instant.Seconds >= InstantStart.ToUnixTimeSeconds() && instant.Seconds < InstantEnd.ToUnixTimeSeconds();
    }

    /// <summary>To whole milliseconds, as everything is stored; <paramref name="otherwise"/> where it is absent.</summary>
    public static DateTimeOffset ToInstant(this Timestamp? instant, DateTimeOffset otherwise) => (instant?.ToDateTimeOffset() ?? otherwise).WholeMillis();

    /// <summary>The instant in UTC without its part of a millisecond.</summary>
    public static DateTimeOffset WholeMillis(this DateTimeOffset instant) => DateTimeOffset.FromUnixTimeMilliseconds(instant.ToUnixTimeMilliseconds());

    /// <summary>RFC 3339, as ProtoJSON writes it.</summary>
    public static string ToText(this DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", CultureInfo.InvariantCulture);

    /// <summary>0 for an absent amount.</summary>
    public static decimal ToDecimal(this Money? money) => money is null ? 0 : money.Units + money.Nanos / NanosPerUnit;

    /// <summary>Digits beyond the ninth, which only sums of binary fractions have, are rounded half to even.</summary>
    public static Money ToMoney(this decimal amount, string currencyCode)
    {
        var exact = decimal.Round(amount, 9, MidpointRounding.ToEven);
        var units = decimal.Truncate(exact);
        return new Money { CurrencyCode = currencyCode, Units = (long)units, Nanos = (int)((exact - units) * NanosPerUnit) };
    }

    [GeneratedRegex(@"\A(?=.{1,210}\z)(user|ext|email|anon|erased):[^\p{Cc}]+\z")]
    private static partial Regex SubjectId();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex ShopId();
}
