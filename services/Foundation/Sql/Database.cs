using System.Data.Common;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Sql;

/// <summary>
/// One house's schema in one of two dialects. SQL is written once, above the method that runs it, with what truly differs
/// asked from here: the schema prefix, limits, sets of keys, bulk appends, locks.
/// </summary>
public abstract class Database : IAsyncDisposable
{
    protected Database(string schema)
    {
        Schema = schema;
        Mapping.Register();
    }

    /// <summary>Name of the house's schema.</summary>
    public string Schema { get; }

    /// <summary>Folder of this dialect's migrations: <c>Sqlite</c> or <c>SqlServer</c>.</summary>
    public abstract string Dialect { get; }

    /// <summary>Stands before every table name: <c>ingestion.</c> on SQL Server, nothing on SQLite.</summary>
    public abstract string Prefix { get; }

    /// <summary>The end of an ordered query that answers at most <c>@parameter</c> rows.</summary>
    public abstract string Limit(string parameter);

    /// <summary>
    /// A derived table over a JSON array of objects, for sets of keys in one parameter:
    /// <c>FROM {Set("@keys", ("shop", 63), ("customer", 210))} k</c>. See <see cref="Keys"/> for the parameter's value.
    /// </summary>
    public abstract string Set(string parameter, params ReadOnlySpan<(string Column, int Length)> columns);

    public static Database Create(string schema, StoreOptions store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return store.IsSqlServer ? new SqlServerDatabase(schema, store.Connection) : new SqliteDatabase(schema, store.Data);
    }

    /// <summary>An open connection for reads.</summary>
    public abstract Task<DbConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>
    /// Runs <paramref name="work"/> in one write transaction and commits it. A deadlock, a lost race for a unique key or a busy
    /// file rolls back and runs it again, a few times: the work must take everything it writes from its arguments and the store.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<Write, Task<T>> work, CancellationToken cancellation);

    public Task WriteAsync(Func<Write, Task> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        return WriteAsync(async write =>
        {
            await work(write);
            return true;
        }, cancellation);
    }

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        await using var connection = await OpenAsync(cancellation);
        return await work(connection);
    }

    /// <summary>The row of a query for one; null where there is none.</summary>
    /// <param name="values">Numbers and texts, in the order of the query's parameters.</param>
    public abstract Task<T?> FindAsync<T>(PointQuery<T> query, object[] values, CancellationToken cancellation) where T : class;

    /// <summary>Creates the database itself where the server has none of that name. True when it did.</summary>
    public virtual Task<bool> CreateIfMissingAsync(CancellationToken cancellation) => Task.FromResult(false);

    /// <summary>Keeps two processes from migrating at once; part of <paramref name="write"/>'s transaction.</summary>
    protected internal abstract Task LockForMigrationAsync(Write write, CancellationToken cancellation);

    /// <summary>Statement that creates the migration journal when it is not there.</summary>
    protected internal abstract string JournalSql { get; }

    /// <summary>Creates what must exist before the journal: the schema.</summary>
    protected internal abstract Task PrepareAsync(CancellationToken cancellation);

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A running write transaction.</summary>
public abstract class Write(DbConnection connection, DbTransaction transaction)
{
    public DbConnection Connection { get; } = connection;
    public DbTransaction Transaction { get; } = transaction;

    /// <summary>Appends rows: values in the order of <paramref name="columns"/>, as <see cref="Mapping.ToStore"/> takes them.</summary>
    public abstract Task AppendAsync(string table, string[] columns, IReadOnlyCollection<object?[]> rows, CancellationToken cancellation);

    /// <summary>Appends a row per item: <paramref name="fill"/> adds its values in the order of <paramref name="columns"/>. For many rows: nothing is boxed where the dialect can do without.</summary>
    public virtual Task AppendAsync<T>(string table, string[] columns, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(fill);
        var rows = new List<object?[]>(items.Count);
        foreach (var item in items)
        {
            var row = new BoxedRow(columns.Length);
            fill(row, item);
            rows.Add(row.Values);
        }
        return AppendAsync(table, columns, rows, cancellation);
    }

    /// <summary>
    /// Inserts a row per item, or where one of the same keys is there, replaces its <paramref name="values"/>. <paramref name="fill"/> adds keys, then
    /// values. No two items have the same keys.
    /// </summary>
    public abstract Task PutAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation);

    /// <summary>As <see cref="PutAsync"/>, but adds to the <paramref name="sums"/> of a row that is there.</summary>
    public abstract Task AddAsync<T>(string table, string[] keys, string[] sums, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation);

    /// <summary>Replaces the <paramref name="values"/> of the row of each item's keys, where there is one.</summary>
    public abstract Task ChangeAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation);

    /// <summary>Deletes the row of each item's keys, where there is one.</summary>
    public abstract Task RemoveAsync<T>(string table, string[] keys, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation);

    sealed class BoxedRow(int columns) : Row
    {
        int _next;

        public object?[] Values { get; } = new object?[columns];

        public override void Add(long value) => Values[_next++] = value;
        public override void Add(int value) => Values[_next++] = value;
        public override void Add(bool value) => Values[_next++] = value;
        public override void Add(DateTimeOffset value) => Values[_next++] = value;
        public override void Add(DateTimeOffset? value) => Values[_next++] = value;
        public override void Add(decimal value) => Values[_next++] = value;
        public override void Add(int? value) => Values[_next++] = value;
        public override void Add(long? value) => Values[_next++] = value;

        public override void Add(string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Values[_next++] = value;
        }

        public override void Add(byte[] value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Values[_next++] = value;
        }
    }
}

/// <summary>Takes the values of one row, each in the shape that <see cref="Mapping"/> gives it.</summary>
public abstract class Row
{
    public abstract void Add(long value);
    public abstract void Add(int value);
    public abstract void Add(bool value);
    public abstract void Add(DateTimeOffset value);
    public abstract void Add(DateTimeOffset? value);
    public abstract void Add(decimal value);
    public abstract void Add(int? value);
    public abstract void Add(long? value);
    public abstract void Add(string value);
    public abstract void Add(byte[] value);
}
