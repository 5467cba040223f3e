using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

/// <summary>What a request must look like. All that is wrong is told at once.</summary>
internal static partial class Validation
{
    /// <summary>One answer stays below a few hundred kilobytes, and one statement below a thousand keys.</summary>
    const int CustomersMax = 1_000;

    // 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, as google.protobuf.Timestamp allows.
    const long SecondsMin = -62_135_596_800;
    const long SecondsMax = 253_402_300_799;

    public static void Check(GetCustomerEngagementRequest request)
        => Instant(Shop(new Violations(), request.Shop), request.AsOf).Require(CustomerId().IsMatch(request.Customer), "customer", "must be user:{id} or anon:{id}, at most 210 characters").Throw();

    public static void Check(BatchGetCustomerEngagementRequest request)
    {
        var violations = Instant(Shop(new Violations(), request.Shop), request.AsOf);
        violations.Require(request.Customers.Count is >= 1 and <= CustomersMax, "customers", string.Create(CultureInfo.InvariantCulture, $"must have 1 to {CustomersMax} entries, has {request.Customers.Count}"));
        foreach (var (i, customer) in request.Customers.Take(CustomersMax).Index())
            violations.Require(CustomerId().IsMatch(customer), string.Create(CultureInfo.InvariantCulture, $"customers[{i}]"), "must be user:{id} or anon:{id}, at most 210 characters");
        violations.Throw();
    }

    /// <summary>The instant asked for, or now, in whole milliseconds.</summary>
    public static DateTimeOffset AsOf(Timestamp? asked, TimeProvider clock)
        => DateTimeOffset.FromUnixTimeMilliseconds((asked?.ToDateTimeOffset() ?? clock.GetUtcNow()).ToUnixTimeMilliseconds());

    static Violations Shop(Violations violations, string shop)
        => violations.Require(ShopId().IsMatch(shop), "shop", "must be 1 to 63 of a-z, 0-9 and hyphens, starting with a letter");

    static Violations Instant(Violations violations, Timestamp? asOf)
        => violations.Require(asOf is null or { Seconds: >= SecondsMin and <= SecondsMax, Nanos: >= 0 and <= 999_999_999 }, "as_of", "must be an instant of the years 1 to 9999");

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,62}\z")]
    private static partial Regex ShopId();

    [GeneratedRegex(@"\A(user|anon):[\s\S]{1,205}\z")]
    private static partial Regex CustomerId();
}
