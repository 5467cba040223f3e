using System.Collections.Frozen;

namespace Perennial.AllInOne.Import;

/// <summary>Counts what is worth knowing of the rows of a file, and says which are left out.</summary>
internal sealed class RowFacts
{
    public const string Rows = "rows";
    public const string RowsRefused = "rows_refused";
    public const string RowsLeftOut = "rows_left_out";
    const string Cancelled = "cancelled";
    const string WithoutCustomer = "without_customer";
    const string Duplicate = "duplicate";
    const string ZeroPrice = "zero_price";
    const string NegativePrice = "negative_price";
    const string QuantityNotPositive = "quantity_not_positive";
    const string Products = "products";
    const string ProductsIgnoringCase = "products_ignoring_case";

    /// <summary>Facts that a row can be left out under.</summary>
    public static readonly FrozenSet<string> OfRows = FrozenSet.Create(StringComparer.Ordinal, Cancelled, WithoutCustomer, Duplicate, ZeroPrice, NegativePrice, QuantityNotPositive);

    /// <summary>Every fact that is counted without being asked for.</summary>
    public static readonly FrozenSet<string> BuiltIn = OfRows.Concat([Rows, RowsRefused, RowsLeftOut, Products, ProductsIgnoringCase, .. OrderFacts.Names]).ToFrozenSet(StringComparer.Ordinal);

    readonly string? _refundPrefix;
    readonly Rule[] _rules;
    readonly FrozenSet<string> _leaveOut;
    readonly Dictionary<string, long> _counts = [];
    readonly HashSet<UInt128> _seen = [];
    readonly HashSet<string> _products = new(StringComparer.Ordinal);
    readonly HashSet<string> _productsIgnoringCase = new(StringComparer.OrdinalIgnoreCase);

    sealed record Rule(string Fact, int Column, FrozenSet<string> Is, string[] StartsWith);

    public RowFacts(ImportMapping mapping, ColumnMap columns)
    {
        _refundPrefix = mapping.RefundPrefix;
        _rules = [.. mapping.Facts.Select(f => new Rule(f.Key, columns.PlaceOf(f.Value), (f.Value.Is ?? []).ToFrozenSet(StringComparer.OrdinalIgnoreCase), [.. f.Value.StartsWith ?? []]))];
        _leaveOut = mapping.LeaveOut.ToFrozenSet(StringComparer.Ordinal);
        // A fact that no row has is worth knowing too.
        foreach (var name in OfRows.Concat([Rows, RowsRefused, RowsLeftOut]).Concat(mapping.Facts.Keys)) _counts[name] = 0;
    }

    /// <summary>Counts a row that could be read. False when it is to be left out.</summary>
    /// <param name="fingerprint">Of all its fields.</param>
    /// <param name="text">The text of a column.</param>
    public bool Keep(OrderRow row, UInt128 fingerprint, Func<int, string> text)
    {
        _counts[Rows]++;
        if (row.ProductId.Length > 0 && _products.Add(row.ProductId)) _productsIgnoringCase.Add(row.ProductId);
        var isRefund = !string.IsNullOrEmpty(_refundPrefix) && row.OrderId.StartsWith(_refundPrefix, StringComparison.Ordinal);
        var keep = Counted(Cancelled, isRefund || row.Status is OrderStatus.Cancelled or OrderStatus.Refunded)
            & Counted(WithoutCustomer, row.CustomerId.Length == 0)
            & Counted(Duplicate, !_seen.Add(fingerprint))
            & Counted(ZeroPrice, row.UnitPrice == 0)
            & Counted(NegativePrice, row.UnitPrice < 0)
            & Counted(QuantityNotPositive, row.Quantity <= 0 && !isRefund);
        foreach (var rule in _rules)
        {
            var value = text(rule.Column);
            keep &= Counted(rule.Fact, rule.Is.Contains(value) || Array.Exists(rule.StartsWith, start => value.StartsWith(start, StringComparison.OrdinalIgnoreCase)));
        }
        if (!keep) _counts[RowsLeftOut]++;
        return keep;
    }

    /// <summary>Counts a row that could not be read.</summary>
    public void Refuse() => _counts[Rows]++;

    public Dictionary<string, long> Counts => new(_counts) { [Products] = _products.Count, [ProductsIgnoringCase] = _productsIgnoringCase.Count };

    /// <summary>False where the row has the fact and rows with it are left out.</summary>
    bool Counted(string fact, bool has)
    {
        if (has) _counts[fact]++;
        return !has || !_leaveOut.Contains(fact);
    }
}

/// <summary>What is worth knowing of the orders of a file.</summary>
internal static class OrderFacts
{
    public static readonly IReadOnlyList<string> Names = ["orders", "refunds", "customers", "anonymous_visitors", "orders_with_several_times", "customers_without_order"];

    /// <param name="orders">What is imported, refunds included.</param>
    public static IReadOnlyDictionary<string, long> Of(IReadOnlyList<Order> orders)
    {
        var buyers = orders.Where(o => !o.NamesNoOrder && o.CustomerId.Length > 0).Select(o => o.CustomerId).ToHashSet(StringComparer.Ordinal);
        var customers = orders.Where(o => o.CustomerId.Length > 0).Select(o => o.CustomerId).ToHashSet(StringComparer.Ordinal);
        return new Dictionary<string, long>
        {
            ["orders"] = orders.Count(o => !o.NamesNoOrder),
            ["refunds"] = orders.Count(o => o.NamesNoOrder),
            ["customers"] = customers.Count,
            ["anonymous_visitors"] = orders.Count(o => o.CustomerId.Length == 0),
            // Of customers that are known; the earliest time counts.
            ["orders_with_several_times"] = orders.Count(o => !o.NamesNoOrder && o.CustomerId.Length > 0 && o.HasSeveralTimes),
            ["customers_without_order"] = customers.Count - buyers.Count,
        };
    }
}
