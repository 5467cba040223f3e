using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Perennial.Foundation.Sql;

/// <summary>
/// One prepared statement, bound and stepped per row right at SQLite: the provider would look up each parameter by name, box its value
/// and make a reader per row.
/// </summary>
sealed class SqliteRow : Row, IDisposable
{
    readonly sqlite3 _connection;
    readonly sqlite3_stmt _statement;
    byte[] _text = ArrayPool<byte>.Shared.Rent(1_024);
    int _next;

    public SqliteRow(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection, sql, out _statement));
    }

    public override void Add(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_next, value));
    public override void Add(int value) => Add((long)value);
    public override void Add(bool value) => Add(value ? 1L : 0L);
    public override void Add(DateTimeOffset value) => Add(value.ToUnixTimeMilliseconds());

    public override void Add(DateTimeOffset? value) => Add(value?.ToUnixTimeMilliseconds());
    public override void Add(int? value) => Add((long?)value);

    public override void Add(long? value)
    {
        if (value is { } number) Add(number);
        else Check(raw.sqlite3_bind_null(_statement, ++_next));
    }

    public override void Add(decimal value) => Add(Mapping.ToTenThousandths(value));

    public override void Add(string value)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (bytesMax > _text.Length)
        {
            ArrayPool<byte>.Shared.Return(_text);
            _text = ArrayPool<byte>.Shared.Rent(bytesMax);
        }
        var bytes = Encoding.UTF8.GetBytes(value, _text);
        // An empty span has no address, and SQLite takes that for NULL.
        Check(bytes == 0 ? raw.sqlite3_bind_text(_statement, ++_next, "") : raw.sqlite3_bind_text(_statement, ++_next, _text.AsSpan(0, bytes)));
    }

    public override void Add(byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Check(value.Length == 0 ? raw.sqlite3_bind_zeroblob(_statement, ++_next, 0) : raw.sqlite3_bind_blob(_statement, ++_next, value));
    }

    /// <summary>Runs the statement with the row and makes room for the next.</summary>
    public void Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result != raw.SQLITE_DONE) Check(result);
        Check(raw.sqlite3_reset(_statement));
        _next = 0;
    }

    void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);

    public void Dispose()
    {
        _statement.Dispose();
        ArrayPool<byte>.Shared.Return(_text);
    }
}
