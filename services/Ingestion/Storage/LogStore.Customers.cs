using Perennial.Ingestion.Domain;

namespace Perennial.Ingestion.Storage;

internal sealed partial class LogStore
{
    string OfCustomerSql => $"""
        SELECT position, shop, customer, identified, event_time, receive_time, payload, reattribute_time
        FROM {database.Prefix}event
        WHERE log_partition = @partition
        AND position > @after
        AND shop = @shop
        AND customer = @customer
        ORDER BY position
        {database.Limit("@max")}
        """;

    /// <summary>
    /// At most <paramref name="max"/> events of a customer after a position of their partition, in the order of their positions, resets included: all
    /// that are committed when it is called. Fewer than <paramref name="max"/> are the last. Whoever knows that nothing of theirs lies before a
    /// position says so, which spares that part of the log the reading.
    /// </summary>
    public Task<IReadOnlyList<LoggedEvent>> EventsOfAsync(int partition, string shop, string customer, long after, int max, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<LoggedEvent>>(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = OfCustomerSql;
        Bind(command, "@partition", partition);
        Bind(command, "@after", after);
        Bind(command, "@shop", shop);
        Bind(command, "@customer", customer, CustomerId.LengthMax);
        Bind(command, "@max", max);
        var events = new List<LoggedEvent>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) events.Add(Logged(reader));
        return events;
    }, cancellation);
}
