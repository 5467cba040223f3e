namespace Perennial.AllInOne.Import;

/// <summary>One line of an order.</summary>
internal readonly record struct OrderLine(string ProductId, string ProductName, decimal Quantity, decimal? UnitPrice);

/// <summary>What the rows of one order id amount to.</summary>
/// <param name="CustomerId">Empty for a visitor that nobody knows.</param>
/// <param name="Status">For a refund that names no order: <see cref="OrderStatus.Refunded"/> with <paramref name="NamesNoOrder"/>.</param>
/// <param name="Total">Null where the file names no amount.</param>
/// <param name="FirstLine">Line of the file, from 1.</param>
/// <param name="Rows">Rows of the file that it was made of.</param>
/// <param name="IsComplete">False where a row of it was refused.</param>
/// <param name="IsReturn">True for what came back of the order of that id, which stands beside it as a refund of its own.</param>
/// <param name="HasSeveralTimes">True where its rows name more than one; <paramref name="Time"/> is the earliest.</param>
internal sealed record Order(
    string Id,
    string CustomerId,
    DateTimeOffset Time,
    OrderStatus Status,
    bool NamesNoOrder,
    decimal? Total,
    string Currency,
    IReadOnlyList<OrderLine> Lines,
    long FirstLine,
    int Rows,
    bool IsComplete,
    bool IsReturn = false,
    bool HasSeveralTimes = false);

/// <summary>
/// Groups rows into orders by their order id, wherever they stand in the file: all rows are held in memory, some 150 bytes each.
/// What concerns the order (customer, time, total, currency, status) may stand on every row or on one; the earliest time is the order's.
/// </summary>
/// <param name="columns">Names the columns in what is refused.</param>
/// <param name="refundPrefix">Ids that start with it are refunds that name no order; null for none.</param>
/// <param name="negative">What rows of quantity below 0 are in an order that is no refund.</param>
internal sealed class OrderBook(ColumnMap columns, string? refundPrefix, NegativeQuantity negative = NegativeQuantity.Reduce)
{
    sealed class Draft(string id)
    {
        public string Id { get; } = id;
        public string CustomerId { get; set; } = "";
        public DateTimeOffset? Time { get; set; }
        public bool HasSeveralTimes { get; set; }
        public OrderStatus? Status { get; set; }
        public decimal? Total { get; set; }
        public string Currency { get; set; } = "";
        public List<OrderLine> Lines { get; } = [];
        public long FirstLine { get; init; }
    }

    readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);
    readonly HashSet<string> _incomplete = new(StringComparer.Ordinal);
    readonly List<RefusedRow> _refused = [];

    /// <summary>All that was refused so far.</summary>
    public IReadOnlyList<RefusedRow> Refused => _refused;

    public void Refuse(RefusedRow row)
    {
        _refused.Add(row);
        if (row.OrderId.Length > 0) _incomplete.Add(row.OrderId);
    }

    public void Add(OrderRow row)
    {
        if (!_drafts.TryGetValue(row.OrderId, out var draft)) _drafts[row.OrderId] = draft = new Draft(row.OrderId) { FirstLine = row.Line };
        if (Conflict(draft, row) is { } conflict)
        {
            Refuse(conflict);
            return;
        }
        if (draft.CustomerId.Length == 0) draft.CustomerId = row.CustomerId;
        if (draft.Currency.Length == 0) draft.Currency = row.Currency;
        draft.HasSeveralTimes |= draft.Time is not null && row.Time is not null && row.Time != draft.Time;
        if (row.Time < (draft.Time ?? DateTimeOffset.MaxValue)) draft.Time = row.Time;
        draft.Status ??= row.Status;
        draft.Total ??= row.Total;
        draft.Lines.Add(new OrderLine(row.ProductId, row.ProductName, row.Quantity, row.UnitPrice));
    }

    /// <summary>The orders, in the order in which the file first names them; those that are none are refused.</summary>
    public List<Order> Close()
    {
        var orders = new List<Order>(_drafts.Count);
        foreach (var draft in _drafts.Values.Where(d => d.Lines.Count > 0))
        {
            if (Finish(draft, orders) is { } refused) Refuse(refused);
        }
        return orders;
    }

    RefusedRow? Conflict(Draft draft, OrderRow row)
    {
        RefusedRow Differs(Field field, string has, string other, string hint = "")
            => new(row.Line, columns.ColumnName(field), $"'{has}' differs from '{other}' on an earlier row of order '{row.OrderId}'{hint}") { OrderId = row.OrderId };

        if (row.CustomerId.Length > 0 && draft.CustomerId.Length > 0 && row.CustomerId != draft.CustomerId) return Differs(Field.CustomerId, row.CustomerId, draft.CustomerId);
        if (row.Currency.Length > 0 && draft.Currency.Length > 0 && row.Currency != draft.Currency) return Differs(Field.Currency, row.Currency, draft.Currency);
        if (row.Status is { } status && draft.Status is { } earlier && status != earlier) return Differs(Field.Status, status.ToString().ToLowerInvariant(), earlier.ToString().ToLowerInvariant());
        return row.Total is { } total && draft.Total is { } first && total != first
            ? Differs(Field.Total, FormattableString.Invariant($"{total}"), FormattableString.Invariant($"{first}"), "; a total is the whole order's (for amounts per line map unit_price and quantity)")
            : null;
    }

    RefusedRow? Finish(Draft draft, List<Order> orders)
    {
        RefusedRow Whole(Field field, string reason) => new(draft.FirstLine, columns.ColumnName(field), reason, draft.Lines.Count);

        if (draft.Time is not { } time) return Whole(Field.OrderTime, $"is empty on every row of order '{draft.Id}'");
        var isRefund = !string.IsNullOrEmpty(refundPrefix) && draft.Id.StartsWith(refundPrefix, StringComparison.Ordinal);
        var back = isRefund || negative == NegativeQuantity.Reduce ? [] : draft.Lines.Where(line => line.Quantity < 0).ToList();
        List<OrderLine> lines = back.Count == 0 ? draft.Lines : [.. draft.Lines.Where(line => line.Quantity >= 0)];
        if (back.Count > 0 && !lines.Exists(line => line.Quantity > 0)) (isRefund, back, lines) = (true, [], draft.Lines);

        var total = isRefund ? draft.Total is { } named ? Math.Abs(named) : ValueOf(lines) : draft.Total ?? TotalOf(lines);
        if (!isRefund && !lines.Exists(line => line.Quantity > 0)) return Whole(Field.Quantity, $"no row of order '{draft.Id}' has a quantity above 0");
        if (total < 0) return Whole(columns[Field.Total] >= 0 ? Field.Total : Field.UnitPrice, FormattableString.Invariant($"the total of order '{draft.Id}' is {total}, below 0"));
        var order = new Order(draft.Id, draft.CustomerId, time, isRefund ? OrderStatus.Refunded : draft.Status ?? OrderStatus.Completed, isRefund,
            total, draft.Currency, lines, draft.FirstLine, lines.Count, !_incomplete.Contains(draft.Id), HasSeveralTimes: draft.HasSeveralTimes);
        orders.Add(order);
        if (back.Count > 0) orders.Add(order with { Status = OrderStatus.Refunded, IsReturn = true, Total = ValueOf(back), Lines = back, Rows = back.Count });
        return null;
    }

    static decimal? TotalOf(List<OrderLine> lines) => lines.Exists(line => line.UnitPrice is not null) ? lines.Sum(line => line.Quantity * (line.UnitPrice ?? 0)) : null;

    static decimal ValueOf(List<OrderLine> lines) => lines.Sum(line => Math.Abs(line.Quantity * (line.UnitPrice ?? 0)));
}
