using System.Globalization;
using Perennial.Engagement.V1;
using Perennial.Foundation.Grpc;

namespace Perennial.EngagementTracking.Api;

/// <summary>What a request must look like. All that is wrong is told at once.</summary>
internal static class Validation
{
    /// <summary>One answer stays below a few hundred kilobytes, and one statement below a thousand keys.</summary>
    const int CustomersMax = 1_000;

    public static void Check(GetCustomerEngagementRequest request)
        => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Subject(request.Customer).Throw();

    public static void Check(GetCustomerConsentsRequest request)
        => new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of").Subject(request.Customer).Throw();

    public static void Check(BatchGetCustomerEngagementRequest request)
    {
        var violations = new Violations().Shop(request.Shop).Instant(request.AsOf, "as_of");
        violations.Require(request.Customers.Count is >= 1 and <= CustomersMax, "customers", string.Create(CultureInfo.InvariantCulture, $"must have 1 to {CustomersMax} entries, has {request.Customers.Count}"));
        foreach (var (i, customer) in request.Customers.Take(CustomersMax).Index())
            violations.Subject(customer, string.Create(CultureInfo.InvariantCulture, $"customers[{i}]"));
        violations.Throw();
    }
}
