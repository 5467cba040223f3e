using System.Globalization;
using ImportState = Perennial.Ingestion.V1.Import;

namespace Perennial.AllInOne.Import;

/// <summary>A CSV file, read whole: its orders, what is worth knowing of its rows, and what of them is refused.</summary>
internal sealed class OrderImport
{
    readonly OrderBook _book;
    readonly OrderEvents _events;
    readonly ColumnMap _columns;

    OrderImport(OrderBook book, List<Order> orders, RowFacts facts, ColumnMap columns, Currencies currencies)
    {
        (_book, Orders, _columns, _events) = (book, orders, columns, new OrderEvents(currencies));
        var counts = facts.Counts;
        counts[RowFacts.RowsRefused] = book.Refused.Sum(r => (long)r.Rows);
        foreach (var (fact, count) in OrderFacts.Of(orders)) counts[fact] = count;
        Source = new OrderSource(orders, _events, counts);
    }

    public IReadOnlyList<Order> Orders { get; }

    public IImportSource Source { get; }

    /// <summary>What was refused in the reading.</summary>
    public IReadOnlyList<RefusedRow> Refused => _book.Refused;

    public static OrderImport Read(OrderFile file, LocalTime times, Currencies currencies, CancellationToken cancellation)
    {
        var book = new OrderBook(file.Map, file.Mapping.RefundPrefix, file.Mapping.NegativeQuantity);
        var facts = new RowFacts(file.Mapping, file.Map);
        file.Read(times, facts, book.Add, book.Refuse, cancellation);
        return new OrderImport(book, book.Close(), facts, file.Map, currencies);
    }

    public ImportResult Result(ImportState import, long events, TimeSpan elapsed)
    {
        var byPlatform = import.Refusals.Count == 0 ? [] : RefusedBy(import);
        List<RefusedRow> refused = [.. _book.Refused.Concat(byPlatform).OrderBy(r => r.Line)];
        var gone = byPlatform.Select(r => r.OrderId).ToHashSet(StringComparer.Ordinal);
        var kept = Orders.Where(o => !gone.Contains(o.Id)).ToList();
        var headline = string.Create(CultureInfo.InvariantCulture,
            $"Imported: orders {kept.Count(o => !o.NamesNoOrder && !o.IsReturn):N0}, refunds {kept.Count(o => o.NamesNoOrder || o.IsReturn):N0}, customers {kept.Where(o => o.CustomerId.Length > 0).DistinctBy(o => o.CustomerId).Count():N0}, anonymous visitors {kept.Count(o => o.CustomerId.Length == 0 && !o.IsReturn):N0}. Refused rows: {refused.Sum(r => r.Rows):N0}.");
        return new ImportResult(headline, import, refused, [.. Notes(import, kept)], events, elapsed);
    }

    IEnumerable<string> Notes(ImportState import, List<Order> kept)
    {
        if (import.RefusedCount > import.Refusals.Count) yield return string.Create(CultureInfo.InvariantCulture, $"{import.RefusedCount - import.Refusals.Count:N0} more events were refused and are not named");
        foreach (var order in kept.Where(_events.HasTooManyProducts))
            yield return $"order '{order.Id}': its {order.Lines.Count} lines do not fit into one event; the total is right, the last products are left out";
    }

    /// <summary>The orders behind the events that the platform refused; an order of two events is refused once.</summary>
    List<RefusedRow> RefusedBy(ImportState import)
    {
        var refusals = import.Refusals.ToLookup(r => r.MessageId, StringComparer.Ordinal);
        var refused = new List<RefusedRow>();
        foreach (var order in Orders)
        {
            var violations = _events.Of(order).SelectMany(e => refusals[e.MessageId]).FirstOrDefault()?.Violations;
            if (violations is null) continue;
            var reason = $"order '{order.Id}' was refused: {string.Join("; ", violations.Select(v => $"{v.Field} {v.Description}"))}";
            refused.Add(new RefusedRow(order.FirstLine, violations.Count > 0 ? ColumnOf(violations[0].Field) : "", reason, order.Rows) { OrderId = order.Id });
        }
        return refused;
    }

    string ColumnOf(string field) => field switch
    {
        "user_id" or "anonymous_id" => _columns.ColumnName(Field.CustomerId),
        "timestamp" or "original_timestamp" => _columns.ColumnName(Field.OrderTime),
        "message_id" => _columns.ColumnName(Field.OrderId),
        _ when field.EndsWith(".order_id", StringComparison.Ordinal) => _columns.ColumnName(Field.OrderId),
        _ when field.EndsWith(".total", StringComparison.Ordinal) => _columns.ColumnName(Field.Total),
        _ when field.EndsWith(".product_id", StringComparison.Ordinal) => _columns.ColumnName(Field.ProductId),
        _ when field.EndsWith(".quantity", StringComparison.Ordinal) => _columns.ColumnName(Field.Quantity),
        _ when field.EndsWith(".price", StringComparison.Ordinal) => _columns.ColumnName(Field.UnitPrice),
        _ => "",
    };
}
