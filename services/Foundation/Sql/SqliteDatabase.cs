using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Data.Sqlite;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Sql;

/// <summary>One file per house: WAL, every commit on disk before it is answered, one writer at a time.</summary>
public sealed class SqliteDatabase : Database
{
    const int BusyTriesMax = 5;
    readonly SemaphoreSlim _writer = new(1, 1);
    readonly string _connectionString;
    // Statements that nobody runs at the moment, each on a connection of its own. There are never more than were run at once.
    readonly ConcurrentDictionary<object, ConcurrentBag<SqliteCommand>> _kept = new();
    readonly ConditionalWeakTable<SQLitePCL.sqlite3, object> _set = [];
    SqliteConnection? _writing;

    public SqliteDatabase(string schema, string folder) : base(schema)
    {
        var file = Path.GetFullPath(Path.Combine(folder, schema + ".db"));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var probe = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new StartException($"cannot write '{file}' ({e.Message.TrimEnd('.')}); choose a folder that can be written with --data.", e);
        }
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Cache = SqliteCacheMode.Private, DefaultTimeout = 30 }.ToString();
    }

    public override string Dialect => "Sqlite";
    public override string Prefix => "";
    public override string Limit(string parameter) => $"LIMIT {parameter}";

    public override string Set(string parameter, params ReadOnlySpan<(string Column, int Length)> columns)
    {
        var picks = string.Join(", ", columns.ToArray().Select(c => $"json_extract(value, '$.{c.Column}') AS {c.Column}"));
        return $"(SELECT {picks} FROM json_each({parameter}))";
    }

    public override async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(cancellation);
        // What was set once is still set when the pool brings it back.
        if (_set.TryAdd(connection.Handle!, this)) await connection.ExecuteAsync("PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384;");
        return connection;
    }

    public override async Task<T?> FindAsync<T>(PointQuery<T> query, object[] values, CancellationToken cancellation) where T : class
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(values);
        var kept = _kept.GetOrAdd(query, static _ => []);
        if (!kept.TryTake(out var command)) command = await PrepareAsync(query, cancellation);
        try
        {
            for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
            T? found;
            // The provider has no asynchronous I/O.
            using (var reader = command.ExecuteReader()) found = reader.Read() ? query.Read(reader) : null;
            kept.Add(command);
            return found;
        }
        catch
        {
            await LetGoAsync(command);
            throw;
        }
    }

    async Task<SqliteCommand> PrepareAsync<T>(PointQuery<T> query, CancellationToken cancellation) where T : class
    {
        var command = new SqliteCommand(query.Text, (SqliteConnection)await OpenAsync(cancellation));
        foreach (var (name, length) in query.Parameters) command.Parameters.Add(new SqliteParameter(name, length == 0 ? SqliteType.Integer : SqliteType.Text));
        command.Prepare();
        return command;
    }

    static async Task LetGoAsync(SqliteCommand command)
    {
        var connection = command.Connection!;
        await command.DisposeAsync();
        await connection.DisposeAsync();
    }

    public override async Task<T> WriteAsync<T>(Func<Write, Task<T>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        await _writer.WaitAsync(cancellation);
        try
        {
            _writing ??= await OpenWriterAsync(cancellation);
            for (var tried = 1; ; tried++)
            {
                try
                {
                    // BEGIN IMMEDIATE: the write lock is taken before anything is read.
                    await using var transaction = _writing.BeginTransaction(deferred: false);
                    var result = await work(new SqliteWrite(_writing, transaction));
                    await transaction.CommitAsync(cancellation);
                    return result;
                }
                catch (SqliteException e) when (e.SqliteErrorCode is 5 or 6 && tried < BusyTriesMax)
                {
                    // Another process holds the file longer than the busy timeout: try again.
                }
            }
        }
        finally
        {
            _writer.Release();
        }
    }

    async Task<SqliteConnection> OpenWriterAsync(CancellationToken cancellation)
    {
        var connection = (SqliteConnection)await OpenAsync(cancellation);
        // What is deleted is overwritten: an erased person must not be found in pages that are no longer used.
        await connection.ExecuteAsync("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;");
        return connection;
    }

    // BEGIN IMMEDIATE is the lock.
    protected internal override Task LockForMigrationAsync(Write write, CancellationToken cancellation) => Task.CompletedTask;

    protected internal override Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    protected internal override string JournalSql => """
        CREATE TABLE IF NOT EXISTS migration (
            number INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            hash TEXT NOT NULL,
            apply_time INTEGER NOT NULL
        ) STRICT
        """;

    public override async ValueTask DisposeAsync()
    {
        await _writer.WaitAsync();
        try
        {
            if (_writing is not null) await _writing.DisposeAsync();
            _writing = null;
            foreach (var command in _kept.Values.SelectMany(kept => kept)) await LetGoAsync(command);
            _kept.Clear();
            using var pool = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(pool);
        }
        finally
        {
            _writer.Dispose();
        }
        await base.DisposeAsync();
    }

    sealed class SqliteWrite(SqliteConnection connection, SqliteTransaction transaction) : Write(connection, transaction)
    {
        public override Task AppendAsync(string table, string[] columns, IReadOnlyCollection<object?[]> rows, CancellationToken cancellation)
        {
            if (rows.Count == 0) return Task.CompletedTask;
            // One prepared statement, stepped per row: the fastest way into SQLite. The provider has no asynchronous I/O.
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select((_, i) => "$p" + i))})";
            var parameters = columns.Select((_, i) => command.Parameters.Add(new SqliteParameter { ParameterName = "$p" + i })).ToArray();
            command.Prepare();
            foreach (var row in rows)
            {
                for (var i = 0; i < parameters.Length; i++) parameters[i].Value = Mapping.ToStore(row[i], sqlServer: false);
                command.ExecuteNonQuery();
            }
            return Task.CompletedTask;
        }

        public override Task AppendAsync<T>(string table, string[] columns, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => RunAsync(Insert(table, columns), items, fill);

        public override Task PutAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => RunAsync($"{Insert(table, [.. keys, .. values])} ON CONFLICT ({string.Join(", ", keys)}) DO UPDATE SET {string.Join(", ", values.Select(v => $"{v} = excluded.{v}"))}", items, fill);

        public override Task AddAsync<T>(string table, string[] keys, string[] sums, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => RunAsync($"{Insert(table, [.. keys, .. sums])} ON CONFLICT ({string.Join(", ", keys)}) DO UPDATE SET {string.Join(", ", sums.Select(s => $"{s} = {s} + excluded.{s}"))}", items, fill);

        public override Task ChangeAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => RunAsync($"UPDATE {table} SET {string.Join(", ", values.Select((v, i) => $"{v} = ?{keys.Length + i + 1}"))} WHERE {string.Join(" AND ", keys.Select((k, i) => $"{k} = ?{i + 1}"))}", items, fill);

        public override Task RemoveAsync<T>(string table, string[] keys, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => RunAsync($"DELETE FROM {table} WHERE {string.Join(" AND ", keys.Select(k => $"{k} = ?"))}", items, fill);

        static string Insert(string table, string[] columns) => $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select(_ => "?"))})";

        Task RunAsync<T>(string sql, IReadOnlyList<T> items, Action<Row, T> fill)
        {
            ArgumentNullException.ThrowIfNull(items);
            ArgumentNullException.ThrowIfNull(fill);
            if (items.Count == 0) return Task.CompletedTask;
            using var row = new SqliteRow(connection.Handle!, sql);
            for (var i = 0; i < items.Count; i++)
            {
                fill(row, items[i]);
                row.Step();
            }
            return Task.CompletedTask;
        }
    }
}
