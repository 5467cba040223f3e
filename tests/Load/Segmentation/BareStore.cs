using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Perennial.Load.Log;

namespace Perennial.Load.Segmentation;

/// <summary>A table with a row for each customer and a history of the usual size in it, and what SQLite alone does with that on one thread.</summary>
sealed class BareStore : IDisposable
{
    const int HistoryBytes = 200, Stages = 8;

    const string CreateSql = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE customer (
            id TEXT NOT NULL PRIMARY KEY,
            stage INTEGER NOT NULL,
            value INTEGER NOT NULL,
            history BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE transition (
            position INTEGER PRIMARY KEY,
            customer TEXT NOT NULL,
            stage INTEGER NOT NULL
        ) STRICT
        """;

    const string InsertSql = "INSERT INTO customer (id, stage, value, history) VALUES ($id, $number, 1299500, $history)";
    const string LookupSql = "SELECT stage, value, history FROM customer WHERE id = $id";
    const string CountSql = "SELECT stage, COUNT(*), SUM(value) FROM customer GROUP BY stage";
    const string MoveSql = "UPDATE customer SET stage = $number WHERE id = $id; INSERT INTO transition (customer, stage) VALUES ($id, $number)";

    readonly SqliteConnection _connection;
    readonly int _customers;

    public BareStore(string folder, int customers)
    {
        _customers = customers;
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "bare-customers.db")};Pooling=False");
        _connection.Open();
        using var create = Command(CreateSql);
        create.ExecuteNonQuery();
        var history = new byte[HistoryBytes];
        Random.Shared.NextBytes(history);
        Write(InsertSql, customers, i => i, history);
    }

    /// <summary>Per second.</summary>
    public double Lookups(TimeSpan duration)
    {
        using var lookup = Command(LookupSql);
        var id = lookup.Parameters.Add(new SqliteParameter { ParameterName = "$id" });
        var (started, count) = (Stopwatch.GetTimestamp(), 0L);
        for (; Stopwatch.GetElapsedTime(started) < duration; count++)
        {
            id.Value = LogSpec.CustomerId(Random.Shared.Next(_customers));
            using var reader = lookup.ExecuteReader();
            reader.Read();
            reader.GetFieldValue<byte[]>(2);
        }
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>How long it takes to count every stage by looking at every customer.</summary>
    public TimeSpan Count()
    {
        using var count = Command(CountSql);
        var started = Stopwatch.GetTimestamp();
        using var reader = count.ExecuteReader();
        while (reader.Read()) reader.GetInt64(1);
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>How long it takes to give random customers another stage and to note each, in one transaction.</summary>
    public TimeSpan Move(int customers)
    {
        var started = Stopwatch.GetTimestamp();
        Write(MoveSql, customers, _ => Random.Shared.Next(_customers), null);
        return Stopwatch.GetElapsedTime(started);
    }

    public void Dispose() => _connection.Dispose();

    void Write(string sql, int count, Func<int, int> customer, byte[]? history)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        using var command = Command(sql);
        command.Transaction = transaction;
        var (id, number) = (command.Parameters.Add(new SqliteParameter { ParameterName = "$id" }), command.Parameters.Add(new SqliteParameter { ParameterName = "$number" }));
        if (history is not null) command.Parameters.AddWithValue("$history", history);
        for (var i = 0; i < count; i++)
        {
            (id.Value, number.Value) = (LogSpec.CustomerId(customer(i)), i % Stages);
            command.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
