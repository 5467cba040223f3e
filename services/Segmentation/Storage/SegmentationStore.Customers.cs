using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Perennial.Foundation.Sql;
using Perennial.Segmentation.Domain;

namespace Perennial.Segmentation.Storage;

/// <summary>A customer with all that was ever known of them.</summary>
/// <param name="Position">The log position of the customer's partition up to which the record is complete. It may hold later events, too.</param>
internal sealed record Customer(string Id, bool Identified, long Position, CustomerRecord Record);

/// <summary>Answers customers one by one.</summary>
internal sealed partial class SegmentationStore
{
    /// <summary>Seconds that reading all customers of a shop may take.</summary>
    const int ReadSecondsMax = 600;

    internal string CustomerSql => $"""
        SELECT c.customer, c.identified, c.record, p.position
        FROM {database.Prefix}customer c
        JOIN {database.Prefix}checkpoint_position p ON p.log_partition = {CustomerKey.PartitionSql("c.id")}
        WHERE c.shop = @shop
          AND c.customer = @customer
        """;

    /// <summary>Null while no event of the customer is known.</summary>
    /// <param name="sources">What of the record is read.</param>
    public Task<Customer?> FindCustomerAsync(Shop shop, string customer, Sources sources, CancellationToken cancellation) => database.ReadAsync(async connection =>
    {
        var row = await connection.QuerySingleOrDefaultAsync<RecordRow>(Command(CustomerSql, new { shop = shop.Number, customer }, cancellation));
        return row is null ? null : new Customer(row.Customer, row.Identified, row.Position, RecordCodec.Read(row.Record, sources));
    }, cancellation);

    internal string CustomersSql => $"""
        SELECT c.customer, c.identified, c.record, p.position
        FROM {database.Prefix}customer c
        JOIN {database.Prefix}checkpoint_position p ON p.log_partition = {CustomerKey.PartitionSql("c.id")}
        WHERE c.shop = @shop
          AND c.customer > @after
          AND (@includeAnonymous = 1 OR c.identified = 1)
        ORDER BY c.customer
        {database.Limit("@limit")}
        """;

    /// <summary>By customer id, after one.</summary>
    public Task<IReadOnlyList<Customer>> ListCustomersAsync(Shop shop, string after, bool includeAnonymous, Sources sources, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<Customer>>(async connection =>
    {
        var rows = await connection.QueryAsync<RecordRow>(Command(CustomersSql, new { shop = shop.Number, after, includeAnonymous, limit }, cancellation));
        return [.. rows.Select(r => new Customer(r.Customer, r.Identified, r.Position, RecordCodec.Read(r.Record, sources)))];
    }, cancellation);

    internal string AllCustomersSql => $"""
        SELECT customer, identified, record
        FROM {database.Prefix}customer
        WHERE id BETWEEN @first AND @last
          AND (@includeAnonymous = 1 OR identified = 1)
        ORDER BY id
        """;

    /// <summary>Every customer of a shop, in no particular order: streamed, so that memory holds a few.</summary>
    public async IAsyncEnumerable<StoredCustomer> ScanAsync(Shop shop, bool includeAnonymous, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var values = new { first = CustomerKey.First(shop.Number), last = CustomerKey.Last(shop.Number), includeAnonymous };
        // By hand, as there may be millions of rows.
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(AllCustomersSql, values, commandTimeout: ReadSecondsMax, cancellationToken: cancellation));
        while (await reader.ReadAsync(cancellation))
            yield return new StoredCustomer(reader.GetString(0), reader.GetBoolean(1), (byte[])reader.GetValue(2));
    }

    /// <summary>Every customer of a shop, worked on by as many threads as there are cores; answers what they came to, one result per chunk.</summary>
    public async Task<IReadOnlyList<T>> ScanAsync<T>(Shop shop, bool includeAnonymous, Func<IReadOnlyList<StoredCustomer>, T> work, CancellationToken cancellation)
    {
        var results = new List<T>();
        var running = new Queue<Task<T>>();
        await foreach (var chunk in ScanAsync(shop, includeAnonymous, cancellation).Chunk(ChunkSize).WithCancellation(cancellation))
        {
            if (running.Count >= Environment.ProcessorCount) results.Add(await running.Dequeue());
            running.Enqueue(Task.Run(() => work(chunk), cancellation));
        }
        while (running.TryDequeue(out var task)) results.Add(await task);
        return results;
    }

    const int ChunkSize = 2_048;
}

/// <summary>A customer as stored: what is not asked of the record is not read from it.</summary>
internal sealed record StoredCustomer(string Id, bool Identified, byte[] Bytes)
{
    public CustomerRecord Read(Sources sources) => RecordCodec.Read(Bytes, sources);
}
