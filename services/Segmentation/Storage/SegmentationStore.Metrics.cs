using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>Answers what a shop's orders add up to.</summary>
internal sealed partial class SegmentationStore
{
    /// <summary>The tally that answers rest on, or where there is none yet the one that is being derived for the first time.</summary>
    public Task<Derivation?> FindTallyAsync(string shop, CancellationToken cancellation) => database.ReadAsync(
        async connection => (await DerivationsAsync(connection, null, shop, cancellation, areKept: true)).Where(d => d.IsTally).MaxBy(d => d.State), cancellation);

    internal string OrderSumsSql => $"""
        SELECT cohort, month, SUM(orders), SUM(customers), SUM(repeat_customers), SUM(seconds), SUM(thirds), SUM(second_days), SUM(third_days), SUM(later_days), SUM(amount)
        FROM {database.Prefix}order_tally
        WHERE derivation = @derivation
          AND day <= @day
          AND (@includeAnonymous = 1 OR identified = 1)
        GROUP BY cohort, month
        """;

    /// <summary>By cohort and month, at the end of a day; what has come to nothing is left out.</summary>
    public Task<Dictionary<(int Cohort, int Month), OrderSums>> SumOrdersAsync(Derivation tally, DateOnly asOf, bool includeAnonymous, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var sums = new Dictionary<(int, int), OrderSums>();
        await using var reader = await connection.ExecuteReaderAsync(Command(OrderSumsSql, new { derivation = tally.Id, day = asOf.DayNumber, includeAnonymous }, cancellation));
        while (await reader.ReadAsync(cancellation))
        {
            var sum = new OrderSums(
                reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
                reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9), Mapping.ReadMoney(reader, 10));
            if (sum != default) sums.Add((reader.GetInt32(0), reader.GetInt32(1)), sum);
        }
        return sums;
    }, cancellation);

    /// <summary>Flows between stages over consecutive periods. Every customer is evaluated once, whatever the number of periods.</summary>
    /// <param name="ends">See <see cref="StageMonths"/>.</param>
    public async Task<StageMonths> CountMonthsAsync(Shop shop, Derivation use, IReadOnlyList<DateTimeOffset> ends, bool includeAnonymous, CancellationToken cancellation)
    {
        var months = new StageMonths(ends);
        foreach (var part in await ScanAsync(shop, includeAnonymous, Count, cancellation)) months.Add(part);
        return months;

        StageMonths Count(IReadOnlyList<StoredCustomer> customers)
        {
            var part = new StageMonths(ends);
            foreach (var customer in customers)
                if (TimelineOf(customer.Read(use.Sources), customer.Identified, use, shop) is var (history, timeline)) part.Add(history, timeline);
            return part;
        }
    }
}
