using System.Globalization;

namespace Perennial.Segmentation.Storage;

/// <summary>
/// Customers as keys know them: the shop's number, the partition, and a number of the customer's own, in that order. Those of a shop, and of a partition of it, are a
/// range; only who applies a partition gives out its numbers, so two never give out the same.
/// </summary>
internal static class CustomerKey
{
    /// <summary>Characters of a customer's id, at most, with its kind.</summary>
    public const int IdLengthMax = 210;

    const int PartitionBits = 10, NumberBits = 34;

    public static long First(int shop) => (long)shop << (PartitionBits + NumberBits);

    public static long First(int shop, int partition) => First(shop) + ((long)partition << NumberBits);

    public static long Last(int shop) => First(shop + 1) - 1;

    public static long Last(int shop, int partition) => First(shop, partition + 1) - 1;

    /// <summary>The partition of a key in a column, in either dialect. T-SQL takes a number of that size for a decimal, and would divide with a remainder.</summary>
    public static string PartitionSql(string column) => string.Create(CultureInfo.InvariantCulture, $"({column} / CAST({1L << NumberBits} AS bigint)) % {1 << PartitionBits}");
}
