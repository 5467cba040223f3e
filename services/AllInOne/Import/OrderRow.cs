namespace Perennial.AllInOne.Import;

internal enum OrderStatus
{
    Completed,
    Cancelled,
    Refunded,
}

/// <summary>One row of the file, read. Empty and null stand for an empty field.</summary>
/// <param name="Line">Line of the file, from 1; the first one where quoted fields span lines.</param>
internal sealed record OrderRow(
    long Line,
    string OrderId,
    string CustomerId,
    DateTimeOffset? Time,
    string ProductId,
    string ProductName,
    decimal Quantity,
    decimal? UnitPrice,
    decimal? Total,
    string Currency,
    OrderStatus? Status);

/// <summary>What was not imported, and why.</summary>
/// <param name="Line">Line of the file, from 1.</param>
/// <param name="Column">The column's name in the file; empty where the row as a whole is wrong.</param>
/// <param name="Rows">How many rows it stands for: more than one where an order as a whole is refused.</param>
internal sealed record RefusedRow(long Line, string Column, string Reason, int Rows = 1)
{
    /// <summary>The order that the row belongs to, where that much could be read: its other rows make an incomplete order.</summary>
    public string OrderId { get; init; } = "";

    public override string ToString() => $"line {Line}{(Column.Length > 0 ? ", " + Column : "")}: {Reason}{(Rows > 1 ? $" ({Rows} rows)" : "")}";
}
