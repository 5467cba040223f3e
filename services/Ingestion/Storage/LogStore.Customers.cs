using System.Data.Common;
using System.Runtime.CompilerServices;
using Perennial.Ingestion.Domain;
using Perennial.Ingestion.Storage.Keys;

namespace Perennial.Ingestion.Storage;

internal sealed partial class LogStore
{
    string OfCustomerSql => $"""
        {RangeSql}
        AND shop = @shop
        AND customer = @customer
        ORDER BY position
        {database.Limit("@max")}
        """;

    /// <summary>
    /// At most <paramref name="max"/> events of a customer after a position of their partition, in the order of their positions, resets included:
    /// all that are committed when it is called. Fewer than <paramref name="max"/> are the last.
    /// </summary>
    public Task<IReadOnlyList<LoggedEvent>> EventsOfAsync(int partition, string shop, string customer, long after, int max, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<LoggedEvent>>(async connection =>
    {
        var events = new List<LoggedEvent>();
        foreach (var part in _keys.PartsOf(connection, partition, shop, customer, after))
        {
            await ReadAsync(connection, part, partition, shop, customer, max - events.Count, events, cancellation);
            if (events.Count == max) break;
        }
        return events;
    }, cancellation);

    /// <summary>All events of a customer after a position of their partition, resets included, page by page.</summary>
    public async IAsyncEnumerable<LoggedEvent> AllOfAsync(string shop, CustomerId customer, long after, int pageSize, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var partition = PartitionOf(shop, customer);
        while (true)
        {
            var page = await EventsOfAsync(partition, shop, customer.Text, after, pageSize, cancellation);
            foreach (var e in page) yield return e;
            if (page.Count < pageSize) yield break;
            after = page[^1].Position;
        }
    }

    async Task ReadAsync(DbConnection connection, LogPart part, int partition, string shop, string customer, int max, List<LoggedEvent> events, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = OfCustomerSql;
        Bind(command, "@partition", partition);
        Bind(command, "@after", part.After);
        Bind(command, "@until", part.Until);
        Bind(command, "@shop", shop);
        Bind(command, "@customer", customer, CustomerId.LengthMax);
        Bind(command, "@max", max);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) events.Add(Logged(reader));
    }
}
