using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Perennial.Ingestion.V1;

namespace Perennial.Load;

/// <summary>Takes and answers what the service does, and does nothing in between.</summary>
sealed class EchoService : IngestionService.IngestionServiceBase
{
    public override Task<RecordEventsResponse> RecordEvents(RecordEventsRequest request, ServerCallContext context)
    {
        var response = new RecordEventsResponse { RecordedCount = request.Events.Count };
        foreach (var e in request.Events) response.Results.Add(new EventResult { MessageId = e.MessageId, Outcome = EventResult.Types.Outcome.Recorded, Partition = 1, Position = 1_000_000 });
        return Task.FromResult(response);
    }
}

/// <summary>The store alone: rows of the log through one prepared statement, in transactions of a size.</summary>
static class InsertLoop
{
    const string CreateSql = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 4000;
        CREATE TABLE event (
            log_partition INTEGER NOT NULL,
            position INTEGER NOT NULL,
            shop TEXT NOT NULL,
            customer TEXT NOT NULL,
            identified INTEGER NOT NULL,
            message_id TEXT NOT NULL,
            event_time INTEGER NOT NULL,
            receive_time INTEGER NOT NULL,
            payload BLOB NOT NULL,
            PRIMARY KEY (log_partition, position)
        ) STRICT, WITHOUT ROWID
        """;

    const string InsertSql = """
        INSERT INTO event (log_partition, position, shop, customer, identified, message_id, event_time, receive_time, payload)
        VALUES ($partition, $position, $shop, $customer, 1, $message, $time, $time, $payload)
        """;

    /// <summary>How many rows, and rows per second.</summary>
    public static (long Rows, double Rate) Run(string folder, int batch, TimeSpan duration)
        => Run(folder, batch, duration, [.. Samples.Batch(Math.Max(batch, 1_000)).Events.Select(e => ("user:" + e.UserId, e.MessageId, e.ToByteArray()))]);

    /// <param name="events">Taken in turns.</param>
    public static (long Rows, double Rate) Run(string folder, int batch, TimeSpan duration, IReadOnlyList<(string Customer, string MessageId, byte[] Payload)> events)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "bare.db")};Pooling=False");
        connection.Open();
        Execute(connection, CreateSql);
        using var insert = connection.CreateCommand();
        insert.CommandText = InsertSql;
        var names = new[] { "$partition", "$position", "$shop", "$customer", "$message", "$time", "$payload" };
        var values = names.Select(name => insert.Parameters.Add(new SqliteParameter { ParameterName = name })).ToArray();

        var started = Stopwatch.GetTimestamp();
        var rows = 0L;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            insert.Transaction = transaction;
            for (var i = 0; i < batch; i++, rows++)
            {
                var (customer, message, payload) = events[(int)(rows % events.Count)];
                (values[0].Value, values[1].Value, values[2].Value, values[3].Value, values[4].Value, values[5].Value, values[6].Value) = (rows % 4, rows / 4, Samples.Shop, customer, message, 1_700_000_000_000L, payload);
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
        return (rows, rows / Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
