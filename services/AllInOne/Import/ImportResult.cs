using System.Globalization;

namespace Perennial.AllInOne.Import;

/// <summary>What came of an import.</summary>
/// <param name="Orders">Imported, without refunds that name no order.</param>
/// <param name="Refunds">Refunds that name no order.</param>
/// <param name="Customers">Whom the imported rows name.</param>
/// <param name="Anonymous">Imported orders and refunds that name nobody: a visitor each.</param>
/// <param name="Refused">By line.</param>
/// <param name="Shortened">Orders whose products are not all kept.</param>
internal sealed record ImportResult(int Orders, int Refunds, int Customers, int Anonymous, IReadOnlyList<RefusedRow> Refused, IReadOnlyList<Order> Shortened)
{
    public int RefusedRows => Refused.Sum(r => r.Rows);

    public static ImportResult Of(IReadOnlyList<Order> orders, IEnumerable<RefusedRow> refused, Currencies currencies)
    {
        var rows = refused.OrderBy(r => r.Line).ToList();
        var gone = rows.Where(r => r.IsWholeOrder).Select(r => r.OrderId).ToHashSet(StringComparer.Ordinal);
        var kept = orders.Where(order => !gone.Contains(order.Id)).ToList();
        return new ImportResult(
            kept.Count(order => !order.NamesNoOrder),
            kept.Count(order => order.NamesNoOrder),
            kept.Where(order => order.CustomerId.Length > 0).DistinctBy(order => order.CustomerId).Count(),
            kept.Count(order => order.CustomerId.Length == 0),
            rows,
            [.. kept.Where(order => TrackWriter.HasTooManyProducts(order, currencies))]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Imported: orders {Orders:N0}, refunds {Refunds:N0}, customers {Customers:N0}, anonymous visitors {Anonymous:N0}. Refused rows: {RefusedRows:N0}.");
}
