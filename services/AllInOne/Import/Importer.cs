using System.Text.Json;
using Perennial.AllInOne.Running;

namespace Perennial.AllInOne.Import;

/// <summary>Sends orders through the gateway's tracking call, a few batches at a time.</summary>
internal sealed class Importer(GatewayClient gateway, ColumnMap columns)
{
    /// <summary>The gateway takes 4 MiB and 2,500 events; smaller batches keep every house busy from the start.</summary>
    const long BatchBytes = 1024 * 1024;
    const int BatchEventsMax = 1_000;
    const int InFlight = 4;

    readonly Lock _gate = new();
    readonly List<RefusedRow> _refused = [];
    int _sent;

    /// <summary>What the platform refused, by line.</summary>
    /// <param name="done">Told the share of the orders that is recorded, 0 to 1.</param>
    public async Task<IReadOnlyList<RefusedRow>> SendAsync(IReadOnlyList<Order> orders, Currencies currencies, Action<double> done, CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(Batches(orders, currencies), new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellation }, async (batch, stop) =>
        {
            using (batch)
            {
                var answer = await gateway.PostAsync("/v1/batch", batch.Close(), stop);
                lock (_gate)
                {
                    _refused.AddRange(ReadRefused(answer, batch.Orders));
                    _sent += batch.OrderCount;
                    done((double)_sent / orders.Count);
                }
            }
        });
        return _refused;
    }

    static IEnumerable<TrackWriter> Batches(IReadOnlyList<Order> orders, Currencies currencies)
    {
        TrackWriter? batch = null;
        foreach (var order in orders)
        {
            batch ??= new TrackWriter(currencies);
            batch.Add(order);
            if (batch.Bytes < BatchBytes && batch.Orders.Count < BatchEventsMax) continue;
            yield return batch;
            batch = null;
        }
        if (batch is not null) yield return batch;
    }

    /// <summary>The answer names what was refused by its place in the batch; an order of two events is refused once.</summary>
    IEnumerable<RefusedRow> ReadRefused(string answer, IReadOnlyList<Order> orders)
    {
        using var document = JsonDocument.Parse(answer);
        var refused = new List<RefusedRow>();
        foreach (var result in document.RootElement.GetProperty("results").EnumerateArray().Where(r => r.GetProperty("outcome").GetString() is "refused" or "quarantined"))
        {
            var order = orders[result.GetProperty("index").GetInt32()];
            var violations = result.GetProperty("violations").EnumerateArray().Select(v => (Field: v.GetProperty("field").GetString()!, Text: v.GetProperty("description").GetString()!)).ToList();
            var column = violations.Count > 0 ? ColumnOf(violations[0].Field) : "";
            var reason = $"order '{order.Id}' was refused: {string.Join("; ", violations.Select(v => $"{v.Field} {v.Text}"))}";
            refused.Add(new RefusedRow(order.FirstLine, column, reason, order.Rows) { OrderId = order.Id, IsWholeOrder = true });
        }
        return refused.DistinctBy(r => r.OrderId);
    }

    string ColumnOf(string field) => field switch
    {
        "userId" or "anonymousId" => columns.ColumnName(Field.CustomerId),
        "timestamp" or "originalTimestamp" => columns.ColumnName(Field.OrderTime),
        "messageId" or "properties.order_id" => columns.ColumnName(Field.OrderId),
        "properties.total" => columns.ColumnName(Field.Total),
        "properties.currency" => columns.ColumnName(Field.Currency),
        _ when field.EndsWith(".product_id", StringComparison.Ordinal) => columns.ColumnName(Field.ProductId),
        _ when field.EndsWith(".quantity", StringComparison.Ordinal) => columns.ColumnName(Field.Quantity),
        _ when field.EndsWith(".price", StringComparison.Ordinal) => columns.ColumnName(Field.UnitPrice),
        _ => "",
    };
}
