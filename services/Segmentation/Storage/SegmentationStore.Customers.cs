using System.Collections.Concurrent;
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

    internal string StandingSql => $"""
        SELECT c.customer, c.identified, c.record, p.position, r.revision
        FROM {database.Prefix}customer c
        JOIN {database.Prefix}checkpoint_position p ON p.log_partition = {CustomerKey.PartitionSql("c.id")}
        CROSS JOIN {database.Prefix}derived_revision r
        WHERE c.shop = @shop
          AND c.customer = @customer
        """;

    /// <summary>What a shop's answers rest on, as of a revision of all that is derived.</summary>
    sealed record InUse(long Revision, IReadOnlyDictionary<string, Derivation> ByModel);

    readonly ConcurrentDictionary<string, InUse> _inUse = new(StringComparer.Ordinal);

    sealed record StandingRow(string Customer, bool Identified, byte[] Record, long Position, long Revision);

    PointQuery<StandingRow>? _standing;

    PointQuery<StandingRow> Standing => _standing ??= new(StandingSql, static r => new(r.GetString(0), r.GetBoolean(1), (byte[])r.GetValue(2), r.GetInt64(3), r.GetInt64(4)), ("@shop", 0), ("@customer", CustomerKey.IdLengthMax));

    /// <summary>
    /// A customer, and what answers about a model rest on at the same instant: one statement, as long as nothing derived has changed otherwise than by events. Null where
    /// either is not there.
    /// </summary>
    public async Task<(Customer Customer, Derivation Use)?> FindStandingAsync(Shop shop, string customer, string model, CancellationToken cancellation)
    {
        if (await database.FindAsync(Standing, [shop.Number, customer], cancellation) is not { } row) return null;
        if (!_inUse.TryGetValue(shop.Id, out var inUse) || inUse.Revision != row.Revision) _inUse[shop.Id] = inUse = await database.ReadAsync(c => ReadInUseAsync(c, shop.Id, cancellation), cancellation);
        return inUse.ByModel.GetValueOrDefault(model) is { } use ? (new Customer(row.Customer, row.Identified, row.Position, RecordCodec.Read(row.Record, use.Sources)), use) : null;
    }

    async Task<InUse> ReadInUseAsync(DbConnection connection, string shop, CancellationToken cancellation)
    {
        // First: what changes in between makes it older than it says, and it is read again.
        var revision = await ReadRevisionAsync(connection, null, cancellation);
        var active = (await ReadDerivationsAsync(connection, null, shop, cancellation)).Where(d => d.State == DerivationState.Active && d.IsOfModel);
        return new InUse(revision, active.ToDictionary(d => d.Model.Id, StringComparer.Ordinal));
    }

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
        await foreach (var customer in ReadAsync(reader, cancellation)) yield return customer;
    }

    static async IAsyncEnumerable<StoredCustomer> ReadAsync(DbDataReader reader, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
            yield return new StoredCustomer(reader.GetString(0), reader.GetBoolean(1), (byte[])reader.GetValue(2));
    }

    /// <summary>Every customer of a shop, worked on by as many threads as there are cores; answers what they came to, one result per chunk.</summary>
    public Task<IReadOnlyList<T>> ScanAsync<T>(Shop shop, bool includeAnonymous, Func<IReadOnlyList<StoredCustomer>, T> work, CancellationToken cancellation)
        => WorkAsync(ScanAsync(shop, includeAnonymous, cancellation), work, cancellation);

    static async Task<IReadOnlyList<T>> WorkAsync<T>(IAsyncEnumerable<StoredCustomer> customers, Func<IReadOnlyList<StoredCustomer>, T> work, CancellationToken cancellation)
    {
        var results = new List<T>();
        var running = new Queue<Task<T>>();
        await foreach (var chunk in customers.Chunk(ChunkSize).WithCancellation(cancellation))
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
