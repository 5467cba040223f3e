using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.Data.SqlClient;
using Perennial.Foundation.Hosting;

namespace Perennial.Foundation.Sql;

/// <summary>
/// One schema of a SQL Server database (2019 or later, Azure SQL). Correctness never rests on a lock hint: races end at a
/// unique key or at a row that one statement updates, and a loser runs again.
/// </summary>
public sealed class SqlServerDatabase : Database
{
    const int TriesMax = 8;

    // Deadlock victim; unique key; unique index; snapshot update conflict.
    static readonly HashSet<int> RaceErrors = [1205, 2627, 2601, 3960];

    readonly string _connectionString;

    public SqlServerDatabase(string schema, string connection) : base(schema)
    {
        if (string.IsNullOrWhiteSpace(connection))
            throw new StartException("Store:Kind is sqlserver but no connection string is given; pass --connection \"Server=...;Database=...\" or set PERENNIAL_Store__Connection.");
        try
        {
            _connectionString = new SqlConnectionStringBuilder(connection) { ApplicationName = "perennial-" + schema, MultipleActiveResultSets = false }.ToString();
        }
        catch (ArgumentException e)
        {
            throw new StartException($"the connection string cannot be read: {e.Message}", e);
        }
    }

    public override string Dialect => "SqlServer";
    public override string Prefix => Schema + ".";
    public override string Limit(string parameter) => $"OFFSET 0 ROWS FETCH NEXT {parameter} ROWS ONLY";

    public override string Set(string parameter, params ReadOnlySpan<(string Column, int Length)> columns)
    {
        var shapes = string.Join(", ", columns.ToArray().Select(c => $"{c.Column} nvarchar({c.Length}) '$.{c.Column}'"));
        var picks = string.Join(", ", columns.ToArray().Select(c => $"REPLACE(REPLACE({c.Column} COLLATE Latin1_General_100_BIN2, NCHAR({(int)KeySet.QuoteStandIn}), '\"'), NCHAR({(int)KeySet.BackslashStandIn}), '\\') AS {c.Column}"));
        return $"(SELECT {picks} FROM OPENJSON({parameter}) WITH ({shapes}))";
    }

    public override async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new SqlConnection(_connectionString);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    public override async Task<T?> FindAsync<T>(PointQuery<T> query, object[] values, CancellationToken cancellation) where T : class
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(values);
        await using var connection = (SqlConnection)await OpenAsync(cancellation);
        await using var command = new SqlCommand(query.Text, connection);
        for (var i = 0; i < values.Length; i++)
        {
            var (name, length) = query.Parameters[i];
            command.Parameters.Add(length == 0 ? new SqlParameter(name, values[i]) : new SqlParameter(name, SqlDbType.NVarChar, length) { Value = values[i] });
        }
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellation);
        return await reader.ReadAsync(cancellation) ? query.Read(reader) : null;
    }

    public override async Task<T> WriteAsync<T>(Func<Write, Task<T>> work, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var tried = 1; ; tried++)
        {
            try
            {
                await using var connection = (SqlConnection)await OpenAsync(cancellation);
                await using var transaction = (SqlTransaction)await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
                var result = await work(new SqlServerWrite(connection, transaction));
                await transaction.CommitAsync(cancellation);
                return result;
            }
            catch (SqlException e) when (RaceErrors.Contains(e.Number) && tried < TriesMax)
            {
                await Task.Delay(Random.Shared.Next(5, 25) * tried, cancellation);
            }
        }
    }

    public override async Task<bool> CreateIfMissingAsync(CancellationToken cancellation)
    {
        var target = new SqlConnectionStringBuilder(_connectionString);
        await using var server = new SqlConnection(new SqlConnectionStringBuilder(_connectionString) { InitialCatalog = "master" }.ToString());
        await server.OpenAsync(cancellation);
        if (await server.ExecuteScalarAsync<int>("SELECT COUNT(*) FROM sys.databases WHERE name = @name", new { name = target.InitialCatalog }) > 0) return false;
        var name = $"[{target.InitialCatalog.Replace("]", "]]", StringComparison.Ordinal)}]";
        await server.ExecuteAsync($"CREATE DATABASE {name}");
        try
        {
            // Readers never wait for writers. Only a new database is changed: an existing one is its DBA's.
            await server.ExecuteAsync($"ALTER DATABASE {name} SET READ_COMMITTED_SNAPSHOT ON");
        }
        catch (SqlException)
        {
            // An engine that has no such switch reads snapshots anyway.
        }
        return true;
    }

    protected internal override async Task LockForMigrationAsync(Write write, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(write);
        await write.Connection.ExecuteAsync(new CommandDefinition("sp_getapplock", new { Resource = $"perennial-migrate-{Schema}", LockMode = "Exclusive", LockOwner = "Transaction", LockTimeout = 60_000 }, write.Transaction, commandType: CommandType.StoredProcedure, cancellationToken: cancellation));
    }

    protected internal override async Task PrepareAsync(CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(cancellation);
        try
        {
            await connection.ExecuteAsync($"IF SCHEMA_ID('{Schema}') IS NULL EXEC('CREATE SCHEMA {Schema}')");
        }
        catch (SqlException e) when (e.Number is 2714 or 2759)
        {
            // Another starter created it in between.
        }
    }

    protected internal override string JournalSql => $"""
        IF OBJECT_ID('{Schema}.migration', 'U') IS NULL
        CREATE TABLE {Schema}.migration (
            number int NOT NULL PRIMARY KEY,
            name nvarchar(200) NOT NULL,
            hash char(64) NOT NULL,
            apply_time datetime2(3) NOT NULL
        )
        """;

    sealed class SqlServerWrite(SqlConnection connection, SqlTransaction transaction) : Write(connection, transaction)
    {
        public override async Task AppendAsync(string table, string[] columns, IReadOnlyCollection<object?[]> rows, CancellationToken cancellation)
        {
            if (rows.Count == 0) return;
            using var bulk = new SqlBulkCopy(connection, SqlBulkCopyOptions.CheckConstraints, transaction) { DestinationTableName = table, BulkCopyTimeout = 60 };
            using var data = new DataTable { Locale = System.Globalization.CultureInfo.InvariantCulture };
            for (var i = 0; i < columns.Length; i++)
            {
                var column = i;
                var sample = rows.Select(r => r[column]).FirstOrDefault(v => v is not null);
                data.Columns.Add(columns[i], sample is null ? typeof(string) : Mapping.ToStore(sample, sqlServer: true).GetType());
                bulk.ColumnMappings.Add(columns[i], columns[i]);
            }
            foreach (var row in rows) data.Rows.Add([.. row.Select(v => Mapping.ToStore(v, sqlServer: true))]);
            await bulk.WriteToServerAsync(data, cancellation);
        }

        public override Task PutAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
        {
            string[] columns = [.. keys, .. values];
            return ThroughRowsAsync(table, columns, items, fill, $"""
                UPDATE t SET {string.Join(", ", values.Select(v => $"{v} = r.{v}"))} FROM {table} t JOIN #fresh r ON {Same(keys)};
                INSERT INTO {table} ({string.Join(", ", columns)})
                SELECT {string.Join(", ", columns.Select(c => "r." + c))}
                FROM #fresh r
                WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {Same(keys)})
                """, cancellation);
        }

        // Rows first, then what is added: one that another writer brings between the two statements is added to as well.
        public override Task AddAsync<T>(string table, string[] keys, string[] sums, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => ThroughRowsAsync(table, [.. keys, .. sums], items, fill, $"""
                INSERT INTO {table} ({string.Join(", ", keys.Concat(sums))})
                SELECT {string.Join(", ", keys.Select(k => "r." + k).Concat(sums.Select(_ => "0")))}
                FROM #fresh r
                WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {Same(keys)});
                UPDATE t SET {string.Join(", ", sums.Select(s => $"{s} = t.{s} + r.{s}"))} FROM {table} t JOIN #fresh r ON {Same(keys)}
                """, cancellation);

        public override Task ChangeAsync<T>(string table, string[] keys, string[] values, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => ThroughRowsAsync(table, [.. keys, .. values], items, fill, $"UPDATE t SET {string.Join(", ", values.Select(v => $"{v} = r.{v}"))} FROM {table} t JOIN #fresh r ON {Same(keys)}", cancellation);

        public override Task RemoveAsync<T>(string table, string[] keys, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
            => ThroughRowsAsync(table, keys, items, fill, $"DELETE t FROM {table} t JOIN #fresh r ON {Same(keys)}", cancellation);

        /// <summary>Brings the rows to the server, then runs a statement over them.</summary>
        async Task ThroughRowsAsync<T>(string table, string[] columns, IReadOnlyList<T> items, Action<Row, T> fill, string sql, CancellationToken cancellation)
        {
            if (items.Count == 0) return;
            await RunAsync($"SELECT TOP 0 {string.Join(", ", columns)} INTO #fresh FROM {table}", cancellation);
            await InsertAsync("#fresh", columns, items, fill, cancellation);
            await RunAsync(sql, cancellation);
            await RunAsync("DROP TABLE #fresh", cancellation);
        }

        // The server takes 2,100 parameters, and 1,000 rows.
        const int ParametersMax = 2_000, RowsMax = 1_000;

        /// <summary>Many rows to a statement: not every T-SQL engine lets a bulk copy end in a temporary table.</summary>
        async Task InsertAsync<T>(string table, string[] columns, IReadOnlyList<T> items, Action<Row, T> fill, CancellationToken cancellation)
        {
            var rows = Math.Min(RowsMax, ParametersMax / columns.Length);
            for (var first = 0; first < items.Count; first += rows)
            {
                var count = Math.Min(rows, items.Count - first);
                await using var command = connection.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES {string.Join(", ", Enumerable.Range(0, count).Select(i => $"({string.Join(", ", columns.Select((_, c) => "@p" + (i * columns.Length + c)))})"))}";
                var row = new ParameterRow(command.Parameters);
                for (var i = 0; i < count; i++) fill(row, items[first + i]);
                await command.ExecuteNonQueryAsync(cancellation);
            }
        }

        Task<int> RunAsync(string sql, CancellationToken cancellation) => Connection.ExecuteAsync(new CommandDefinition(sql, null, Transaction, cancellationToken: cancellation));

        static string Same(string[] keys) => string.Join(" AND ", keys.Select(k => $"t.{k} = r.{k}"));
    }

    /// <summary>Values as parameters @p0, @p1 and so on, of types that do not depend on the value.</summary>
    sealed class ParameterRow(SqlParameterCollection parameters) : Row
    {
        const int ShortTextMax = 4_000;

        public override void Add(long value) => Add(SqlDbType.BigInt, value);
        public override void Add(int value) => Add(SqlDbType.Int, value);
        public override void Add(bool value) => Add(SqlDbType.Bit, value);
        public override void Add(int? value) => Add(SqlDbType.Int, value is { } number ? number : DBNull.Value);
        public override void Add(long? value) => Add(SqlDbType.BigInt, value is { } number ? number : DBNull.Value);
        public override void Add(DateTimeOffset value) => Add(SqlDbType.DateTime2, value.UtcDateTime).Scale = 3;
        public override void Add(DateTimeOffset? value) => Add(SqlDbType.DateTime2, value is { } instant ? instant.UtcDateTime : DBNull.Value).Scale = 3;

        public override void Add(decimal value)
        {
            var parameter = Add(SqlDbType.Decimal, value);
            (parameter.Precision, parameter.Scale) = (19, 4);
        }

        public override void Add(string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Add(SqlDbType.NVarChar, value).Size = value.Length <= ShortTextMax ? ShortTextMax : -1;
        }

        public override void Add(byte[] value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Add(SqlDbType.VarBinary, value).Size = -1;
        }

        SqlParameter Add(SqlDbType type, object value) => parameters.Add(new SqlParameter { ParameterName = "@p" + parameters.Count, SqlDbType = type, Value = value });
    }
}
